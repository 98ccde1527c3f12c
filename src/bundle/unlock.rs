//! Opens what a bundle holds with its password, and tells a wrong password from a damaged file.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use super::anatomy::{Anatomy, Encrypted, Part, damaged, encrypted_private_key, unsupported};
use super::bag::{self, Bag, Content};
use super::ber::definite;
use super::element::{Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use super::password::{Password, PasswordForm};
use super::pbe::Scheme;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// Iterations of key derivation that all of a bundle together may cost, counted for every block that is derived and every reading
/// of the password. Importers refuse far less, and on a slow machine it takes some seconds.
const MOST_ITERATIONS: u32 = 10_000_000;

/// What to do about a MAC and contents, or a key and certificates, under different passwords. Keytool changes neither: it takes a
/// PKCS#12 keystore to have one password.
const TWO_PASSWORDS: &str = "Where there are two passwords, take the key and the certificates out with `openssl pkcs12 -twopass` and bundle them \
    again under one; a key that a Java program gave a password of its own, only such a program gives another.";

/// What a bundle holds, decrypted.
#[derive(Debug)]
pub struct Unlocked {
    /// Everything in the bundle, in its order. No private key in it is encrypted any more.
    pub bags: Vec<Bag>,
    /// What the bundle's writer made of the password.
    pub password_form: PasswordForm,
}

impl Anatomy {
    /// Checks the MAC where there is one, and decrypts everything.
    ///
    /// # Errors
    /// [`ErrorKind::WrongPassphrase`] when the password is not the bundle's or not that of everything in it,
    /// [`ErrorKind::Malformed`] when it is and the bundle is damaged, asks for more than ten million iterations, or uses an algorithm that this program does not read.
    pub fn unlock(&self, password: &Secret) -> Result<Unlocked> {
        let candidates = Password::candidates(password);
        let mut work = Work::default();
        let mut mac_agreed = false;
        for password in &candidates {
            let attempt = match self.attempt(password, &mut work) {
                // What suffices for the form that the RFCs ask for is enough: that there is none left for what few writers made of
                // the password says nothing of the bundle.
                Err(_) if work.is_exhausted && password.form != PasswordForm::Standard => break,
                attempt => attempt?,
            };
            let Some(attempt) = attempt else {
                continue;
            };
            if attempt.failed == 0 {
                return Ok(Unlocked {
                    bags: attempt.bags,
                    password_form: password.form,
                });
            }
            mac_agreed |= self.mac.is_some();
        }
        if mac_agreed {
            return Err(Error::new(
                ErrorKind::WrongPassphrase,
                "the password fits the bundle's MAC but does not open everything in it: the bundle was made with two passwords",
            )
            .with_hint(TWO_PASSWORDS));
        }
        // Where one thing opens and the MAC or another thing does not fit, the password was right: padding and structure do not
        // come out by chance.
        let opens_something = |password| {
            let attempt = self.decrypt(password, &mut work);
            attempt.is_ok_and(|attempt| attempt.opened > 0)
        };
        if candidates.iter().any(opens_something) {
            return Err(Error::new(
                ErrorKind::Malformed,
                "the password opens something in the bundle and does not fit the rest: the bundle is damaged, or was made with two passwords",
            )
            .with_hint(format!("Take a fresh copy of the file. {TWO_PASSWORDS}")));
        }
        Err(Error::new(
            ErrorKind::WrongPassphrase,
            "the password does not open the bundle",
        )
        .with_hint("Check the password; a lost one cannot be recovered."))
    }

    /// Decrypts everything where the MAC comes out right.
    fn attempt(&self, password: &Password, work: &mut Work) -> Result<Option<Attempt>> {
        let agrees = self.mac_agrees(password, work)?;
        agrees.then(|| self.decrypt(password, work)).transpose()
    }

    /// Whether the MAC comes out right, or there is none.
    fn mac_agrees(&self, password: &Password, work: &mut Work) -> Result<bool> {
        let Some(mac) = &self.mac else {
            return Ok(true);
        };
        work.spend(mac.cost())?;
        let code = mac
            .code(password, &self.authenticated)
            .ok_or_else(|| unsupported("has a MAC that this program does not compute"))?;
        Ok(verify_slices_are_equal(&code, &self.code).is_ok())
    }

    fn decrypt(&self, password: &Password, work: &mut Work) -> Result<Attempt> {
        let mut attempt = Attempt::default();
        let mut bags_left = self.bags_left;
        for part in &self.parts {
            match part {
                Part::Plain(bags) => attempt.bags(bags, None, password, work)?,
                Part::Encrypted(encrypted) => {
                    let plaintext = encrypted.decrypt(password, work)?;
                    let bags = match plaintext {
                        Some(plaintext) => bag::read(&plaintext, &mut bags_left)?,
                        None => None,
                    };
                    match bags {
                        Some(bags) => {
                            attempt.opened += 1;
                            attempt.bags(&bags.bags, Some(&encrypted.scheme), password, work)?;
                        }
                        None => attempt.failed += 1,
                    }
                }
            }
        }
        Ok(attempt)
    }
}

impl Encrypted {
    /// The plaintext; None when the password is wrong or the ciphertext damaged.
    fn decrypt(&self, password: &Password, work: &mut Work) -> Result<Option<Zeroizing<Vec<u8>>>> {
        if let Scheme::Other(oid) = &self.scheme {
            let how =
                format!("is encrypted with the algorithm {oid}, which this program does not read");
            return Err(unsupported(&how));
        }
        work.spend(self.scheme.cost())?;
        Ok(self.scheme.decrypt(password, &self.ciphertext))
    }
}

/// Opens a private key that is encrypted by itself (EncryptedPrivateKeyInfo, RFC 5208 §6) in any scheme that bundles use.
///
/// # Errors
/// [`ErrorKind::WrongPassphrase`] when the passphrase is not the key's, [`ErrorKind::Malformed`] when the octets are something
/// else, or use a scheme that this program does not read.
pub fn open_private_key(der: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    let encrypted = Element::only(der, SEQUENCE).and_then(encrypted_private_key);
    let encrypted = encrypted.ok_or_else(|| damaged("the encrypted private key"))?;
    let password = Password::standard(passphrase);
    let plaintext = encrypted.decrypt(&password, &mut Work::default())?;
    plaintext.filter(|key| is_private_key(key)).ok_or_else(|| {
        Error::new(
            ErrorKind::WrongPassphrase,
            "the passphrase does not open the private key",
        )
        .with_hint("Check for a wrong keyboard layout or a stray line in the passphrase file.")
    })
}

/// Whether octets have the outline of a PrivateKeyInfo (RFC 5208 §5): a sequence to their very end, of a version, an algorithm
/// and a key. One wrong password in 256 leaves a good padding by chance; what it then decrypts to has no such outline.
fn is_private_key(octets: &[u8]) -> bool {
    let fields = || {
        let mut info = Element::only(octets, SEQUENCE)?.reader();
        info.take(INTEGER)?.number()?;
        info.take(SEQUENCE)?.reader().take(OBJECT_IDENTIFIER)?;
        info.take(OCTET_STRING)
    };
    fields().is_some()
}

/// What came of trying one password.
#[derive(Default)]
struct Attempt {
    bags: Vec<Bag>,
    /// How many encrypted things opened, and how many did not.
    opened: usize,
    failed: usize,
}

impl Attempt {
    /// Takes bags out of a part that was encrypted in this way, or was not.
    fn bags(
        &mut self,
        bags: &[Bag],
        around: Option<&Scheme>,
        password: &Password,
        work: &mut Work,
    ) -> Result<()> {
        for bag in bags {
            let mut protection = around;
            let content = match &bag.content {
                Content::EncryptedPrivateKey(encrypted) => {
                    // The key has a structure too, which a wrong password does not hit.
                    let plaintext = encrypted.decrypt(password, work)?;
                    let key = plaintext.and_then(|key| definite(&key));
                    let Some(key) = key.filter(|key| is_private_key(&key.bytes)) else {
                        self.failed += 1;
                        continue;
                    };
                    self.opened += 1;
                    protection = Some(&encrypted.scheme);
                    Content::PrivateKey(key.bytes)
                }
                Content::PrivateKey(key) => Content::PrivateKey(key.clone()),
                Content::Certificate(der) => Content::Certificate(der.clone()),
                Content::Other(kind) => Content::Other(kind.clone()),
            };
            self.bags.push(Bag {
                content,
                friendly_name: bag.friendly_name.clone(),
                local_key_id: bag.local_key_id.clone(),
                other_attributes: bag.other_attributes.clone(),
                protection: protection.cloned(),
            });
        }
        Ok(())
    }
}

/// The iterations that may still be spent on a bundle.
struct Work {
    left: u32,
    /// Whether more was asked for.
    is_exhausted: bool,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            left: MOST_ITERATIONS,
            is_exhausted: false,
        }
    }
}

impl Work {
    fn spend(&mut self, cost: Option<u32>) -> Result<()> {
        if let Some(left) = self.left.checked_sub(cost.unwrap_or(0).max(1)) {
            self.left = left;
            return Ok(());
        }
        self.is_exhausted = true;
        Err(Error::new(
            ErrorKind::Malformed,
            "the bundle asks for more than ten million iterations of key derivation",
        )
        .with_hint("Write it again with fewer: 600,000 is the most that importers take."))
    }
}
