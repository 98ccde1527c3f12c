//! Serial numbers: twenty random octets, printed as OpenSSL prints them.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;
use crate::hexadecimal;

/// RFC 5280 §4.1.2.2: conforming CAs do not use more than 20 octets.
const MAX_OCTETS: usize = 20;

/// A certificate's serial number: a positive integer of at most 20 octets, big-endian without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(Vec<u8>);

impl SerialNumber {
    /// Draws 20 octets of which 158 bits are random; the top two are `01`, so that the number is positive and all
    /// serial numbers have one length.
    ///
    /// # Errors
    /// Fails when the system's random source does.
    pub fn draw() -> Result<Self> {
        let mut octets = [0u8; MAX_OCTETS];
        aws_lc_rs::rand::fill(&mut octets)
            .map_err(|_| Error::new(ErrorKind::Internal, "the system's random source failed"))?;
        if let Some(first) = octets.first_mut() {
            *first = (*first & 0x3f) | 0x40;
        }
        failpoint::reached("serial-number.drawn");
        Ok(Self(octets.to_vec()))
    }

    /// Takes an integer's content octets, as they stand in a certificate or an inventory.
    pub fn from_octets(octets: &[u8]) -> Self {
        Self(significant(octets).to_vec())
    }

    /// Takes another integer's content octets, in the memory of this one: for those who see very many.
    pub fn replace(&mut self, octets: &[u8]) {
        self.0.clear();
        self.0.extend_from_slice(significant(octets));
    }

    /// Reads what [`fmt::Display`] writes; nothing where `digits` are not hexadecimal.
    pub fn from_hexadecimal(digits: &str) -> Option<Self> {
        hexadecimal::decode(digits).map(|octets| Self::from_octets(&octets))
    }

    /// The magnitude, big-endian without leading zeros.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Reads the first digits of a serial number, upper or lower case, as whole octets and perhaps one digit more.
    ///
    /// Returns nothing where `text` is not 8 to 40 hexadecimal digits.
    pub fn parse_prefix(text: &str) -> Option<String> {
        let digits = text.len() >= 8 && text.len() <= 2 * MAX_OCTETS;
        (digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| text.to_ascii_lowercase())
    }
}

/// What follows the zeros in front.
fn significant(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

impl fmt::Display for SerialNumber {
    /// Lower-case hexadecimal, two digits an octet, `00` for zero: what `openssl x509 -serial` prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("00");
        }
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_serial_numbers_are_positive_full_length_and_differ() -> Result<()> {
        let (one, other) = (SerialNumber::draw()?, SerialNumber::draw()?);
        assert_eq!(one.octets().len(), 20);
        assert!(
            one.octets()
                .first()
                .is_some_and(|first| (0x40..0x80).contains(first))
        );
        assert_eq!(one.to_string().len(), 40);
        assert_ne!(one, other);
        Ok(())
    }

    #[test]
    fn leading_zero_octets_do_not_count() {
        assert_eq!(SerialNumber::from_octets(&[0, 0x80, 1]).to_string(), "8001");
        let mut number = SerialNumber::from_octets(&[0]);
        assert_eq!(number.to_string(), "00");
        number.replace(&[0, 7, 0]);
        assert_eq!(number, SerialNumber::from_octets(&[7, 0]));
    }

    #[test]
    fn a_prefix_is_eight_hexadecimal_digits_or_more() {
        assert_eq!(
            SerialNumber::parse_prefix("DEADBEEF").as_deref(),
            Some("deadbeef")
        );
        assert_eq!(SerialNumber::parse_prefix("deadbee"), None);
        assert_eq!(SerialNumber::parse_prefix("deadbeeg"), None);
        assert_eq!(SerialNumber::parse_prefix(&"a".repeat(41)), None);
    }
}
