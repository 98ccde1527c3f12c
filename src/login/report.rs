//! What a login came to, for people and scripts.

use serde::Serialize;

use crate::inventory::Summary;
use crate::session::Session;

/// What a login came to.
///
/// Serialized it is the document of `pki login --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the server decided.
    pub verdict: Outcome,
    /// Why it refused; null where it did not say, as in an alert or from a server that is not `pki serve`.
    pub reason: Option<String>,
    /// The alert with which it refused, as IANA names it.
    pub alert: Option<String>,
    /// The server's own certificate, which leads to the root.
    pub server_certificate: Option<Summary>,
    /// The connection as seen from this end; only its hellos, when the handshake was not completed.
    pub session: Option<Session>,
    /// Whether both ends derived the same exporter value; null where the server did not tell its own.
    pub exporter_matches: Option<bool>,
    /// The server's sentence about its decision.
    #[serde(skip)]
    pub message: Option<String>,
    /// The server's sentence about what to do next.
    #[serde(skip)]
    pub hint: Option<String>,
    /// The HTTP status; none, when an alert came first.
    #[serde(skip)]
    pub status: Option<u16>,
    /// The chain that the server presented, its own certificate first.
    #[serde(skip)]
    pub server_chain: Vec<Summary>,
}

/// What the server decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It let the client in.
    Accepted,
    /// It wants a certificate and was given none.
    NoCertificate,
    /// It let the client's certificate in no further.
    Refused,
}

impl Outcome {
    /// The outcome's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NoCertificate => "no-certificate",
            Self::Refused => "refused",
        }
    }
}
