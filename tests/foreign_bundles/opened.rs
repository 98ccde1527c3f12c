//! What each file is like without its password, and what comes out with it.

use pki::bundle::{
    self, Anatomy, Content, Encoding, Hash, Mac, Part, Pbes2Cipher, Pkcs12Cipher, Scheme,
};
use pki::error::ErrorKind;
use pki::secret::Secret;

use super::index::{Expected, index};
use crate::bundle_programs::Scratch;

#[test]
fn what_a_file_is_made_of_is_told_without_its_password() {
    for expected in index() {
        let anatomy = Anatomy::read(&expected.octets()).unwrap();
        let file = &expected.file;
        let encoding = match anatomy.encoding {
            Encoding::Der => "DER",
            Encoding::Ber => "BER",
        };
        assert_eq!(encoding, expected.encoding, "{file}");
        assert_eq!(mac(anatomy.mac.as_ref()), expected.mac, "{file}");
        let (key, certificates) = protections(&anatomy);
        assert_eq!(key, expected.key, "{file}");
        assert_eq!(certificates, expected.certificates, "{file}");
    }
}

#[test]
fn what_a_file_holds_comes_out_with_its_password() {
    for expected in index() {
        let file = &expected.file;
        let opened = match bundle::open(&expected.octets(), &expected.password) {
            Ok(opened) => opened,
            Err(refusal) => {
                let word = expected.finding.strip_prefix("malformed: ");
                assert_eq!(refusal.kind(), ErrorKind::Malformed, "{file}: {refusal}");
                assert!(
                    word.is_some_and(|word| refusal.message().contains(word)),
                    "{file}: {refusal}"
                );
                continue;
            }
        };
        assert_eq!(expected.finding, "opens", "{file}");
        let mut identities: Vec<_> = opened
            .identities
            .iter()
            .map(|identity| {
                let name = identity.friendly_name.as_deref().unwrap_or("-");
                format!("{name}+{}", identity.chain.len())
            })
            .collect();
        identities.sort();
        let identities = match identities.is_empty() {
            true => "-".to_owned(),
            false => identities.join(", "),
        };
        assert_eq!(identities, expected.identities, "{file}");
        assert_eq!(opened.other_certificates.len(), expected.others, "{file}");
    }
}

#[test]
fn every_private_key_is_its_certificates_and_every_chain_is_one() {
    let scratch = Scratch::new(&Secret::chosen(""));
    for expected in index().iter().filter(|it| it.finding == "opens") {
        let opened = bundle::open(&expected.octets(), &expected.password).unwrap();
        for identity in &opened.identities {
            scratch.write("key.der", &identity.private_key);
            scratch.write("certificate.der", &identity.certificate);
            let of_key = ["pkey", "-inform", "DER", "-in", "key.der", "-pubout"];
            let of_certificate = ["x509", "-inform", "DER", "-in", "certificate.der"];
            let of_certificate = [&of_certificate[..], &["-noout", "-pubkey"]].concat();
            assert_eq!(
                scratch.openssl(&of_key),
                scratch.openssl(&of_certificate),
                "{}",
                expected.file
            );
            if !identity.chain.is_empty() {
                let end_entity = bundle::pem::certificates([&identity.certificate]);
                scratch.write("end-entity.pem", end_entity.as_bytes());
                let above = bundle::pem::certificates(&identity.chain);
                scratch.write("above.pem", above.as_bytes());
                scratch.openssl(&[
                    "verify",
                    "-no_check_time",
                    "-partial_chain",
                    "-trusted",
                    "above.pem",
                    "end-entity.pem",
                ]);
            }
        }
    }
}

#[test]
fn another_password_opens_none_of_them() {
    let is_quick = |expected: &&Expected| !expected.mac.ends_with("00000");
    for expected in index().iter().filter(is_quick) {
        let file = &expected.file;
        let opened = bundle::open(&expected.octets(), &Secret::chosen("Correct horse"));
        let is_open = expected.mac == "none" && expected.key == "open";
        match opened {
            Ok(_) => assert!(is_open, "{file}"),
            Err(refusal) if expected.finding == "opens" => {
                assert_eq!(refusal.kind(), ErrorKind::WrongPassphrase, "{file}");
            }
            Err(_) => {}
        }
    }
}

/// `SHA-256 2048`, `PBMAC1 SHA-512 2048`, `none`; an object identifier where it is not known.
fn mac(mac: Option<&Mac>) -> String {
    match mac {
        None => "none".to_owned(),
        Some(Mac::Pkcs12 {
            hash, iterations, ..
        }) => format!("{} {iterations}", name(*hash)),
        Some(Mac::Pbmac1 {
            hash, iterations, ..
        }) => format!("PBMAC1 {} {iterations}", name(*hash)),
        Some(Mac::Other(kind)) => kind.clone(),
    }
}

/// How private keys and how certificates are encrypted, each way once.
fn protections(anatomy: &Anatomy) -> (String, String) {
    let (mut keys, mut certificates) = (Vec::new(), Vec::new());
    for part in &anatomy.parts {
        match part {
            // What our files have encrypted together are certificates.
            Part::Encrypted(encrypted) => certificates.push(scheme(&encrypted.scheme)),
            Part::Plain(bags) => {
                for bag in bags {
                    match &bag.content {
                        Content::EncryptedPrivateKey(key) => keys.push(scheme(&key.scheme)),
                        Content::PrivateKey(_) => keys.push("open".to_owned()),
                        Content::Certificate(_) => certificates.push("open".to_owned()),
                        Content::Other(_) => {}
                    }
                }
            }
        }
    }
    (listed(keys), listed(certificates))
}

fn listed(mut all: Vec<String>) -> String {
    all.dedup();
    match all.is_empty() {
        true => "-".to_owned(),
        false => all.join("; "),
    }
}

/// `AES-256 SHA-256 2048`, `3DES 2048`; an object identifier where it is not known.
fn scheme(scheme: &Scheme) -> String {
    match scheme {
        Scheme::Pbes2 {
            prf,
            iterations,
            cipher,
            ..
        } => {
            let cipher = match cipher {
                Pbes2Cipher::Aes128 => "AES-128",
                Pbes2Cipher::Aes192 => "AES-192",
                Pbes2Cipher::Aes256 => "AES-256",
                Pbes2Cipher::TripleDes => "PBES2-3DES",
            };
            format!("{cipher} {} {iterations}", name(*prf))
        }
        Scheme::Pkcs12 {
            cipher, iterations, ..
        } => {
            let cipher = match cipher {
                Pkcs12Cipher::TripleDes => "3DES",
                Pkcs12Cipher::TripleDesTwoKey => "3DES-2-key",
                Pkcs12Cipher::Rc2With128Bits => "RC2-128",
                Pkcs12Cipher::Rc2With40Bits => "RC2-40",
            };
            format!("{cipher} {iterations}")
        }
        Scheme::Other(kind) => kind.clone(),
    }
}

fn name(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "SHA-1",
        Hash::Sha224 => "SHA-224",
        Hash::Sha256 => "SHA-256",
        Hash::Sha384 => "SHA-384",
        Hash::Sha512 => "SHA-512",
    }
}
