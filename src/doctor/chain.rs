//! The way from a server's certificate up to a root, as each store of this machine sees it.

use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use time::OffsetDateTime;

use super::finding::{About, Finding};
use super::known::{Authorities, Known, StandingIn};
use crate::certificate::Certificate;
use crate::session::provider;

/// To which root a chain leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// That of this CA: trusted where it is installed.
    ThisAuthority,
    /// One of the distribution's own list, which browsers know too.
    System,
    /// One that a browser of this user trusts by its own database.
    Browser,
    /// One that was added to the system's store on this machine.
    AddedToSystem,
}

impl Anchor {
    /// The word in `--json` output.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ThisAuthority => "this-authority",
            Self::System => "system",
            Self::Browser => "browser",
            Self::AddedToSystem => "added-to-system",
        }
    }
}

/// The way from a certificate to a root.
pub(super) struct Path<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) parsed: &'a ParsedCertificate<'a>,
    pub(super) above: &'a [Vec<u8>],
    pub(super) known: &'a Known,
    pub(super) moment: OffsetDateTime,
}

impl Path<'_> {
    /// The root to which the chain leads, and what is wrong with it where it leads to none, or only with what a browser has.
    pub(super) fn judge(&self) -> (Option<Anchor>, Option<Finding>) {
        if let Some(anchor) = self.anchor(self.above) {
            return (Some(anchor), None);
        }
        let mut knowing = Vec::new();
        let mut anchor = None;
        for (owner, place, authorities) in self.databases() {
            if let Some(there) = self.anchor(&[self.above, &authorities.all].concat()) {
                anchor = anchor.or(Some(there));
                knowing.push(format!("{owner} ({place})"));
            }
        }
        let found = match anchor {
            Some(_) => self.intermediate_is_known(&knowing),
            None => self.leads_nowhere(),
        };
        (anchor, Some(found))
    }

    /// Which stores lead to a root that they trust: each by its own roots, and browsers with the CAs that they have besides.
    pub(super) fn stores(&self) -> Vec<StandingIn> {
        let system = &self.known.system;
        let of_system = system.place.iter().map(|place| StandingIn {
            store: "system",
            browser: None,
            place: place.clone(),
            trusted: Some(self.is_known(&[&system.distributed, &system.added], &[])),
        });
        let of_browsers = self.known.databases.iter().map(|database| {
            let trusted = match &database.authorities {
                Some(Authorities { trusted, all }) => {
                    Some(self.is_known(&[&system.distributed, trusted], all))
                }
                // The browser's own list is there, whatever the database says.
                None => self.is_known(&[&system.distributed], &[]).then_some(true),
            };
            StandingIn {
                store: "nss",
                browser: Some(database.browser.as_str()),
                place: database.place.clone(),
                trusted,
            }
        });
        of_system.chain(of_browsers).collect()
    }

    fn is_known(&self, roots: &[&Vec<Vec<u8>>], besides: &[Vec<u8>]) -> bool {
        let roots: Vec<_> = roots.iter().copied().flatten().cloned().collect();
        self.leads_to(&roots, &[self.above, besides].concat())
            .is_ok()
    }

    fn anchor(&self, above: &[Vec<u8>]) -> Option<Anchor> {
        let system = &self.known.system;
        let of_browsers = self.databases();
        let of_browsers: Vec<_> = of_browsers
            .flat_map(|(_, _, authorities)| authorities.trusted.clone())
            .collect();
        let own_roots = self.own_roots();
        let mut roots = [
            (Anchor::ThisAuthority, &own_roots),
            (Anchor::System, &system.distributed),
            (Anchor::Browser, &of_browsers),
            (Anchor::AddedToSystem, &system.added),
        ]
        .into_iter();
        let found = roots.find(|(_, roots)| self.leads_to(roots, above).is_ok());
        found.map(|(anchor, _)| anchor)
    }

    /// The databases that could be looked into: whose and where, and the CAs in them.
    fn databases(&self) -> impl Iterator<Item = (&str, &str, &Authorities)> {
        let databases = self.known.databases.iter();
        databases.filter_map(|it| Some((&*it.owner, &*it.place, it.authorities.as_ref()?)))
    }

    /// The roots of this CA, an earlier one too, and that of a bundle.
    fn own_roots(&self) -> Vec<Vec<u8>> {
        let authorities = self.known.authorities.iter();
        let roots = authorities.filter(|it| it.is_self_issued());
        roots.map(|root| root.der().to_vec()).collect()
    }

    fn intermediate_is_known(&self, knowing: &[String]) -> Finding {
        Finding::note(
            About::ServerCertificate,
            "intermediate-missing",
            format!(
                "the server does not present the certificate of {}, which issued its own: of the browsers here it is known to {}",
                self.certificate.issuer(),
                knowing.join(", ")
            ),
            "Give the server the whole chain, fullchain.pem: a browser without that certificate shows a warning.",
        )
    }

    fn leads_to(&self, roots: &[Vec<u8>], above: &[Vec<u8>]) -> Result<(), rustls::Error> {
        let der = |octets: &Vec<u8>| CertificateDer::from(octets.clone());
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().map(der));
        let above: Vec<_> = above.iter().map(der).collect();
        let seconds = u64::try_from(self.moment.unix_timestamp()).unwrap_or_default();
        verify_server_cert_signed_by_trust_anchor(
            self.parsed,
            &store,
            &above,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            provider().signature_verification_algorithms.all,
        )
    }

    fn leads_nowhere(&self) -> Finding {
        let certificate = self.certificate;
        if certificate.is_self_issued() {
            return problem(
                "self-signed",
                "the server's certificate is signed by itself: no CA vouches for it",
                "Issue one under this CA (pki issue-server) and trust its root (pki trust install).",
            );
        }
        let here: Vec<_> = (self.known.authorities.iter())
            .map(|authority| authority.der().to_vec())
            .collect();
        if self.anchor(&[self.above, &here].concat()).is_some() {
            return problem(
                "intermediate-missing",
                format!(
                    "the server does not present the certificate of {}, which issued its own",
                    certificate.issuer()
                ),
                "Give the server the whole chain: fullchain.pem, not its own certificate alone.",
            );
        }
        let system = &self.known.system;
        let roots = [self.own_roots(), system.distributed.clone()].concat();
        match self.leads_to(&roots, self.above) {
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) | Ok(()) => {
                self.unknown_issuer()
            }
            Err(other) => problem(
                "bad-chain",
                format!("the server's certificates do not verify: {other}"),
                "Issue the server's certificate again.",
            ),
        }
    }

    fn unknown_issuer(&self) -> Finding {
        let presented: Vec<_> = (self.above.iter())
            .filter_map(|der| Certificate::from_der(der.as_slice()).ok())
            .collect();
        let mut top = self.certificate;
        while let Some(next) = presented.iter().find(|it| it.subject() == top.issuer())
            && !top.is_self_issued()
        {
            top = next;
        }
        match top.is_self_issued() {
            true => problem(
                "unknown-root",
                format!(
                    "the server's certificate leads to {}, which nobody trusts here",
                    top.subject()
                ),
                "Trust that root, if it is yours, or get a certificate from a CA that browsers know.",
            ),
            false => problem(
                "unknown-issuer",
                format!(
                    "the server's chain ends at {}, which was issued by {}: that CA is not known here, or its certificate is missing in the chain",
                    top.subject(),
                    top.issuer()
                ),
                "Give the server the whole chain, and trust its root where browsers do not know it.",
            ),
        }
    }
}

fn problem(word: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding::problem(About::ServerCertificate, word, message, hint)
}
