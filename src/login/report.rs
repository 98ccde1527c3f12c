//! What a login came to, for people and scripts.

use serde::{Serialize, Serializer};

use super::status::Meaning;
use crate::inventory::Summary;
use crate::session::{Handshake, Session};

/// What a login came to.
///
/// Serialized it is the document of `pki login --json`, where the handshake stands beside the session that it is part of.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the server decided.
    pub verdict: Outcome,
    /// Whether its answer says nothing of a certificate, since something else failed; the document has no word for that.
    pub failed: bool,
    /// Whether a certificate was proven, in this connection or in the one that it resumes.
    pub proven: bool,
    /// Why it refused, in the word of `pki serve`; null where it did not say, as in an alert or from most other servers.
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
    pub message: Option<String>,
    /// The server's sentence about what to do next.
    pub hint: Option<String>,
    /// The HTTP status; none, when an alert came first.
    pub status: Option<u16>,
    /// What that status means, where the server gave no sentence of its own and did not let the client in.
    pub meaning: Option<Meaning>,
    /// The chain that the server presented, its own certificate first.
    pub server_chain: Vec<Summary>,
}

/// The document of a report.
#[derive(Serialize)]
struct Document<'a> {
    verdict: Outcome,
    reason: Option<&'a str>,
    alert: Option<&'a str>,
    server_certificate: Option<&'a Summary>,
    session: Option<&'a Session>,
    exporter_matches: Option<bool>,
    handshake: Option<&'a Handshake>,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = Document {
            verdict: self.verdict,
            reason: self.reason.as_deref(),
            alert: self.alert.as_deref(),
            server_certificate: self.server_certificate.as_ref(),
            session: self.session.as_ref(),
            exporter_matches: self.exporter_matches,
            handshake: self.session.as_ref().map(|session| &session.handshake),
        };
        document.serialize(serializer)
    }
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
