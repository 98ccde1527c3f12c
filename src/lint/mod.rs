//! Rules on a certificate, one a file: what RFC 5280 and its kin demand, asked before the key signs (docs/lint.md).
//!
//! A rule is a name, a sentence, its source and a pure function from a [`View`] to what it has to say. No clock, no disk,
//! no signature is verified.

mod rules;
mod value;
mod view;
mod word;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::fmt;

pub use rules::RULES;
pub use view::View;

use crate::certificate::Certificate;
use crate::error::Result;
use crate::profile::Profile;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, in kebab-case: that of its file.
    pub name: &'static str,
    /// What it demands, in one sentence.
    pub demand: &'static str,
    /// Where that is written.
    pub source: &'static str,
    /// Which certificates it concerns.
    pub concerns: Concerns,
    /// What it means that a certificate breaks it.
    pub severity: Severity,
    /// What there is to say of a certificate that it concerns: nothing where it keeps the rule.
    check: fn(&View<'_>) -> Vec<String>,
}

/// What it means that a certificate breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A MUST is broken, or somebody who relies on the certificate will refuse it: it is not signed here.
    Error,
    /// A SHOULD is broken, or it will be of less use.
    Warning,
}

/// Which certificates a rule concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerns {
    /// All.
    Every,
    /// CAs.
    Authority,
    /// All that are no CA.
    EndEntity,
    /// Servers.
    Server,
    /// Either end of a TLS connection.
    ServerOrClient,
    /// Delegated OCSP responders.
    OcspResponder,
}

/// What is known of a certificate besides its octets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// What it is issued for; where that is not known, its own extensions say.
    pub profile: Option<Profile>,
    /// The certificate of the CA that issued it.
    pub issuer: Option<&'a Certificate>,
}

/// What a rule has to say of a certificate.
#[derive(Debug)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: &'static Rule,
    /// In what way, in one sentence without a full stop.
    pub message: String,
}

/// Asks every rule about a certificate in DER, and returns what they say in the rules' order.
///
/// # Errors
/// Refuses what cannot be taken apart as a certificate.
pub fn lint(der: &[u8], context: Context<'_>) -> Result<Vec<Finding>> {
    let view = View::of(der, context)?;
    let findings = RULES.iter().flat_map(|rule| {
        let said = rule.asked_of(&view).into_iter();
        said.map(|message| Finding { rule, message })
    });
    Ok(findings.collect())
}

impl Rule {
    fn asked_of(&self, view: &View<'_>) -> Vec<String> {
        match view.is_concerned(self.concerns) {
            true => (self.check)(view),
            false => Vec::new(),
        }
    }
}

impl Severity {
    /// The severity's stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Concerns {
    /// The stable word for those whom a rule concerns.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Every => "every",
            Self::Authority => "ca",
            Self::EndEntity => "end-entity",
            Self::Server => "server",
            Self::ServerOrClient => "server-or-client",
            Self::OcspResponder => "ocsp-responder",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Concerns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
