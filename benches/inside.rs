//! What the parts cost, without a process around them: `cargo bench --bench inside`.
//!
//! Each row stands beside what others offer for the same work, so that the choice of a maker can be measured again.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use divan::{Bencher, black_box};
use pki::bundle::{self, Form, Identity};
use pki::certificate::{Certificate, Subject};
use pki::crl::{Entries, NewCrl};
use pki::inventory::{ReasonCode, Revocation, Standing};
use pki::issuer::Issuer;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::lint::{self, Context};
use pki::ocsp::{self, Responder};
use pki::profile::{Profile, Request};
use pki::secret::Secret;
use pki::serial::SerialNumber;
use pki::validity::{Lifetime, Validity};
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;
use time::OffsetDateTime;

fn main() {
    divan::main();
}

/// A root that signs everything here.
fn root() -> Issuer {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = request(Profile::Root, "root", &key);
    Issuer::self_signed(&request, SerialNumber::draw().unwrap(), key).unwrap()
}

fn request(profile: Profile, name: &str, key: &PrivateKey) -> Request {
    let subject = Subject {
        common_name: name.to_owned(),
        organization: None,
    };
    let validity = Validity::starting(OffsetDateTime::now_utc(), Lifetime::days(30)).unwrap();
    profile
        .request(subject, Vec::new(), validity, key.public_key())
        .unwrap()
}

fn issue(issuer: &Issuer, profile: Profile, name: &str) -> (PrivateKey, Certificate) {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let serial_number = SerialNumber::draw().unwrap();
    let certificate = issuer.sign(&request(profile, name, &key), serial_number, None);
    (key, certificate.unwrap())
}

mod keys {
    use super::*;

    #[divan::bench(args = [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Ed25519])]
    fn ours(algorithm: KeyAlgorithm) -> PrivateKey {
        PrivateKey::generate(algorithm).unwrap()
    }

    /// As the crate `p256` makes one, in the same form.
    #[divan::bench]
    fn p256() -> Vec<u8> {
        use rsa::Generate;
        let key = ::p256::SecretKey::generate_from_rng(&mut System);
        key.to_pkcs8_der().unwrap().as_bytes().to_vec()
    }

    #[divan::bench(args = [KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072, KeyAlgorithm::Rsa4096], sample_count = 20, sample_size = 1)]
    fn ours_rsa(algorithm: KeyAlgorithm) -> PrivateKey {
        PrivateKey::generate(algorithm).unwrap()
    }

    /// As the crate `rsa` makes one, in the same form.
    #[divan::bench(args = [2048, 3072, 4096], sample_count = 20, sample_size = 1)]
    fn rsa(bits: usize) -> Vec<u8> {
        let key = ::rsa::PrivateKey::new(&mut System, bits).unwrap();
        key.to_pkcs8_der().unwrap().as_bytes().to_vec()
    }
}

/// The random source of our own keys, for the other makers.
struct System;

impl TryRng for System {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        aws_lc_rs::rand::fill(octets).unwrap();
        Ok(())
    }
}

impl TryCryptoRng for System {}

/// From the request to a certificate that was read back and whose signature was verified.
#[divan::bench]
fn certificate(bencher: Bencher<'_, '_>) {
    let issuer = root();
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    bencher.bench_local(|| {
        let request = request(Profile::Client, "alice", &key);
        let serial_number = SerialNumber::draw().unwrap();
        issuer.sign(&request, serial_number, None).unwrap()
    });
}

/// Every rule asked about a client's certificate, which is a part of the row above; the throw-away signature is another.
#[divan::bench]
fn lint(bencher: Bencher<'_, '_>) {
    let issuer = root();
    let (_, certificate) = issue(&issuer, Profile::Client, "alice");
    let context = Context {
        profile: Some(Profile::Client),
        issuer: Some(issuer.certificate()),
    };
    bencher.bench_local(|| lint::lint(black_box(certificate.der()), context).unwrap());
}

/// A PKCS#12 at 2,048 iterations, as a generated password has it.
#[divan::bench(args = [Form::Aes256Sha256, Form::TripleDesSha1])]
fn bundle(bencher: Bencher<'_, '_>, form: Form) {
    let issuer = root();
    let (key, certificate) = issue(&issuer, Profile::Client, "alice");
    let identity = Identity {
        private_key: key.pkcs8().to_vec().into(),
        certificate: certificate.der().to_vec(),
        chain: vec![issuer.certificate().der().to_vec()],
        friendly_name: Some("alice".to_owned()),
    };
    let password = Secret::generate().unwrap();
    bencher.bench_local(|| bundle::write(black_box(&identity), &password, form).unwrap());
}

/// A CRL from its entries to DER that was read back and verified.
#[divan::bench(args = [1_000, 100_000])]
fn crl(bencher: Bencher<'_, '_>, count: usize) {
    let issuer = root();
    let now = OffsetDateTime::now_utc();
    let serial_numbers: Vec<_> = (0..count).map(|_| SerialNumber::draw().unwrap()).collect();
    let new = NewCrl {
        crl_number: 1,
        this_update: now,
        next_update: now + time::Duration::WEEK,
    };
    let revocation = Revocation {
        at: now,
        reason: ReasonCode::KeyCompromise,
    };
    bencher.bench_local(|| {
        let mut entries = Entries::default();
        for serial_number in &serial_numbers {
            entries.push(serial_number, revocation);
        }
        pki::crl::sign(&issuer, &new, entries).unwrap()
    });
}

/// An OCSP answer from the request's DER to the signed answer's, without the look-up.
#[divan::bench]
fn ocsp_answer(bencher: Bencher<'_, '_>) {
    let issuer = root();
    let (key, responder) = issue(&issuer, Profile::OcspResponder, "responder");
    let (_, certificate) = issue(&issuer, Profile::Client, "alice");
    let asked = ocsp_request(issuer.certificate(), &certificate);
    let responder = Responder::new(key, vec![(issuer.certificate().clone(), responder)]).unwrap();
    let now = OffsetDateTime::now_utc();
    bencher.bench_local(|| {
        let request = ocsp::Request::from_der(&asked).unwrap();
        let good = |_: &_, _: &_| Ok(Standing::Issued { revocation: None });
        responder.answer(&request, now, good).unwrap()
    });
}

/// OCSPRequest, RFC 6960 §4.1.1, with SHA-1 in its CertID, as most clients ask.
fn ocsp_request(issuer: &Certificate, certificate: &Certificate) -> Vec<u8> {
    use yasna::models::ObjectIdentifier;
    let sha1 = |octets: &[u8]| {
        let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
        aws_lc_rs::digest::digest(algorithm, octets)
            .as_ref()
            .to_vec()
    };
    // The point of a key on P-256: its last 65 octets.
    let key = &issuer.facts().public_key;
    let key = key.get(key.len() - 65..).unwrap();
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                writer.next().write_sequence(|writer| {
                    writer.next().write_sequence(|writer| {
                        writer.next().write_sequence(|writer| {
                            writer.next().write_sequence(|writer| {
                                let sha1 = ObjectIdentifier::from_slice(&[1, 3, 14, 3, 2, 26]);
                                writer.next().write_oid(&sha1);
                                writer.next().write_null();
                            });
                            writer.next().write_bytes(&sha1(issuer.subject().der()));
                            writer.next().write_bytes(&sha1(key));
                            let serial_number = certificate.serial_number().octets();
                            writer.next().write_bigint_bytes(serial_number, true);
                        });
                    });
                });
            });
        });
    })
}
