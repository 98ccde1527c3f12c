//! The test server's own certificate: issued by the CA that it serves, and renewed in time.

use time::OffsetDateTime;

use super::{Authority, CaData, NewServer, ServerFiles};
use crate::bundle::pem;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::{Holder, Inventory, Status, Superseded};
use crate::key::KeyAlgorithm;
use crate::name::{Name, SubjectAltName};
use crate::profile::{AltNames, Profile};
use crate::validity::{Lifetime, Validity};

/// The certificate that `pki serve` itself presents.
#[derive(Debug, Clone)]
pub struct OwnServer {
    /// The server's certificate, then those of the CAs above it but the root.
    pub chain: Vec<Certificate>,
    /// Where both lie.
    pub files: ServerFiles,
    /// The names that the CA's constraints do not permit.
    pub dropped: Vec<SubjectAltName>,
}

/// Under which name the test server's own certificate is kept.
pub const OWN_NAME: &str = "pki-serve";
const OWN_LIFETIME: Lifetime = Lifetime::days(397);
/// A certificate is renewed when less than this part of its life is left.
const RENEWAL_PART: i32 = 3;

impl OwnServer {
    /// Says whether the certificate carries this name.
    pub fn answers_to(&self, host: &SubjectAltName) -> bool {
        let names = self
            .chain
            .first()
            .map(|certificate| &certificate.extensions().subject_alt_names);
        names.is_some_and(|names| names.contains(host))
    }

    fn is_fresh(
        &self,
        hosts: &[SubjectAltName],
        issuing: &Certificate,
        now: OffsetDateTime,
    ) -> bool {
        let Some(certificate) = self.chain.first() else {
            return false;
        };
        let validity = certificate.validity();
        let life = validity.not_after - validity.not_before;
        certificate.is_signed_by(issuing)
            // One that a clock ahead of this one renewed may not have begun.
            && validity.not_before <= now
            && hosts.iter().all(|host| self.answers_to(host))
            // What ends with its issuer cannot be renewed into a longer life.
            && (validity.not_after - now > life / RENEWAL_PART || validity.not_after == issuing.validity().not_after)
    }
}

/// The test server's own certificate as an earlier command left it; nothing where there is none, or it has ended or was
/// revoked.
///
/// # Errors
/// Says which file cannot be read.
pub fn own_server_at_hand(
    data: &CaData,
    inventory: &Inventory,
    now: OffsetDateTime,
) -> Result<Option<OwnServer>> {
    let files = ServerFiles::of(data, &Name::parse(OWN_NAME)?);
    if !files.fullchain.is_file() || !files.key.is_file() {
        return Ok(None);
    }
    let chain = pem::read_certificates(&file::read(&files.fullchain)?)?;
    let chain = chain
        .into_iter()
        .map(Certificate::from_der)
        .collect::<Result<Vec<_>>>()?;
    let record = match chain.first() {
        Some(certificate) => inventory.find_by_fingerprint(&certificate.fingerprint())?,
        None => None,
    };
    let usable = record.is_some_and(|record| record.status(now) == Status::Valid);
    Ok(usable.then(|| OwnServer {
        chain,
        files,
        dropped: Vec::new(),
    }))
}

impl Authority {
    /// The names of the test server's own certificate where that is to be renewed now; nothing where there is none, where it
    /// is good for long, and where it was revoked: that it is not wanted any more.
    pub(super) fn own_server_is_due(
        &self,
        now: OffsetDateTime,
    ) -> Result<Option<Vec<SubjectAltName>>> {
        let name = Name::parse(OWN_NAME)?;
        let files = ServerFiles::of(self.data(), &name);
        let newest = self.inventory.newest_of(Profile::Server, &name)?;
        let Some(newest) = newest.filter(|record| !record.is_revoked(now)) else {
            return Ok(None);
        };
        if !files.fullchain.is_file() {
            return Ok(None);
        }
        let certificate = newest.certificate;
        let hosts = certificate.extensions().subject_alt_names.clone();
        let own = OwnServer {
            chain: vec![certificate],
            files,
            dropped: Vec::new(),
        };
        Ok((!own.is_fresh(&[], self.issuing(), now)).then_some(hosts))
    }

    /// The certificate of the test server itself, issued or renewed where that is due.
    ///
    /// It carries localhost, everything beneath login.localhost (a fresh place for each choice of certificate), the
    /// loopback addresses and `further` names, as far as the CA may certify them.
    ///
    /// # Errors
    /// Refuses where the CA may certify none of them.
    pub fn own_server(&self, further: &[SubjectAltName], now: OffsetDateTime) -> Result<OwnServer> {
        let usual = [
            "localhost",
            "login.localhost",
            "*.login.localhost",
            "127.0.0.1",
            "::1",
        ];
        let usual = usual
            .into_iter()
            .map(SubjectAltName::parse_host)
            .collect::<Result<Vec<_>>>()?;
        let wanted = usual.into_iter().chain(further.iter().cloned());
        let (hosts, dropped): (Vec<_>, Vec<_>) = wanted.partition(|host| self.permits(host));
        let at_hand = own_server_at_hand(self.data(), &self.inventory, now)?;
        if let Some(own) = at_hand.filter(|own| own.is_fresh(&hosts, self.issuing(), now)) {
            return Ok(OwnServer { dropped, ..own });
        }
        if hosts.is_empty() {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                "this CA may certify none of the names of a test server",
            )
            .with_hint("Give a permitted name with --host, or make a CA that permits localhost."));
        }
        let name = Name::parse(OWN_NAME)?;
        let earlier = self.inventory.newest_of(Profile::Server, &name)?;
        let holder = Holder {
            supersedes: earlier.map(|record| Superseded {
                record,
                until: None,
            }),
            ..Holder::server(&name)
        };
        let new = NewServer {
            name,
            hosts,
            validity: Validity::starting(now, OWN_LIFETIME)?,
            key_algorithm: KeyAlgorithm::P256,
        };
        let (issued, files) = self.write_server(&new, AltNames::Asked, &holder, now)?;
        let chain = self.desk().presented(&issued.record.certificate);
        Ok(OwnServer {
            chain,
            files,
            dropped,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use time::Duration;

    use super::*;
    use crate::authority::{NewAuthority, init};
    use crate::testing::NOW;

    #[test]
    fn one_that_a_clock_ahead_renewed_is_renewed_again_and_one_of_now_is_kept() -> Result<()> {
        let directory = tempfile::tempdir().unwrap();
        let data = CaData::new(directory.path().join("ca-data"));
        init(&data, &NewAuthority::for_a_test(), NOW)?;
        let authority = Authority::open(&data, || Ok(crate::secret::Secret::chosen("")))?;
        let first = |now| -> Result<Certificate> {
            let own = authority.own_server(&[], now)?;
            Ok(own.chain.into_iter().next().unwrap())
        };
        let ahead = first(NOW + Duration::days(300))?;
        assert!(ahead.validity().not_before > NOW);
        let now = first(NOW)?;
        assert!(now.validity().contains(NOW));
        assert_eq!(first(NOW + Duration::DAY)?, now);
        Ok(())
    }
}
