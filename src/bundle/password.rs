//! The bytes that a password becomes.
//!
//! PKCS#12 uses two forms at once: the KDF of RFC 7292 appendix B takes UTF-16BE with two zero bytes at the end, PBKDF2 takes UTF-8.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// A password in the two forms that a bundle needs.
pub(super) struct Password {
    /// For the KDF of RFC 7292 appendix B: the MAC and the older encryption schemes.
    pub(super) bmp: Zeroizing<Vec<u8>>,
    /// For PBKDF2: PBES2 and PBMAC1.
    pub(super) octets: Zeroizing<Vec<u8>>,
}

impl Password {
    /// The forms that the RFCs ask for.
    ///
    /// An empty password becomes two zero bytes: the empty string still has its end (RFC 7292 appendix B.1).
    pub(super) fn standard(password: &Secret) -> Self {
        let text = password.expose();
        Self {
            bmp: with_end(text.encode_utf16(), text.len()),
            octets: Zeroizing::new(text.as_bytes().to_vec()),
        }
    }
}

/// UTF-16BE and two zero bytes. The capacity is given beforehand, so that no copy stays behind in a reallocation.
fn with_end(units: impl Iterator<Item = u16>, at_most: usize) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * at_most + 2));
    for unit in units.chain([0]) {
        bytes.extend_from_slice(&unit.to_be_bytes());
    }
    bytes
}
