//! A certificate field by field, each in DER, so that any of them can be anything (RFC 5280 §4.1).

use yasna::models::ObjectIdentifier;
use yasna::{ASN1Result, DERWriter, Tag, TagClass};

use super::{Extension, Key, SignatureAlgorithm};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::key_identifier;
use crate::serial::SerialNumber;
use crate::validity::{Validity, to_the_second};

/// A certificate taken apart: what is signed, how, and the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) struct Certificate {
    /// What is signed.
    pub(in crate::probe) tbs: Tbs,
    /// The AlgorithmIdentifier outside of what is signed.
    pub(in crate::probe) signature_algorithm: Vec<u8>,
    /// The signature.
    pub(in crate::probe) signature: Vec<u8>,
}

/// What is signed; every field is a whole element of DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) struct Tbs {
    /// The explicit version, `[0]`.
    pub(in crate::probe) version: Vec<u8>,
    /// serialNumber, an INTEGER.
    pub(in crate::probe) serial_number: Vec<u8>,
    /// signature, an AlgorithmIdentifier.
    pub(in crate::probe) signature: Vec<u8>,
    /// issuer, a Name.
    pub(in crate::probe) issuer: Vec<u8>,
    /// validity.
    pub(in crate::probe) validity: Vec<u8>,
    /// subject, a Name.
    pub(in crate::probe) subject: Vec<u8>,
    /// subjectPublicKeyInfo.
    pub(in crate::probe) public_key: Vec<u8>,
    /// extensions, in their order.
    pub(in crate::probe) extensions: Vec<Extension>,
}

impl Certificate {
    /// Takes a certificate of version 3 apart.
    ///
    /// # Errors
    /// Refuses what is none.
    pub(in crate::probe) fn read(der: &[u8]) -> Result<Self> {
        let read = yasna::parse_der(der, |reader| {
            reader.read_sequence(|whole| {
                let tbs = whole.next().read_der()?;
                Ok(Self {
                    tbs: yasna::parse_der(&tbs, |reader| read_tbs(reader))?,
                    signature_algorithm: whole.next().read_der()?,
                    signature: whole.next().read_bitvec_bytes()?.0,
                })
            })
        });
        read.map_err(|_| {
            Error::new(
                ErrorKind::Malformed,
                "the certificate that was to be altered is not readable DER",
            )
        })
    }

    /// The certificate in DER, its signature right or wrong.
    pub(in crate::probe) fn der(&self) -> Vec<u8> {
        yasna::construct_der(|writer| {
            writer.write_sequence(|whole| {
                whole.next().write_der(&self.tbs.der());
                whole.next().write_der(&self.signature_algorithm);
                whole
                    .next()
                    .write_bitvec_bytes(&self.signature, self.signature.len() * 8);
            });
        })
    }
}

impl Tbs {
    /// A certificate of version 3 with a serial number of its own.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub(in crate::probe) fn new(
        issuer: Vec<u8>,
        subject: Vec<u8>,
        validity: Validity,
        public_key: Vec<u8>,
        extensions: Vec<Extension>,
    ) -> Result<Self> {
        let mut new = Self {
            version: VERSION_3.to_vec(),
            serial_number: Vec::new(),
            signature: Vec::new(),
            issuer,
            validity: Vec::new(),
            subject,
            public_key,
            extensions,
        };
        new.set_validity(validity);
        new.draw_serial_number()?;
        Ok(new)
    }

    /// Signs it as it is, but for the algorithm that it names.
    ///
    /// # Errors
    /// Refuses an algorithm of another family than the key.
    pub(in crate::probe) fn sign(
        mut self,
        key: &Key,
        how: SignatureAlgorithm,
    ) -> Result<Certificate> {
        self.signature = how.identifier().to_vec();
        Ok(Certificate {
            signature: key.sign(how, &self.der())?,
            signature_algorithm: self.signature.clone(),
            tbs: self,
        })
    }

    /// Gives it a serial number of its own, as long as all of this program's.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub(in crate::probe) fn draw_serial_number(&mut self) -> Result<()> {
        let number = SerialNumber::draw()?;
        self.serial_number =
            yasna::construct_der(|writer| writer.write_bigint_bytes(number.octets(), true));
        Ok(())
    }

    /// Gives it a key, and the subjectKeyIdentifier of it where it has one.
    ///
    /// # Errors
    /// Refuses what is no public key.
    pub(in crate::probe) fn set_key(&mut self, public_key: Vec<u8>) -> Result<()> {
        let identifier = key_identifier(&public_key)?;
        self.replace(Extension::subject_key_identifier(&identifier));
        self.public_key = public_key;
        Ok(())
    }

    /// Says by whose key it is signed, where it says so at all (authorityKeyIdentifier).
    ///
    /// # Errors
    /// Refuses what is no public key.
    pub(in crate::probe) fn set_issuer_key(&mut self, public_key: &[u8]) -> Result<()> {
        let identifier = key_identifier(public_key)?;
        self.replace(Extension::authority_key_identifier(&identifier));
        Ok(())
    }

    /// Sets from when until when it is valid.
    pub(in crate::probe) fn set_validity(&mut self, validity: Validity) {
        self.validity = yasna::construct_der(|writer| {
            writer.write_sequence(|instants| {
                for instant in [validity.not_before, validity.not_after] {
                    write_instant(instants.next(), instant);
                }
            });
        });
    }

    /// The extension of this kind.
    pub(in crate::probe) fn extension(&self, oid: &ObjectIdentifier) -> Option<&Extension> {
        self.extensions.iter().find(|known| known.oid == *oid)
    }

    /// Puts an extension in the place of the one of its kind, or behind all others.
    pub(in crate::probe) fn set(&mut self, extension: Extension) {
        let place = self
            .extensions
            .iter_mut()
            .find(|known| known.oid == extension.oid);
        match place {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
    }

    /// Puts an extension in the place of the one of its kind, if there is one.
    fn replace(&mut self, extension: Extension) {
        if self.extension(&extension.oid).is_some() {
            self.set(extension);
        }
    }

    /// Takes the extensions of this kind out.
    pub(in crate::probe) fn remove(&mut self, oid: &ObjectIdentifier) {
        self.extensions.retain(|known| known.oid != *oid);
    }

    fn der(&self) -> Vec<u8> {
        yasna::construct_der(|writer| {
            writer.write_sequence(|fields| {
                for field in [
                    &self.version,
                    &self.serial_number,
                    &self.signature,
                    &self.issuer,
                    &self.validity,
                    &self.subject,
                    &self.public_key,
                ] {
                    fields.next().write_der(field);
                }
                fields.next().write_tagged(EXTENSIONS, |writer| {
                    writer.write_sequence(|list| {
                        for extension in &self.extensions {
                            extension.write(list.next());
                        }
                    });
                });
            });
        })
    }
}

/// The version, which counts from 0.
const VERSION_3: &[u8] = b"\xa0\x03\x02\x01\x02";
/// `[3]`, where the extensions stand.
const EXTENSIONS: Tag = Tag {
    tag_class: TagClass::ContextSpecific,
    tag_number: 3,
};

fn read_tbs(reader: yasna::BERReader<'_, '_>) -> ASN1Result<Tbs> {
    reader.read_sequence(|fields| {
        Ok(Tbs {
            version: fields.next().read_der()?,
            serial_number: fields.next().read_der()?,
            signature: fields.next().read_der()?,
            issuer: fields.next().read_der()?,
            validity: fields.next().read_der()?,
            subject: fields.next().read_der()?,
            public_key: fields.next().read_der()?,
            extensions: fields.next().read_tagged(EXTENSIONS, |reader| {
                reader.collect_sequence_of(Extension::read)
            })?,
        })
    })
}

/// UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5).
fn write_instant(writer: DERWriter<'_>, instant: time::OffsetDateTime) {
    let at = to_the_second(instant);
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    let (tag, text) = match at.year() {
        year @ 1950..=2049 => (UTC_TIME, format!("{:02}{rest}", year % 100)),
        year => (GENERALIZED_TIME, format!("{year:04}{rest}")),
    };
    writer.write_tagged_implicit(tag, |writer| writer.write_bytes(text.as_bytes()));
}

const UTC_TIME: Tag = Tag {
    tag_class: TagClass::Universal,
    tag_number: 23,
};
const GENERALIZED_TIME: Tag = Tag {
    tag_class: TagClass::Universal,
    tag_number: 24,
};
