//! The bytes that a password becomes.
//!
//! PKCS#12 uses two forms at once: the KDF of RFC 7292 appendix B takes UTF-16BE with two zero bytes at the end, PBKDF2 takes UTF-8.
//! Some writers got one of them wrong, and their files are out there.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Which bytes a bundle's writer made of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordForm {
    /// What the RFCs ask for: UTF-16BE with two zero bytes for the KDF of PKCS#12, UTF-8 for PBKDF2.
    Standard,
    /// No bytes at all for an empty password, without the two zero bytes: OpenSSL's `NULL` password, GnuTLS, Windows.
    Absent,
    /// Each byte of the UTF-8 made a character of its own: OpenSSL before 1.1.
    WidenedUtf8,
    /// UTF-16BE with two zero bytes for PBKDF2 too: NSS before 3.47.
    Utf16InPbkdf2,
}

/// A password in the two forms that a bundle needs.
pub(super) struct Password {
    /// For the KDF of RFC 7292 appendix B: the MAC and the older encryption schemes.
    pub(super) bmp: Zeroizing<Vec<u8>>,
    /// For PBKDF2: PBES2 and PBMAC1.
    pub(super) octets: Zeroizing<Vec<u8>>,
    pub(super) form: PasswordForm,
}

impl Password {
    /// The forms that the RFCs ask for.
    ///
    /// An empty password becomes two zero bytes: the empty string still has its end (RFC 7292 appendix B.1).
    pub(super) fn standard(password: &Secret) -> Self {
        Self::formed(password, PasswordForm::Standard)
    }

    /// Everything that a writer may have made of the password, the likeliest first.
    pub(super) fn candidates(password: &Secret) -> Vec<Self> {
        let text = password.expose();
        let mut forms = vec![PasswordForm::Standard];
        if text.is_empty() {
            forms.push(PasswordForm::Absent);
        }
        if !text.is_ascii() {
            forms.push(PasswordForm::WidenedUtf8);
        }
        forms.push(PasswordForm::Utf16InPbkdf2);
        let formed = |form| Self::formed(password, form);
        forms.into_iter().map(formed).collect()
    }

    pub(super) fn formed(password: &Secret, form: PasswordForm) -> Self {
        let text = password.expose();
        let utf16 = || with_end(text.encode_utf16(), text.len());
        let utf8 = || Zeroizing::new(text.as_bytes().to_vec());
        let (bmp, octets) = match form {
            PasswordForm::Standard => (utf16(), utf8()),
            PasswordForm::Absent => (Zeroizing::default(), Zeroizing::default()),
            PasswordForm::WidenedUtf8 => {
                (with_end(text.bytes().map(u16::from), text.len()), utf8())
            }
            PasswordForm::Utf16InPbkdf2 => (utf16(), utf16()),
        };
        Self { bmp, octets, form }
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
