//! What a probe presents to a server, as far as this CA signs it.

use time::{Duration, OffsetDateTime};

use super::{Authority, client};
use crate::certificate::{DistinguishedName, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Record, Status};
use crate::key::check_public_key;
use crate::name::{Name, SubjectAltName};
use crate::profile::{Departure, Profile};
use crate::serial::SerialNumber;
use crate::validity::Validity;

/// The longest that a probe's certificate may live.
pub const PROBE_LIFETIME: Duration = Duration::hours(1);

/// What a certificate for a probe shall be.
#[derive(Debug, Clone)]
pub struct NewProbe {
    /// Whom it pretends to be: the name as it stands in that certificate, octet for octet.
    pub subject: DistinguishedName,
    /// The names that it carries.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// From when until when; [`PROBE_LIFETIME`] at the most.
    pub validity: Validity,
    /// Its key: a SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    /// In what it departs from a client's.
    pub departure: Departure,
}

/// What a certificate of somebody bears.
#[derive(Debug, Clone)]
pub struct Names {
    /// The subject.
    pub subject: DistinguishedName,
    /// The names besides.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// Whether they were taken from a certificate that is valid now, and not only from what a new one would bear.
    pub are_known: bool,
}

impl Authority {
    /// What somebody's newest valid certificate bears, or what a new one would where there is none.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    pub fn names_of(&self, name: &Name, now: OffsetDateTime) -> Result<Names> {
        let records = self.inventory.of_name(name)?;
        let valid = records
            .into_iter()
            .find(|it| it.profile == Profile::Client && it.status(now) == Status::Valid);
        Ok(match valid {
            Some(record) => Names {
                subject: record.certificate.subject().clone(),
                subject_alt_names: record.certificate.extensions().subject_alt_names.clone(),
                are_known: true,
            },
            None => Names {
                subject: Subject {
                    common_name: name.as_str().to_owned(),
                    organization: self.organization.clone(),
                }
                .to_name()?,
                subject_alt_names: client::names(name, &[])?,
                are_known: false,
            },
        })
    }

    /// Signs certificates for a probe and records them all, or none; nothing of them is written to a file.
    ///
    /// They are of a profile of their own, and no name finds them, so that nobody takes them for somebody's. Whoever asks for them
    /// revokes them when the probe is over.
    ///
    /// # Errors
    /// Refuses one that would live longer than [`PROBE_LIFETIME`], a weak key, and names outside the CA's constraints.
    pub fn issue_probes(&self, wanted: &[NewProbe], now: OffsetDateTime) -> Result<Vec<Record>> {
        self.check_alive(now)?;
        let mut certificates = Vec::new();
        for new in wanted {
            let Validity {
                not_before,
                not_after,
            } = new.validity;
            if not_after - not_before > PROBE_LIFETIME {
                return Err(Error::new(
                    ErrorKind::NotPermitted,
                    "a probe's certificate lives for an hour at the most",
                ));
            }
            check_public_key(&new.public_key)?;
            // A server's certificate that names a host would be good for that host.
            let names = new.subject_alt_names.iter().filter(|name| {
                let is_host = matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_));
                new.departure != Departure::ServerPurpose || !is_host
            });
            let common_name = new.subject.common_name().unwrap_or_default();
            let subject = Subject {
                common_name: common_name.to_owned(),
                organization: None,
            };
            let request = Profile::Probe
                .request(
                    subject,
                    names.cloned().collect(),
                    new.validity,
                    new.public_key.clone(),
                )?
                .named(new.subject.clone())
                .departing(new.departure);
            (self.chain.iter()).try_for_each(|above| request.check_names(above))?;
            let serial_number = SerialNumber::draw()?;
            certificates.push(self.issuing.sign(
                &request,
                serial_number,
                self.base_url.as_ref(),
            )?);
        }
        self.inventory
            .record_all(&certificates, Profile::Probe, now)?;
        let found = certificates.iter().map(|certificate| {
            let found = self
                .inventory
                .find_by_fingerprint(&certificate.fingerprint())?;
            found.ok_or_else(not_kept)
        });
        found.collect()
    }
}

fn not_kept() -> Error {
    Error::new(
        ErrorKind::Inventory,
        "a certificate that was just recorded is not in the inventory",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::authority::{CaData, NewAuthority, init};
    use crate::inventory::Filter;
    use crate::judge::{Reason, Verdict, judge};
    use crate::key::{KeyAlgorithm, PrivateKey};
    use crate::testing::NOW;

    fn authority(directory: &std::path::Path) -> Result<Authority> {
        let data = CaData::new(directory.join("ca-data"));
        let new = NewAuthority::for_a_test();
        init(&data, &new, NOW)?;
        Authority::open(&data, || Err(not_kept()))
    }

    fn alice() -> Subject {
        Subject {
            common_name: "alice".to_owned(),
            organization: None,
        }
    }

    fn new(departure: Departure, life: Duration) -> Result<NewProbe> {
        Ok(NewProbe {
            subject: alice().to_name()?,
            subject_alt_names: Vec::new(),
            validity: Validity {
                not_before: NOW,
                not_after: NOW + life,
            },
            public_key: PrivateKey::generate(KeyAlgorithm::P256)?.public_key(),
            departure,
        })
    }

    #[test]
    fn only_the_one_that_departs_in_nothing_lets_in() -> Result<()> {
        let directory = tempfile::tempdir().unwrap();
        let authority = authority(directory.path())?;
        let expected = [
            (Departure::None, Verdict::Accepted),
            (
                Departure::ServerPurpose,
                Verdict::Refused(Reason::WrongExtendedKeyUsage),
            ),
            (
                Departure::OtherPurpose,
                Verdict::Refused(Reason::WrongExtendedKeyUsage),
            ),
            (
                Departure::EnciphermentOnly,
                Verdict::Refused(Reason::WrongKeyUsage),
            ),
            (
                Departure::UnknownCriticalExtension,
                Verdict::Refused(Reason::Malformed),
            ),
        ];
        let wanted = expected.map(|(departure, _)| new(departure, PROBE_LIFETIME));
        let wanted = wanted.into_iter().collect::<Result<Vec<_>>>()?;
        let records = authority.issue_probes(&wanted, NOW)?;
        let authorities = authority.inventory().authorities()?;
        assert_eq!(records.len(), expected.len());
        for (record, (departure, verdict)) in records.iter().zip(expected) {
            let presented = [record.certificate.der()];
            let judged = judge(&presented, &authorities, Some(record), NOW);
            assert_eq!(judged, verdict, "{departure:?}");
        }
        Ok(())
    }

    #[test]
    fn what_was_made_for_a_probe_is_marked_and_stands_in_no_list_unless_it_is_asked_for()
    -> Result<()> {
        let directory = tempfile::tempdir().unwrap();
        let authority = authority(directory.path())?;
        let wanted = [new(Departure::None, PROBE_LIFETIME)?];
        let records = authority.issue_probes(&wanted, NOW)?;
        let list = |profile| {
            let filter = Filter {
                profile,
                limit: 10,
                ..Filter::default()
            };
            authority.inventory().list(&filter, NOW)
        };
        let ours = |page: crate::inventory::Page| {
            let mut records = page.records.into_iter();
            records.any(|record| record.profile == Profile::Probe)
        };
        assert!(!ours(list(None)?));
        assert!(ours(list(Some(Profile::Probe))?));
        assert!(!ours(list(Some(Profile::Client))?));
        assert_eq!(records.first().unwrap().name, None);
        Ok(())
    }

    #[test]
    fn the_name_stands_as_it_was_given_octet_for_octet() -> Result<()> {
        let directory = tempfile::tempdir().unwrap();
        let authority = authority(directory.path())?;
        // C=DE as PrintableString, two OUs, CN=a as PrintableString: an imported client's name may be such.
        let der = b"\x30\x35\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02DE\x31\x0b\x30\x09\x06\x03\x55\x04\x0b\x13\x02d1\
            \x31\x0b\x30\x09\x06\x03\x55\x04\x0b\x13\x02d2\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03abc";
        let name = DistinguishedName::from_der(der)?;
        let wanted = NewProbe {
            subject: name.clone(),
            subject_alt_names: vec![SubjectAltName::parse_host("laptop.example.org")?],
            ..new(Departure::None, PROBE_LIFETIME)?
        };
        let records = authority.issue_probes(&[wanted], NOW)?;
        let certificate = &records.first().unwrap().certificate;
        assert_eq!(certificate.subject().der(), der);
        assert_eq!(certificate.subject(), &name);
        assert_eq!(certificate.extensions().subject_alt_names.len(), 1);
        Ok(())
    }

    #[test]
    fn none_lives_longer_than_an_hour_and_then_none_is_recorded() -> Result<()> {
        let directory = tempfile::tempdir().unwrap();
        let authority = authority(directory.path())?;
        let longer = PROBE_LIFETIME + Duration::SECOND;
        let wanted = [
            new(Departure::None, PROBE_LIFETIME)?,
            new(Departure::None, longer)?,
        ];
        assert!(authority.issue_probes(&wanted, NOW).is_err());
        let filter = Filter {
            profile: Some(Profile::Probe),
            limit: 10,
            ..Filter::default()
        };
        assert!(authority.inventory().list(&filter, NOW)?.records.is_empty());
        Ok(())
    }
}
