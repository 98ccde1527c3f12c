//! Private keys in the forms that other programs write.

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use pki::authority::open_foreign_key;
use pki::error::ErrorKind;
use pki::key::{PrivateKey, describe_public_key, is_encrypted};
use pki::secret::Secret;

/// How much work an encryption may ask for here: the reader's own limits let one input take seconds.
const MOST_WORK: u64 = 200_000;
/// How deep an AlgorithmIdentifier is looked into.
const DEPTH: usize = 8;

/// Reads a key file without a passphrase and with the one of the seeds.
pub fn read(input: &[u8]) {
    let blocks = pem::parse_many(input).unwrap_or_default();
    if !blocks.iter().all(|block| is_cheap(block.contents())) {
        return;
    }
    let passphrase = Secret::chosen("correct horse");
    let closed = open_foreign_key(input, None);
    let opened = open_foreign_key(input, Some(&passphrase));
    if let Err(refusal) = &closed {
        assert!(refusal.kind() != ErrorKind::WrongPassphrase && refusal.hint().is_some());
    }
    // What opens without a passphrase opens with one.
    if let (Ok(key), Ok(same)) = (&closed, &opened) {
        assert!(key.pkcs8() == same.pkcs8());
    }
    assert!(closed.is_err() || opened.is_ok());
    // Who would not be asked for a passphrase needs none.
    if opened.is_ok() && !is_encrypted(input) {
        assert!(closed.is_ok());
    }
    let Ok(key) = opened else {
        return;
    };
    let written = key.to_pem(None).unwrap();
    let again = PrivateKey::from_pem(written.as_bytes(), None).unwrap();
    assert!(again.pkcs8() == key.pkcs8() && again.public_key() == key.public_key());
    let algorithm = describe_public_key(&key.public_key());
    assert!(["p256", "p384", "ed25519"].contains(&&*algorithm) || algorithm.starts_with("rsa-"));
    // RSA takes a hundred times as long as the others.
    if !algorithm.starts_with("rsa") {
        assert!(key.sign_octets(b"octets").is_ok());
    }
}

/// Says whether the numbers of the encryption, multiplied, are no great work: iterations, or all that scrypt asks for.
fn is_cheap(contents: &[u8]) -> bool {
    let Ok(whole) = AnyRef::from_der(contents) else {
        // Nothing reads it, or only as PKCS#1 or SEC 1 under OpenSSL's old encryption, which has one iteration.
        return true;
    };
    let mut parts = SliceReader::new(whole.value()).unwrap();
    match AnyRef::decode(&mut parts) {
        Ok(algorithm) if algorithm.tag() == Tag::Sequence => {
            work(algorithm.value(), DEPTH).is_some_and(|work| work <= MOST_WORK)
        }
        _ => true,
    }
}

/// The product of all integers; nothing where they are not to be made out.
fn work(contents: &[u8], depth: usize) -> Option<u64> {
    let mut reader = SliceReader::new(contents).ok()?;
    let mut product = 1_u64;
    while !reader.is_finished() {
        let element = AnyRef::decode(&mut reader).ok()?;
        let factor = match element.tag() {
            Tag::Sequence => work(element.value(), depth.checked_sub(1)?)?,
            Tag::Integer => {
                let octets = element.value().iter();
                octets.fold(0_u64, |number, octet| {
                    number.saturating_mul(256).saturating_add((*octet).into())
                })
            }
            _ => 1,
        };
        product = product.saturating_mul(factor.max(1));
    }
    Some(product)
}
