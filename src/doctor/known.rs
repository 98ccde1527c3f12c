//! What this machine knows of certificate authorities, and which of its stores trusts a server.

use serde::Serialize;

use super::finding::{About, Finding};
use super::offer::Browser;
use crate::certificate::Certificate;

/// What this machine knows of certificate authorities.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The root of this CA, where there is one.
    pub root: Option<Certificate>,
    /// The certificates of all CAs known here, roots and issuing ones.
    pub authorities: Vec<Certificate>,
    /// What the system trusts.
    pub system: SystemRoots,
    /// The databases of this user's browsers, those too that a browser here would make.
    pub databases: Vec<Database>,
}

/// The roots that the system trusts, each in DER.
#[derive(Debug, Clone, Default)]
pub struct SystemRoots {
    /// Where they lie; nothing where that is not known of this system.
    pub place: Option<String>,
    /// Those of the distribution's own list, which is Mozilla's.
    pub distributed: Vec<Vec<u8>>,
    /// Those that were added on this machine.
    pub added: Vec<Vec<u8>>,
}

/// The database of a browser, as far as servers are judged by it.
#[derive(Debug, Clone)]
pub struct Database {
    /// Whose it is, for people: `Firefox (snap)`.
    pub owner: String,
    /// How the browser judges.
    pub browser: Browser,
    /// Its directory.
    pub place: String,
    /// The CAs in it; nothing where it could not be looked into.
    pub authorities: Option<Authorities>,
}

/// The certificates of CAs in a browser's database, each in DER.
#[derive(Debug, Clone, Default)]
pub struct Authorities {
    /// Those that are trusted for servers.
    pub trusted: Vec<Vec<u8>>,
    /// All of them.
    pub all: Vec<Vec<u8>>,
}

/// Whether a trust store leads from the server's certificate to a root that it trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingIn {
    /// `system` or `nss`.
    pub store: &'static str,
    /// `chromium` or `firefox`; nothing for the system's.
    pub browser: Option<&'static str>,
    /// Where it lies.
    pub place: String,
    /// Whether it trusts the server's issuer; nothing where it could not be looked into.
    pub trusted: Option<bool>,
}

impl Known {
    /// The databases that could not be looked into.
    pub(super) fn unread(&self) -> impl Iterator<Item = &Database> {
        let databases = self.databases.iter();
        databases.filter(|database| database.authorities.is_none())
    }

    /// Which databases of browsers could not be looked into.
    pub(super) fn not_read(&self) -> Option<Finding> {
        let unread: Vec<_> = self
            .unread()
            .map(|it| format!("{} ({})", it.owner, it.place))
            .collect();
        (!unread.is_empty()).then(|| {
        Finding::note(
            About::Candidates,
            "database-not-read",
            format!("could not be looked into: {}", unread.join(", ")),
            "What lies there, and whom that browser trusts, is unknown: it takes NSS's certutil, and that the database can be read.",
        )
    })
    }
}
