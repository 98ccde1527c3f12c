//! The certificates that a browser chooses from.

use std::path::PathBuf;

use super::Browser;
use crate::certificate::{Certificate, object_identifier};

/// A client certificate that a browser has, or would have once it is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The certificate.
    pub certificate: Certificate,
    /// The CA certificates that lie beside it in the same bundle or database, in any order.
    pub chain: Vec<Certificate>,
    /// CA certificates that the browser does not have, but whoever asks knows: they tell a missing certificate of a CA from a CA
    /// that the server does not know.
    pub elsewhere: Vec<Certificate>,
    /// Whether its private key is there.
    pub has_key: bool,
    /// Where it lies.
    pub place: Place,
}

/// Where a candidate lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the inventory of this CA: judged as if its bundle were imported.
    Inventory,
    /// In a bundle, judged as if it were imported.
    Bundle(PathBuf),
    /// In the NSS database of a browser.
    Database {
        /// How the browser chooses; nothing where it is not known whose the database is.
        browser: Option<Browser>,
        /// Whose it is, for people: `Firefox (snap)`.
        owner: String,
        /// The directory with `cert9.db`.
        directory: PathBuf,
        /// In which order its candidates are told.
        order: Order,
    },
}

/// In which order the candidates of one database are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In that in which their private keys were imported.
    OfImport,
    /// In none that means anything.
    Unknown,
}

impl Candidate {
    /// The candidates among the certificates of one database, in their order: those whose private key is there too, and those for
    /// clients whose key is missing. `held` tells of each whether its key is there.
    pub fn of_database(
        held: &[(Certificate, bool)],
        elsewhere: &[Certificate],
        place: &Place,
    ) -> Vec<Self> {
        let certificates = held.iter().map(|(certificate, _)| certificate);
        let chain: Vec<_> = certificates.filter(|it| is_authority(it)).collect();
        let candidates = held
            .iter()
            .filter(|(certificate, has_key)| *has_key || is_for_clients(certificate));
        candidates
            .map(|(certificate, has_key)| Self {
                certificate: certificate.clone(),
                chain: chain.iter().copied().cloned().collect(),
                elsewhere: elsewhere.to_vec(),
                has_key: *has_key,
                place: place.clone(),
            })
            .collect()
    }

    /// The browsers that may offer it: the one in whose database it lies, and both for what is not imported yet.
    pub fn browsers(&self) -> &'static [Browser] {
        match self.place {
            Place::Database {
                browser: Some(Browser::Chromium),
                ..
            } => &[Browser::Chromium],
            Place::Database {
                browser: Some(Browser::Firefox),
                ..
            } => &[Browser::Firefox],
            _ => &Browser::ALL,
        }
    }
}

/// Says whether it may stand above another one: a CA's, or one of before X.509 version 3, which does not say.
pub fn is_authority(certificate: &Certificate) -> bool {
    match certificate.extensions().basic_constraints {
        Some(constraints) => constraints.ca,
        None => certificate.is_self_issued(),
    }
}

/// Says whether somebody who imported it alone meant to log in with it.
fn is_for_clients(certificate: &Certificate) -> bool {
    let purposes = &certificate.extensions().extended_key_usage;
    !is_authority(certificate)
        && purposes
            .iter()
            .any(|purpose| purpose == object_identifier::CLIENT_AUTH)
}
