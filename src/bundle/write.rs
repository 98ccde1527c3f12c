//! Writes a bundle as every importer takes it.
//!
//! What importers insist on, found by trying them:
//! - NSS (Firefox, Chromium on Linux) refuses a key without localKeyId; key and certificate carry the same one.
//! - NSS and macOS hide an end entity whose friendlyName a CA bag carries too: only the end entity's bags are named.
//! - A browser offers a certificate only when it can build the chain to a name in the server's hint: the issuing certificate must be inside.
//! - macOS and iOS refuse a bundle without a MAC, and a triple-DES one whose MAC is not by SHA-1.

use std::collections::BTreeSet;

use yasna::{DERWriter, DERWriterSeq, Tag, construct_der};
use zeroize::Zeroizing;

use super::anatomy::local_key_id;
use super::certificate::{Fields, private_key_info, public_key};
use super::cipher::{Pbes2Cipher, Pkcs12Cipher};
use super::hash::Hash;
use super::kdf::{self, Purpose};
use super::mac;
use super::oid::{self, object};
use super::password::Password;
use super::pbe::Scheme;
use super::{Form, Identity, OtherCertificate, iterations};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// Bytes of salt in the current form: twice what RFC 8018 §4.1 asks for at least.
const SALT: usize = 16;
/// With what the current form encrypts, and by what its key is derived.
const CIPHER: Pbes2Cipher = Pbes2Cipher::Aes256;
const PRF: Hash = Hash::Sha256;
/// Bytes of salt in the older form, as the writers had it that its importers grew up with.
const OLD_SALT: usize = 8;

/// Writes a bundle: the key encrypted, the certificates encrypted, a MAC over both, every length definite (DER).
///
/// The iterations are those of [`iterations`]. Each call draws new salts, so no two bundles are alike. Within one, keys and certificates
/// are encrypted under one key, each with an initial vector of its own: two salts would cost twice and hold off nobody, who would guess
/// at one of them alone.
///
/// # Errors
/// Refuses what is no certificate, no PKCS#8 key, or a key of another certificate ([`ErrorKind::InvalidInput`]): no importer says so
/// in words. Fails when the system's random source does.
pub fn write(identity: &Identity, password: &Secret, form: Form) -> Result<Zeroizing<Vec<u8>>> {
    write_all(std::slice::from_ref(identity), &[], password, form)
}

/// Writes a bundle of several identities, and of certificates that stand for themselves.
///
/// Each key carries the localKeyId and the friendlyName of its certificate; a certificate that several chains share is there once.
/// The others keep their names and attributes, but for a name that an end entity has.
///
/// # Errors
/// As [`write()`].
pub fn write_all(
    identities: &[Identity],
    other_certificates: &[OtherCertificate],
    password: &Secret,
    form: Form,
) -> Result<Zeroizing<Vec<u8>>> {
    identities.iter().try_for_each(check)?;
    write_with(
        identities,
        other_certificates,
        &Password::standard(password),
        iterations(password),
        form,
    )
}

/// Refuses a bundle that every importer would refuse.
fn check(identity: &Identity) -> Result<()> {
    let refusal = |message| Err(Error::new(ErrorKind::InvalidInput, message));
    let Some(fields) = Fields::read(&identity.certificate) else {
        return refusal("what should be bundled is not a certificate");
    };
    if private_key_info(&identity.private_key).is_none() {
        return refusal("what should be bundled is not a private key in PKCS#8");
    }
    let public_key = public_key(&identity.private_key);
    if fields.belongs_to(public_key.as_deref()) == Some(false) {
        return refusal("the private key does not belong to the certificate");
    }
    Ok(())
}

/// The same for a password whose bytes are made already.
pub(super) fn write_with(
    identities: &[Identity],
    other_certificates: &[OtherCertificate],
    password: &Password,
    iterations: u32,
    form: Form,
) -> Result<Zeroizing<Vec<u8>>> {
    let certificates = construct_der(|writer| {
        writer.write_sequence(|writer| {
            for identity in identities {
                cert_bag(writer.next(), &identity.certificate, |writer| {
                    attributes(writer, identity);
                });
            }
            let mut seen = end_entities(identities);
            for certificate in identities.iter().flat_map(|identity| &identity.chain) {
                if seen.insert(certificate) {
                    cert_bag(writer.next(), certificate, |_| {});
                }
            }
            for other in other_certificates {
                if seen.insert(&other.der) || !other.attributes.is_empty() {
                    cert_bag(writer.next(), &other.der, |writer| {
                        other_attributes(writer, other, identities);
                    });
                }
            }
        });
    });
    let encryption = Encryption::begin(form, iterations, password)?;
    let certificates = encryption.of(&certificates)?;
    let keys = identities
        .iter()
        .map(|identity| {
            let key = encryption.of(&identity.private_key)?;
            Ok((identity, key))
        })
        .collect::<Result<Vec<_>>>()?;
    let keys = construct_der(|writer| {
        writer.write_sequence(|writer| {
            for (identity, key) in &keys {
                writer.next().write_sequence(|writer| {
                    writer.next().write_oid(&object(oid::SHROUDED_KEY_BAG));
                    writer.next().write_tagged(Tag::context(0), |writer| {
                        key.write_as_private_key_info(writer);
                    });
                    attributes(writer, identity);
                });
            }
        });
    });
    let contents = construct_der(|writer| {
        writer.write_sequence(|writer| {
            certificates.write_as_content_info(writer.next());
            data(writer.next(), &keys);
        });
    });

    let (hash, salt) = match form {
        Form::Aes256Sha256 => (Hash::Sha256, random(SALT)?),
        Form::TripleDesSha1 => (Hash::Sha1, random(OLD_SALT)?),
    };
    let mac_key = kdf::derive(
        hash,
        Purpose::MacKey,
        &password.bmp,
        &salt,
        iterations,
        hash.digest().output_len(),
    );
    let code = hash.hmac(&mac_key, &contents);
    Ok(Zeroizing::new(construct_der(|writer| {
        writer.write_sequence(|writer| {
            // RFC 7292 §4: version 3, the contents, the MAC over them.
            writer.next().write_u8(3);
            data(writer.next(), &contents);
            mac::write(writer.next(), hash, &salt, iterations, &code);
        });
    })))
}

fn end_entities(identities: &[Identity]) -> BTreeSet<&[u8]> {
    let certificates = identities.iter().map(|identity| &identity.certificate);
    certificates.map(Vec::as_slice).collect()
}

/// What encrypts the parts of one bundle.
enum Encryption<'a> {
    /// PBES2, whose initial vector is stated: one key serves all parts.
    Aes256 {
        salt: Vec<u8>,
        iterations: u32,
        key: Zeroizing<Vec<u8>>,
    },
    /// The older scheme derives the initial vector too: each part has a salt of its own.
    TripleDes {
        iterations: u32,
        password: &'a Password,
    },
}

/// Something encrypted under the bundle's password.
struct Encrypted {
    scheme: Scheme,
    ciphertext: Vec<u8>,
}

impl<'a> Encryption<'a> {
    fn begin(form: Form, iterations: u32, password: &'a Password) -> Result<Self> {
        Ok(match form {
            Form::Aes256Sha256 => {
                let salt = random(SALT)?;
                let length = CIPHER.key_length();
                Self::Aes256 {
                    key: PRF.pbkdf2(&password.octets, &salt, iterations, length),
                    salt,
                    iterations,
                }
            }
            Form::TripleDesSha1 => Self::TripleDes {
                iterations,
                password,
            },
        })
    }

    fn of(&self, plaintext: &[u8]) -> Result<Encrypted> {
        let (scheme, ciphertext) = match self {
            Self::Aes256 {
                salt,
                iterations,
                key,
            } => {
                let iv = random(CIPHER.block_length())?;
                let ciphertext = CIPHER.encrypt(key, &iv, plaintext);
                let scheme = Scheme::Pbes2 {
                    prf: PRF,
                    salt: salt.clone(),
                    iterations: *iterations,
                    cipher: CIPHER,
                    iv,
                };
                (scheme, ciphertext)
            }
            Self::TripleDes {
                iterations,
                password,
            } => {
                let scheme = Scheme::Pkcs12 {
                    cipher: Pkcs12Cipher::TripleDes,
                    salt: random(OLD_SALT)?,
                    iterations: *iterations,
                };
                let ciphertext = scheme.encrypt(password, plaintext);
                (scheme, ciphertext)
            }
        };
        let refused = || {
            Error::new(
                ErrorKind::Internal,
                "the cipher refused a key of its own length",
            )
        };
        Ok(Encrypted {
            scheme,
            ciphertext: ciphertext.ok_or_else(refused)?,
        })
    }
}

impl Encrypted {
    /// RFC 5208 §6: EncryptedPrivateKeyInfo.
    fn write_as_private_key_info(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|writer| {
            self.scheme.write(writer.next());
            writer.next().write_bytes(&self.ciphertext);
        });
    }

    /// RFC 5652 §8: EncryptedData, in a ContentInfo.
    fn write_as_content_info(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|writer| {
            writer.next().write_oid(&object(oid::ENCRYPTED_DATA));
            writer.next().write_tagged(Tag::context(0), |writer| {
                writer.write_sequence(|writer| {
                    writer.next().write_u8(0);
                    writer.next().write_sequence(|writer| {
                        writer.next().write_oid(&object(oid::DATA));
                        self.scheme.write(writer.next());
                        writer
                            .next()
                            .write_tagged_implicit(Tag::context(0), |writer| {
                                writer.write_bytes(&self.ciphertext);
                            });
                    });
                });
            });
        });
    }
}

/// RFC 5652 §4: data, in a ContentInfo.
fn data(writer: DERWriter<'_>, content: &[u8]) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&object(oid::DATA));
        writer
            .next()
            .write_tagged(Tag::context(0), |writer| writer.write_bytes(content));
    });
}

/// RFC 7292 §4.2.3: a certificate in a SafeBag.
fn cert_bag(
    writer: DERWriter<'_>,
    certificate: &[u8],
    attributes: impl FnOnce(&mut DERWriterSeq<'_>),
) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&object(oid::CERT_BAG));
        writer.next().write_tagged(Tag::context(0), |writer| {
            writer.write_sequence(|writer| {
                writer.next().write_oid(&object(oid::X509_CERTIFICATE));
                writer
                    .next()
                    .write_tagged(Tag::context(0), |writer| writer.write_bytes(certificate));
            });
        });
        attributes(writer);
    });
}

/// The attributes that bind the end entity's key and certificate together and name them.
fn attributes(writer: &mut DERWriterSeq<'_>, identity: &Identity) {
    let local_key_id = local_key_id(&identity.certificate);
    writer.next().write_set_of(|writer| {
        if let Some(name) = &identity.friendly_name {
            attribute(writer.next(), oid::FRIENDLY_NAME, |writer| {
                // A character outside the BMP becomes a surrogate pair, which every importer tried reads.
                writer.write_bmp_string(name);
            });
        }
        attribute(writer.next(), oid::LOCAL_KEY_ID, |writer| {
            writer.write_bytes(&local_key_id);
        });
    });
}

/// The attributes of a certificate that stands for itself. Not the name that an end entity has: NSS and macOS would hide that one.
fn other_attributes(
    writer: &mut DERWriterSeq<'_>,
    other: &OtherCertificate,
    identities: &[Identity],
) {
    let is_taken = |name: &&String| {
        identities
            .iter()
            .any(|it| it.friendly_name.as_ref() == Some(name))
    };
    let name = other.friendly_name.as_ref().filter(|name| !is_taken(name));
    if name.is_none() && other.attributes.is_empty() {
        return;
    }
    writer.next().write_set_of(|writer| {
        if let Some(name) = name {
            attribute(writer.next(), oid::FRIENDLY_NAME, |writer| {
                writer.write_bmp_string(name);
            });
        }
        for attribute in &other.attributes {
            writer.next().write_der(attribute);
        }
    });
}

fn attribute(writer: DERWriter<'_>, kind: oid::Arcs, value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|writer| {
        writer.next().write_oid(&object(kind));
        writer.next().write_set_of(|writer| value(writer.next()));
    });
}

fn random(length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Internal, "the system's random source failed"))?;
    Ok(bytes)
}
