//! What the CA is asked to sign for a case.

use time::{Duration, OffsetDateTime};

use super::Bearer;
use crate::authority::{NewProbe, PROBE_LIFETIME};
use crate::certificate::{Certificate, DistinguishedName};
use crate::error::{Error, ErrorKind, Result};
use crate::name::SubjectAltName;
use crate::probe::forge::KeyKind;
use crate::profile::Departure;
use crate::validity::{Validity, to_the_second};

/// How far its beginning lies back, as that of every certificate of this program: the server's clock may be slow.
const BACKDATED: Duration = Duration::minutes(5);
/// When one that has expired did so, at least: no server's clock shall be so slow that it is right to let it in.
const EXPIRED_SINCE: Duration = Duration::hours(1);
/// How long ago it did so, and how long it lived before, where the CA itself is not as old.
const SHORTEST: Duration = Duration::minutes(1);
/// When one that is not yet valid will be: NSS takes what begins within a day, for clocks that are slow.
const BEGINS_IN: Duration = Duration::days(2);

/// A certificate that the CA is asked for; it begins as one that is let in.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// The subject: that of whom the probe pretends to be.
    pub subject: DistinguishedName,
    /// The names, likewise.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// From when until when.
    pub validity: Validity,
    /// Which kind of key it is for.
    pub key: KeyKind,
    /// In what it departs from a client's.
    pub departure: Departure,
    now: OffsetDateTime,
    authorities: &'a [Certificate],
}

impl<'a> Issue<'a> {
    pub(super) fn new(
        bearer: &Bearer,
        authorities: &'a [Certificate],
        now: OffsetDateTime,
    ) -> Self {
        let now = to_the_second(now);
        let not_before = now - BACKDATED;
        Self {
            subject: bearer.subject.clone(),
            subject_alt_names: bearer.subject_alt_names.clone(),
            validity: Validity {
                not_before,
                not_after: not_before + PROBE_LIFETIME - Duration::SECOND,
            },
            key: KeyKind::P256,
            departure: Departure::None,
            now,
            authorities,
        }
    }

    /// Lets it have expired: an hour ago, or, where the CA is younger than that, within its life.
    ///
    /// # Errors
    /// Says that the CA is too young to have issued anything that has expired.
    pub fn expire(&mut self) -> Result<()> {
        let begin = self.issuer_validity().map(|validity| validity.not_before);
        let begin = begin.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let not_after = (self.now - EXPIRED_SINCE).max(begin + SHORTEST);
        self.validity = Validity {
            not_before: begin.max(not_after - PROBE_LIFETIME),
            not_after,
        };
        match not_after <= self.now - SHORTEST {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::NotPermitted,
                "the issuing CA is too young to have issued a certificate that has expired",
            )
            .with_hint("Wait two minutes and run the command again.")),
        }
    }

    /// Lets it begin two days from now.
    ///
    /// # Errors
    /// Says that the CA ends before that.
    pub fn begin_later(&mut self) -> Result<()> {
        let not_before = self.now + BEGINS_IN;
        self.validity = Validity {
            not_before,
            not_after: not_before + PROBE_LIFETIME - Duration::SECOND,
        };
        let end = self.issuer_validity().map(|validity| validity.not_after);
        match end.is_none_or(|end| self.validity.not_after <= end) {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::NotPermitted,
                "the issuing CA ends before a certificate could begin two days from now",
            )
            .with_hint("Make the next issuing CA: pki rotate-issuing.")),
        }
    }

    /// Says whether the CA and all above it permit a name.
    pub fn permits(&self, name: &SubjectAltName) -> bool {
        let permits = |above: &Certificate| above.extensions().name_constraints.permits(name);
        self.authorities.iter().all(permits)
    }

    /// Says which name the CA cannot certify, if there is one.
    pub(super) fn check_names(&self) -> Result<()> {
        match self
            .subject_alt_names
            .iter()
            .find(|name| !self.permits(name))
        {
            None => Ok(()),
            Some(name) => Err(Error::new(
                ErrorKind::NotPermitted,
                format!("the name {name} lies outside what this CA may certify"),
            )
            .with_hint("Probe with a certificate of this CA.")),
        }
    }

    /// The same for the CA, with a key.
    pub(super) fn wanted(&self, public_key: Vec<u8>) -> NewProbe {
        NewProbe {
            subject: self.subject.clone(),
            subject_alt_names: self.subject_alt_names.clone(),
            validity: self.validity,
            public_key,
            departure: self.departure,
        }
    }

    fn issuer_validity(&self) -> Option<Validity> {
        self.authorities.first().map(Certificate::validity)
    }
}
