//! OpenSSL's traditional encryption of private keys: two headers in a PEM block, and a key derived with MD5.
//!
//! `PEM_write_bio_PrivateKey_traditional` writes it; RFC 1421 §4.6 gave the headers. One round of MD5 protects a
//! passphrase badly, so it is read and never written.

use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use des::TdesEde3;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::read;
use crate::error::Result;
use crate::hexadecimal;
use crate::secret::Secret;

/// How many octets of the initial vector are the salt of the key derivation.
const SALT: usize = 8;

#[derive(Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
}

/// Decrypts the contents of a PEM block whose header `DEK-Info` is `information`.
///
/// # Errors
/// Refuses other ciphers than AES and triple DES in CBC mode; tells a missing and a wrong passphrase.
pub(super) fn decrypt(
    information: &str,
    contents: &[u8],
    passphrase: Option<&Secret>,
) -> Result<Zeroizing<Vec<u8>>> {
    let unsupported = read::unsupported_encryption;
    let (name, iv) = information.split_once(',').ok_or_else(unsupported)?;
    let cipher = Cipher::named(name.trim()).ok_or_else(unsupported)?;
    let iv = hexadecimal::decode(iv.trim()).ok_or_else(unsupported)?;
    let salt = iv.get(..SALT).ok_or_else(unsupported)?;
    let passphrase = passphrase.ok_or_else(read::passphrase_required)?;
    let key = derive(passphrase, salt, cipher.key_length());
    let plaintext = cipher
        .decrypt(&key, &iv, contents)
        .ok_or_else(read::wrong_passphrase)?;
    // One wrong passphrase in 256 leaves a good padding by chance, and then no DER.
    match read::is_one_sequence(&plaintext) {
        true => Ok(plaintext),
        false => Err(read::wrong_passphrase()),
    }
}

/// EVP_BytesToKey with MD5 and one iteration: D₁ = MD5(passphrase ‖ salt), Dₙ = MD5(Dₙ₋₁ ‖ passphrase ‖ salt), one after the
/// other.
fn derive(passphrase: &Secret, salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + Md5::output_size()));
    let mut last = Zeroizing::new(Vec::new());
    while key.len() < length {
        let mut digest = Md5::new();
        digest.update(&*last);
        digest.update(passphrase.expose());
        digest.update(salt);
        last = Zeroizing::new(digest.finalize().to_vec());
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

impl Cipher {
    /// By the names that OpenSSL gives its ciphers.
    fn named(name: &str) -> Option<Self> {
        match name {
            "AES-128-CBC" => Some(Self::Aes128),
            "AES-192-CBC" => Some(Self::Aes192),
            "AES-256-CBC" => Some(Self::Aes256),
            "DES-EDE3-CBC" => Some(Self::TripleDes),
            _ => None,
        }
    }

    /// In octets.
    fn key_length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    /// The plaintext; nothing when a length or the padding is wrong.
    fn decrypt(self, key: &[u8], iv: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => decrypt_with(Aes128::new_from_slice(key).ok()?, iv, text),
            Self::Aes192 => decrypt_with(Aes192::new_from_slice(key).ok()?, iv, text),
            Self::Aes256 => decrypt_with(Aes256::new_from_slice(key).ok()?, iv, text),
            Self::TripleDes => decrypt_with(TdesEde3::new_from_slice(key).ok()?, iv, text),
        }
    }
}

fn decrypt_with<C: BlockCipherDecrypt>(
    cipher: C,
    iv: &[u8],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(text.to_vec());
    let length = Decryptor::inner_iv_slice_init(cipher, iv)
        .ok()?
        .decrypt_padded::<Pkcs7>(&mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use crate::error::{ErrorKind, Result};
    use crate::key::{PrivateKey, is_encrypted};
    use crate::secret::Secret;

    /// Made with `openssl ec -aes256 -passout pass:tangerine` (OpenSSL 3.0); the key serves no other purpose.
    const EC: &str = "\
-----BEGIN EC PRIVATE KEY-----\n\
Proc-Type: 4,ENCRYPTED\n\
DEK-Info: AES-256-CBC,413ABA7C72F81AFE176553B6EECC8790\n\n\
9QuJVOfv+uqXwSBx/0GkdLOlw59RrcSKR6lmUn7/q0ni9BkQ0iUBmeBnM1grwhNj\n\
UlHuak1tpnVfh45GYJk1cUh9QwgE8T3kL/i/54ppz7QZL1M+AAP0RJlFofyLRKkq\n\
EofpKTWHTdOIqeByyOrrdsAvDFGmtgzwnpHDNZeev2E=\n\
-----END EC PRIVATE KEY-----\n\
";
    /// The same key with `-des3`.
    const TRIPLE_DES: &str = "\
-----BEGIN EC PRIVATE KEY-----\n\
Proc-Type: 4,ENCRYPTED\n\
DEK-Info: DES-EDE3-CBC,012DC976E6B3A270\n\n\
7v46n8hSxISu83tvCI9vV7WOxcwbK+WgIdlYrmXOQpM3tLdLT/5jt6mXTOYUMsxB\n\
/e/Rc4PMLartMtBRHSjDArWA7NUMzk34ZghXhGseyggYwgh5HXtZh8qaqss/oyUp\n\
hxUTt1Z9QOaIICSweiDc7XXBOYpTap7Fggxbj4/VbfY=\n\
-----END EC PRIVATE KEY-----\n\
";
    /// The same key without encryption, by `openssl ec`.
    const PLAIN: &str = "\
-----BEGIN EC PRIVATE KEY-----\n\
MHcCAQEEIK6KYXfyNHx70MSmYss2AtrDY23/w/w+xdyLumEVpuFzoAoGCCqGSM49\n\
AwEHoUQDQgAEAq7RiL6WkZScSxdF5OG3VHRRAolMI170/qxtEEebaSwYnzJQqkoU\n\
LOFHGOW0oEwhYn9aS6rasH4r+axRcywvZw==\n\
-----END EC PRIVATE KEY-----\n\
";

    #[test]
    fn what_openssl_encrypts_in_the_old_way_is_the_key_that_it_encrypted() -> Result<()> {
        let passphrase = Secret::chosen("tangerine");
        let plain = PrivateKey::from_pem(PLAIN.as_bytes(), None)?;
        assert!(!is_encrypted(PLAIN.as_bytes()));
        for pem in [EC, TRIPLE_DES] {
            assert!(is_encrypted(pem.as_bytes()));
            let key = PrivateKey::from_pem(pem.as_bytes(), Some(&passphrase))?;
            assert_eq!(key.pkcs8(), plain.pkcs8());
        }
        Ok(())
    }

    #[test]
    fn a_passphrase_is_asked_for_whatever_else_the_header_says() -> Result<()> {
        let passphrase = Secret::chosen("tangerine");
        for pem in [
            EC.replace("4,ENCRYPTED", "4, ENCRYPTED"),
            EC.replace("Proc-Type: 4,ENCRYPTED\n", ""),
        ] {
            PrivateKey::from_pem(pem.as_bytes(), Some(&passphrase))?;
            assert!(is_encrypted(pem.as_bytes()), "{pem}");
        }
        // The first key counts, and what is no key says nothing.
        assert!(!is_encrypted([PLAIN, EC].concat().as_bytes()));
        assert!(is_encrypted([EC, PLAIN].concat().as_bytes()));
        assert!(!is_encrypted(b"BEGIN ENCRYPTED PRIVATE KEY"));
        Ok(())
    }

    #[test]
    fn a_wrong_and_a_missing_passphrase_and_another_cipher_are_told_apart() {
        let kind = |pem: &str, passphrase: Option<&str>| {
            let passphrase = passphrase.map(Secret::chosen);
            let read = PrivateKey::from_pem(pem.as_bytes(), passphrase.as_ref());
            read.err().map(|error| error.kind())
        };
        // Some of these have a good padding by chance.
        for number in 0..600 {
            let wrong = kind(EC, Some(&number.to_string()));
            assert_eq!(wrong, Some(ErrorKind::WrongPassphrase), "{number}");
        }
        assert_eq!(kind(EC, None), Some(ErrorKind::PassphraseRequired));
        let single = EC.replace("AES-256-CBC", "DES-CBC");
        assert_eq!(kind(&single, Some("tangerine")), Some(ErrorKind::Malformed));
    }
}
