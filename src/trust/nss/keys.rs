//! Which private keys a database holds, and in which order they were imported: the order in which Firefox looks at them.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::places::Database;
use super::programs::Programs;
use crate::certificate::public_key_of;
use crate::error::{ErrorKind, Result};
use crate::hexadecimal;
use crate::key::public_value;

/// The certificates of a database, with what is known of their private keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    /// Each certificate's DER and whether its private key is there.
    pub certificates: Vec<(Vec<u8>, bool)>,
    /// The DER of those that are trusted to issue certificates of TLS servers.
    pub trusted: Vec<Vec<u8>>,
    /// Whether those with a private key come first, in the order in which the keys were imported.
    pub is_in_order: bool,
}

impl Database {
    /// Every certificate that NSS finds, with what is known of its private key.
    ///
    /// Nobody is asked for a password. Without the one of a database that has one, the order is that in which NSS lists certificates:
    /// of several under one nickname the newest comes first.
    ///
    /// # Errors
    /// Says that the database cannot be read.
    pub fn keyring(&self, programs: &Programs) -> Result<Keyring> {
        let entries = self.certificates(programs)?;
        let trusted = entries.iter().filter(|entry| entry.is_trusted());
        let trusted = trusted.map(|entry| entry.der.clone()).collect();
        let Some(keys) = self.private_keys(programs)? else {
            let entries = entries.into_iter();
            return Ok(Keyring {
                certificates: entries
                    .map(|entry| {
                        let has_key = entry.has_key();
                        (entry.der, has_key)
                    })
                    .collect(),
                trusted,
                is_in_order: false,
            });
        };
        let ders = entries.into_iter().map(|entry| entry.der);
        Ok(Keyring {
            certificates: in_order(ders, &keys),
            trusted,
            is_in_order: true,
        })
    }

    /// The identifiers of the private keys in the order of their import; nothing where a password locks them.
    fn private_keys(&self, programs: &Programs) -> Result<Option<Vec<Vec<u8>>>> {
        if !self.exists {
            return Ok(Some(Vec::new()));
        }
        let output = self.run_certutil(programs, &["-K"])?;
        let printed = String::from_utf8_lossy(&output.stdout);
        // That there is none is told as a failure, and not on standard error.
        if output.status.success() || printed.contains("no keys found") {
            return Ok(Some(identifiers(&printed)));
        }
        let failure = programs.failure(&self.directory, &output);
        match failure.kind() {
            ErrorKind::PassphraseRequired | ErrorKind::WrongPassphrase => Ok(None),
            _ => Err(failure),
        }
    }
}

/// Those with a key come first, in the order of the keys; of several with one key, and of those without, as they were listed.
fn in_order(ders: impl Iterator<Item = Vec<u8>>, keys: &[Vec<u8>]) -> Vec<(Vec<u8>, bool)> {
    let mut placed: Vec<_> = ders
        .map(|der| {
            let identifier = identifier(&der);
            let place = keys.iter().position(|key| Some(key) == identifier.as_ref());
            (place.unwrap_or(usize::MAX), der)
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed
        .into_iter()
        .map(|(place, der)| (der, place != usize::MAX))
        .collect()
}

/// CKA_ID as NSS makes it: the SHA-1 of the public key's number or point.
fn identifier(certificate: &[u8]) -> Option<Vec<u8>> {
    let value = public_value(&public_key_of(certificate)?)?;
    Some(digest(&SHA1_FOR_LEGACY_USE_ONLY, &value).as_ref().to_vec())
}

/// The identifiers in the list of `certutil -K`: `< 0> ec       0123ab…   alice`.
fn identifiers(printed: &str) -> Vec<Vec<u8>> {
    let rows = printed.lines().filter_map(|line| {
        let (_, behind) = line.strip_prefix('<')?.split_once('>')?;
        let identifier = behind.split_whitespace().nth(1)?;
        hexadecimal::decode(identifier)
    });
    rows.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_from_the_list_of_private_keys() {
        let printed = "certutil: Checking token \"NSS Certificate DB\" in slot \"x\"
< 0> ec       00ff   alice (phone)
< 1> rsa      0aBC   of two
lines
<10> rsa      01     (orphan)
";
        assert_eq!(
            identifiers(printed),
            [vec![0, 0xff], vec![10, 0xbc], vec![1]]
        );
        assert_eq!(
            identifiers("certutil: no keys found\n"),
            Vec::<Vec<u8>>::new()
        );
    }

    #[test]
    fn those_with_a_key_come_first_and_in_the_order_of_the_keys() {
        let der = |_| {
            let made = rcgen::generate_simple_self_signed(["alice.test".to_owned()]);
            made.unwrap().cert.der().to_vec()
        };
        let [old, new, keyless] = [0, 1, 2].map(der);
        let keys = [&old, &new].map(|der| identifier(der).unwrap());
        let listed = [&keyless, &new, &old].map(Clone::clone);
        let expected = [(old, true), (new, true), (keyless, false)];
        assert_eq!(in_order(listed.into_iter(), &keys), expected);
    }
}
