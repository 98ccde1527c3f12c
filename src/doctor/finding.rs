//! One thing that was found: a word, a sentence, and what mends it.

use serde::Serialize;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its word, which does not change: `wrong-name`.
    pub finding: &'static str,
    /// What it is about.
    pub about: About,
    /// Whether a login would not work for it.
    pub prevents_login: bool,
    /// What was found, as one sentence.
    pub message: String,
    /// What mends it, or what to know about it.
    pub hint: String,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Whether the server can be spoken to at all.
    Connection,
    /// The server's own certificate.
    ServerCertificate,
    /// Whether, when and for what the server asks.
    Request,
    /// The certificates that a browser has.
    Candidates,
    /// What came of a login.
    Login,
}

impl Finding {
    /// Something for which a login would not work.
    pub fn problem(
        about: About,
        finding: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            finding,
            about,
            prevents_login: true,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Something to know, with which a login works.
    pub fn note(
        about: About,
        finding: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            prevents_login: false,
            ..Self::problem(about, finding, message, hint)
        }
    }
}
