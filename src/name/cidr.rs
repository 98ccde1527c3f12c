//! Ranges of IP addresses.

use std::fmt;
use std::net::IpAddr;

use super::Quoted;
use crate::error::{Error, ErrorKind, Result};

/// A range of IP addresses, `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// An address in the range.
    pub address: IpAddr,
    /// How many leading bits all its addresses share.
    pub prefix: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/8`, `::1/128`, or an address alone.
    ///
    /// # Errors
    /// Refuses what is not a range, or has bits set past its prefix.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |hint: &str| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a range of IP addresses", Quoted(text)),
            )
            .with_hint(hint)
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let form = "Give one such as 10.0.0.0/8 or fd00::/8.";
        let address: IpAddr = address.parse().map_err(|_| refuse(form))?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            Some(digits) => digits.parse().map_err(|_| refuse(form))?,
            None => widest,
        };
        if prefix > widest {
            return Err(refuse(form));
        }
        let cidr = Self { address, prefix };
        if cidr.network() != address {
            return Err(refuse(&format!(
                "Bits are set past the prefix; {}/{prefix} may be meant.",
                cidr.network()
            )));
        }
        Ok(cidr)
    }

    /// Says whether `address` lies in the range; never for an address of the other family.
    pub fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && Self { address, ..self }.network() == self.network()
    }

    fn network(self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.prefix.min(32)))
                    .unwrap_or(0);
                IpAddr::from((address.to_bits() & mask).to_be_bytes())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.prefix.min(128)))
                    .unwrap_or(0);
                IpAddr::from((address.to_bits() & mask).to_be_bytes())
            }
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_with_their_bits_checked() -> Result<()> {
        assert!(Cidr::parse("10.0.0.0/8")?.contains([10, 9, 9, 9].into()));
        assert!(Cidr::parse("0.0.0.0/0")?.contains([1, 2, 3, 4].into()));
        assert!(!Cidr::parse("127.0.0.0/8")?.contains(IpAddr::from([0; 16])));
        for text in ["10.0.0.1/8", "10.0.0.0/33", "::/129", "x", "10.0.0.0/x"] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
        Ok(())
    }
}
