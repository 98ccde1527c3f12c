//! The extensions of RFC 5280 §4.2 that a forged certificate may carry.

use std::net::IpAddr;

use yasna::models::ObjectIdentifier;
use yasna::{ASN1Result, BERReader, DERWriter, Tag};

use crate::certificate::KeyUsage;
use crate::name::{Cidr, NameConstraints, SubjectAltName, Subtree};

/// id-ce, below which the extensions of RFC 5280 §4.2.1 lie.
const ID_CE: [u64; 3] = [2, 5, 29];
/// id-pe-authorityInfoAccess (§4.2.2.1).
const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
/// id-kp-clientAuth (§4.2.1.12).
const CLIENT_AUTHENTICATION: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];
/// Microsoft's user principal name, an otherName.
const USER_PRINCIPAL_NAME: &[u64] = &[1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

/// The choices of GeneralName (§4.2.1.6).
const OTHER_NAME: u64 = 0;
const RFC822_NAME: u64 = 1;
const DNS_NAME: u64 = 2;
const URI: u64 = 6;
const IP_ADDRESS: u64 = 7;

/// One extension: what it is, whether who does not know it must refuse, and its value in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) struct Extension {
    /// extnID.
    pub(in crate::probe) oid: ObjectIdentifier,
    /// critical.
    pub(in crate::probe) critical: bool,
    /// What stands in extnValue.
    pub(in crate::probe) value: Vec<u8>,
}

impl Extension {
    /// subjectKeyIdentifier (§4.2.1.2).
    pub(in crate::probe) fn subject_key_identifier(identifier: &[u8]) -> Self {
        Self::new(14, false, |writer| writer.write_bytes(identifier))
    }

    /// authorityKeyIdentifier (§4.2.1.1): the issuer's key, nothing else of it.
    pub(in crate::probe) fn authority_key_identifier(identifier: &[u8]) -> Self {
        Self::new(35, false, |writer| {
            writer.write_sequence(|fields| {
                fields
                    .next()
                    .write_tagged_implicit(Tag::context(0), |writer| {
                        writer.write_bytes(identifier);
                    });
            });
        })
    }

    /// keyUsage (§4.2.1.3), critical.
    pub(in crate::probe) fn key_usage(usage: KeyUsage) -> Self {
        // Bit 0 is the highest of the first octet; the zeros behind the last one that is set are not written (X.690 §11.2.2).
        let bits = usage.0.reverse_bits();
        let length = 16 - usize::try_from(bits.trailing_zeros()).unwrap_or(16);
        let octets = bits.to_be_bytes();
        let octets: Vec<u8> = octets.into_iter().take(length.div_ceil(8)).collect();
        Self::new(15, true, |writer| {
            writer.write_bitvec_bytes(&octets, length)
        })
    }

    /// extKeyUsage (§4.2.1.12): for clients of TLS and nothing else.
    pub(in crate::probe) fn for_clients_only() -> Self {
        Self::new(37, false, |writer| {
            writer.write_sequence(|purposes| {
                let purpose = ObjectIdentifier::from_slice(CLIENT_AUTHENTICATION);
                purposes.next().write_oid(&purpose);
            });
        })
    }

    /// basicConstraints (§4.2.1.9) of a CA, critical.
    pub(in crate::probe) fn of_authority(path_length: Option<u8>) -> Self {
        Self::new(19, true, |writer| {
            writer.write_sequence(|fields| {
                fields.next().write_bool(true);
                if let Some(length) = path_length {
                    fields.next().write_u8(length);
                }
            });
        })
    }

    /// subjectAltName (§4.2.1.6).
    pub(in crate::probe) fn subject_alt_names(names: &[SubjectAltName]) -> Self {
        Self::new(17, false, |writer| {
            writer.write_sequence(|list| {
                for name in names {
                    write_name(list.next(), name);
                }
            });
        })
    }

    /// nameConstraints (§4.2.1.10), critical.
    pub(in crate::probe) fn name_constraints(constraints: &NameConstraints) -> Self {
        let lists = [(0, &constraints.permitted), (1, &constraints.excluded)];
        Self::new(30, true, |writer| {
            writer.write_sequence(|fields| {
                for (tag, subtrees) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                    fields
                        .next()
                        .write_tagged_implicit(Tag::context(tag), |writer| {
                            writer.write_sequence(|list| {
                                for subtree in subtrees {
                                    // minimum is 0 and maximum absent: neither is written.
                                    list.next().write_sequence(|fields| {
                                        write_subtree(fields.next(), subtree);
                                    });
                                }
                            });
                        });
                }
            });
        })
    }

    /// What an extension of RFC 5280 §4.2.1 is called by.
    pub(in crate::probe) fn standard(number: u64) -> ObjectIdentifier {
        let [a, b, c] = ID_CE;
        ObjectIdentifier::from_slice(&[a, b, c, number])
    }

    /// What say where to ask about a certificate: cRLDistributionPoints and authorityInfoAccess.
    pub(in crate::probe) fn pointers() -> [ObjectIdentifier; 2] {
        [
            Self::standard(31),
            ObjectIdentifier::from_slice(AUTHORITY_INFO_ACCESS),
        ]
    }

    fn new(number: u64, critical: bool, write: impl FnOnce(DERWriter<'_>)) -> Self {
        Self {
            oid: Self::standard(number),
            critical,
            value: yasna::construct_der(write),
        }
    }

    pub(super) fn read(reader: BERReader<'_, '_>) -> ASN1Result<Self> {
        reader.read_sequence(|fields| {
            Ok(Self {
                oid: fields.next().read_oid()?,
                critical: fields.read_default(false, |reader| reader.read_bool())?,
                value: fields.next().read_bytes()?,
            })
        })
    }

    pub(super) fn write(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|fields| {
            fields.next().write_oid(&self.oid);
            // What is the default is not written (X.690 §11.5).
            if self.critical {
                fields.next().write_bool(true);
            }
            fields.next().write_bytes(&self.value);
        });
    }
}

fn write_name(writer: DERWriter<'_>, name: &SubjectAltName) {
    match name {
        SubjectAltName::Dns(text) => write_text(writer, DNS_NAME, text),
        SubjectAltName::Email(text) => write_text(writer, RFC822_NAME, text),
        SubjectAltName::Uri(text) => write_text(writer, URI, text),
        SubjectAltName::Ip(address) => write_octets(writer, IP_ADDRESS, &octets(*address)),
        SubjectAltName::Upn(text) => {
            writer.write_tagged_implicit(Tag::context(OTHER_NAME), |writer| {
                writer.write_sequence(|fields| {
                    fields
                        .next()
                        .write_oid(&ObjectIdentifier::from_slice(USER_PRINCIPAL_NAME));
                    fields.next().write_tagged(Tag::context(0), |writer| {
                        writer.write_utf8_string(text);
                    });
                });
            });
        }
    }
}

fn write_subtree(writer: DERWriter<'_>, subtree: &Subtree) {
    match subtree {
        Subtree::Dns(base) => write_text(writer, DNS_NAME, base),
        Subtree::Email(base) => write_text(writer, RFC822_NAME, base),
        Subtree::Uri(base) => write_text(writer, URI, base),
        Subtree::Ip(range) => write_octets(writer, IP_ADDRESS, &range_octets(range)),
    }
}

fn write_text(writer: DERWriter<'_>, choice: u64, text: &str) {
    write_octets(writer, choice, text.as_bytes());
}

fn write_octets(writer: DERWriter<'_>, choice: u64, octets: &[u8]) {
    writer.write_tagged_implicit(Tag::context(choice), |writer| writer.write_bytes(octets));
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The address, and a mask as long (§4.2.1.10).
fn range_octets(range: &Cidr) -> Vec<u8> {
    let mut both = octets(range.address);
    let prefix = usize::from(range.prefix);
    let mask = (0..both.len()).map(|octet| {
        let ones = prefix.saturating_sub(octet * 8).min(8);
        u8::try_from(0xff00_u16 >> ones & 0xff).unwrap_or(u8::MAX)
    });
    let mask: Vec<u8> = mask.collect();
    both.extend(mask);
    both
}
