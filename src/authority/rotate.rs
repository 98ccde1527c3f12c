//! The next issuing CA beneath the same root, before the current one ends.

use time::OffsetDateTime;

use super::change::{Change, Outcome};
use super::{Authority, own_server_at_hand};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access};
use crate::inventory::Record;
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::profile::Profile;
use crate::secret::Secret;
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity, format_instant};

/// A commonName's upper bound (RFC 5280 appendix A.1, ub-common-name).
const MAX_COMMON_NAME: usize = 64;

/// What the next issuing CA shall be.
#[derive(Debug)]
pub struct NewIssuing {
    /// How long it lives; no longer than the root.
    pub lifetime: Lifetime,
    /// Its key's algorithm; without one, that of the CA before it.
    pub key_algorithm: Option<KeyAlgorithm>,
}

/// What a rotation made.
#[derive(Debug)]
pub struct Rotated {
    /// The new issuing CA.
    pub issuing: Record,
    /// The one before it, which nobody needs to replace: what it issued stays valid.
    pub before: Certificate,
    /// It had to end earlier than was asked, because the root does.
    pub shortened: bool,
    /// The test server's own certificate was issued anew beneath it.
    pub own_server: bool,
}

impl Authority {
    /// Makes the next issuing CA, from which on everything is issued; the one before stays valid.
    ///
    /// It continues the organization, the name constraints and the base URL, and its key has the CA's passphrase.
    /// `root_passphrase` is that of a root which has one of its own.
    ///
    /// # Errors
    /// Refuses where the root's key is not here, or the root permits no CA beneath it or has ended.
    pub fn rotate_issuing(
        self,
        new: &NewIssuing,
        root_passphrase: Option<&Secret>,
        now: OffsetDateTime,
    ) -> Result<(Self, Rotated)> {
        check_root(self.root(), now)?;
        let mut change = Change::begin(&self.data, &self.inventory)?;
        let root = self.issuer_of(self.root(), root_passphrase)?;
        // The passphrase may have been changed since it opened the key: the new key must have the same as the others.
        self.issuer_of(self.issuing(), None)?;
        let before = self.issuing().clone();

        let algorithm = match new.key_algorithm {
            Some(algorithm) => algorithm,
            None => KeyAlgorithm::parse(&before.key_algorithm())?,
        };
        let key = PrivateKey::generate(algorithm)?;
        let subject = Subject {
            common_name: self.next_name()?,
            organization: self.organization.clone(),
        };
        let validity = Validity::starting(now, new.lifetime)?;
        let request = Profile::Issuing
            .request(subject, Vec::new(), validity, key.public_key())?
            .constrained(before.extensions().name_constraints.clone());
        let certificate = root.sign(&request, SerialNumber::draw()?, self.base_url.as_ref())?;
        let shortened = request.is_shortened_by(root.certificate());

        let pem = certificate.pem();
        let passphrase = self.passphrase.as_ref();
        let place = self.data.issuer_key(&certificate);
        let staged = change.put(&place, key.to_pem(passphrase)?.as_bytes(), Access::Private)?;
        let again = PrivateKey::from_pem(&file::read_private(&staged)?, passphrase)?;
        Issuer::new(certificate.clone(), again)?;
        let directory = self.data.issuer_directory(&certificate);
        for place in [
            directory.join("certificate.pem"),
            self.data.issuing_certificate(),
        ] {
            change.put(&place, pem.as_bytes(), Access::Public)?;
        }
        change.carry_out(Outcome::Issuing(pem), now)?;

        // Opened as everybody will open it from now on.
        let Self {
            data, passphrase, ..
        } = self;
        let rotated = Self::open(&data, || {
            passphrase.ok_or_else(|| missing("the passphrase of the new key is not known"))
        })?;
        let record = rotated
            .inventory
            .find_by_fingerprint(&certificate.fingerprint())?;
        let told = Rotated {
            issuing: record.ok_or_else(|| missing("the new issuing CA is not in the inventory"))?,
            before,
            shortened,
            own_server: rotated.move_own_server(now)?,
        };
        Ok((rotated, told))
    }

    /// Counts the current name up until no CA of ours bears it: an issuer is looked up by its name.
    fn next_name(&self) -> Result<String> {
        let authorities = self.inventory.authorities()?;
        let taken = |name: &str| {
            let mut names = authorities
                .iter()
                .map(|record| record.certificate.subject().common_name());
            names.any(|known| known == Some(name))
        };
        let current = self.issuing().subject().common_name().unwrap_or("CA");
        let (stem, number) = match self.issuing() == self.root() {
            true => (format!("{current} issuing CA"), 0),
            false => split_number(current),
        };
        let names = (number.saturating_add(1)..).map(|number| {
            let number = number.to_string();
            let room = MAX_COMMON_NAME.saturating_sub(number.len() + 1);
            let stem: String = stem.chars().take(room).collect();
            format!("{} {number}", stem.trim_end())
        });
        let free = names.into_iter().find(|name| !taken(name));
        free.ok_or_else(|| Error::new(ErrorKind::Internal, "no name is free for the new CA"))
    }

    /// Gives the test server, where it has been used, its own certificate beneath the current issuing CA.
    fn move_own_server(&self, now: OffsetDateTime) -> Result<bool> {
        let at_hand = own_server_at_hand(&self.data, &self.inventory, now)?;
        let Some(certificate) = at_hand.and_then(|own| own.chain.into_iter().next()) else {
            return Ok(false);
        };
        let hosts = &certificate.extensions().subject_alt_names;
        self.own_server(hosts, now).map(|_| true)
    }
}

/// A name and the number at its end; 1 where there is none.
fn split_number(name: &str) -> (String, u32) {
    name.rsplit_once(' ')
        .and_then(|(stem, number)| Some((stem.to_owned(), number.parse().ok()?)))
        .unwrap_or_else(|| (name.to_owned(), 1))
}

fn missing(fact: &str) -> Error {
    Error::new(ErrorKind::Internal, fact)
}

fn check_root(root: &Certificate, now: OffsetDateTime) -> Result<()> {
    let refuse = |fact: String| {
        Err(Error::new(ErrorKind::NotPermitted, fact).with_hint(
            "Make a new CA in its own directory, and let servers trust both roots meanwhile.",
        ))
    };
    // RFC 5280 §4.2.1.9: a pathLenConstraint of zero lets only end entities follow.
    let constraints = root.extensions().basic_constraints;
    if constraints.is_some_and(|it| it.path_length == Some(0)) {
        return refuse(format!(
            "the pathLenConstraint of {} permits no CA beneath it",
            root.subject()
        ));
    }
    let validity = root.validity();
    match validity.contains(now) {
        true => Ok(()),
        false => refuse(format!(
            "{} is valid until {}, and no CA beneath it can outlive it",
            root.subject(),
            format_instant(validity.not_after)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, TestAuthority, years};

    #[test]
    fn a_root_that_permits_no_ca_beneath_it_or_has_ended_is_refused() -> Result<()> {
        let authority = TestAuthority::new()?;
        let root = authority.root.certificate();
        assert!(check_root(root, NOW).is_ok());
        assert!(check_root(root, root.validity().not_after + time::Duration::SECOND).is_err());
        // An issuing CA has a pathLenConstraint of zero; one that is its own root cannot have another beneath it.
        let key = PrivateKey::generate(KeyAlgorithm::P256)?;
        let subject = Subject {
            common_name: "short".to_owned(),
            organization: None,
        };
        let request = Profile::Issuing.request(subject, Vec::new(), years(1)?, key.public_key())?;
        let short = Issuer::self_signed(&request, SerialNumber::draw()?, key)?;
        let refused = check_root(short.certificate(), NOW).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::NotPermitted));
        Ok(())
    }

    #[test]
    fn a_name_is_counted_from_the_number_at_its_end() {
        assert_eq!(
            split_number("Example issuing CA 9"),
            ("Example issuing CA".to_owned(), 9)
        );
        assert_eq!(split_number("Example CA"), ("Example CA".to_owned(), 1));
        assert_eq!(split_number("CA2"), ("CA2".to_owned(), 1));
    }
}
