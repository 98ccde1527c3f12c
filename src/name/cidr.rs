//! Ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Quoted;
use crate::error::{Error, ErrorKind, Result};

/// Ranges in which one owner may have as many addresses as there are: private ones (RFC 1918 §3, RFC 4193 §3.1), shared
/// ones behind a carrier's translator (RFC 6598 §7), the local link (RFC 3927 §2.1, RFC 4291 §2.5.6), this machine itself
/// (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
const LOCAL_RANGES: [Cidr; 9] = [
    v4([10, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    v4([192, 168, 0, 0], 16),
    v4([100, 64, 0, 0], 10),
    v4([169, 254, 0, 0], 16),
    v4([127, 0, 0, 0], 8),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
];

/// Where IPv6 holds every address of IPv4 once more in its last 32 bits: RFC 4291 §2.5.5, RFC 6052 §2.1.
const V4_WITHIN_V6: [Cidr; 3] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
];

/// The widest that one owner is given elsewhere: a /16 of IPv4, and of IPv6 the /32 of a provider.
const WIDEST_V4: u8 = 16;
const WIDEST_V6: u8 = 32;

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

    /// Says whether addresses of many owners lie in the range: it is no local one, and wider than what one owner is given.
    pub(super) fn is_wide(self) -> bool {
        let lies_in = |ranges: &[Self]| {
            let holds = |it: &Self| it.prefix <= self.prefix && it.contains(self.address);
            ranges.iter().any(holds)
        };
        let widest = match self.address {
            IpAddr::V4(_) => WIDEST_V4,
            IpAddr::V6(_) if lies_in(&V4_WITHIN_V6) => 96 + WIDEST_V4,
            IpAddr::V6(_) => WIDEST_V6,
        };
        self.prefix < widest && !lies_in(&LOCAL_RANGES)
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

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Cidr {
    Cidr {
        address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        prefix,
    }
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Cidr {
    Cidr {
        address: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)),
        prefix,
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

    #[test]
    fn a_range_is_wide_unless_it_is_local_or_one_owner_can_have_it() -> Result<()> {
        for local in [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "fc00::/7",
            "fd00::/8",
            "fe80::/10",
            "::1",
        ] {
            assert!(!Cidr::parse(local)?.is_wide(), "{local}");
        }
        for one_owners in [
            "192.0.0.0/16",
            "203.0.113.9",
            "2001:db8::/32",
            "::ffff:8.8.0.0/112",
        ] {
            assert!(!Cidr::parse(one_owners)?.is_wide(), "{one_owners}");
        }
        for wide in [
            "0.0.0.0/0",
            "8.0.0.0/8",
            "10.0.0.0/7",
            "172.0.0.0/8",
            "192.0.0.0/15",
            "::/0",
            "2600::/7",
            "fc00::/6",
            "2001:db8::/31",
            "::ffff:0:0/96",
            "64:ff9b::800:0/104",
        ] {
            assert!(Cidr::parse(wide)?.is_wide(), "{wide}");
        }
        Ok(())
    }
}
