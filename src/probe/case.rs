//! One case: what is shown to a server, in which way, and what must come of it.

use super::cases;
use super::kit::{Issue, Workshop};
use super::presented::Presented;
use super::remedy::Matter;
use crate::error::Result;
use crate::inventory::ReasonCode;
use crate::login::Version;

/// A case. It differs from its baseline, which is let in, in exactly one property.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it is about.
    pub matter: Matter,
    /// The one property that differs, as a sentence.
    pub says: &'static str,
    /// Where it is written what must happen, such as `RFC 5280 §6.1.3 (a) (2)`.
    pub section: &'static str,
    /// What must happen.
    pub must: Must,
    /// What it differs from.
    pub baseline: Baseline,
    /// Which certificate is shown.
    pub presents: Presents,
    /// In which way.
    pub act: Act,
}

/// What a server must do with what a case shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// Keep it out, in the handshake or by an HTTP status.
    Refuse,
    /// Let it in.
    Accept,
    /// Either answer is right.
    Either,
}

/// The certificate that a server must have let in before a case can tell anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// A client certificate of the CA: `plain`.
    Plain,
    /// One of the throw-away CA: `anchor-plain`.
    Anchor,
    /// One beneath a throw-away CA with name constraints: `constrained-plain`.
    Constrained,
}

/// Which certificate a case shows, and who makes it.
#[derive(Clone, Copy)]
pub enum Presents {
    /// The plain one, as it is.
    Plain,
    /// One that the CA signs for this case alone: as the plain one, but for what is changed here.
    Issued(fn(&mut Issue<'_>) -> Result<()>),
    /// The plain one, bent after it was signed.
    Bent(fn(&mut Presented) -> Result<()>),
    /// One that is made without any key of the CA.
    Forged(fn(&Workshop<'_>) -> Result<Presented>),
    /// One that is made without any key of the CA, from one that the CA signs for this case.
    Misused(
        fn(&mut Issue<'_>) -> Result<()>,
        fn(&Presented, &Workshop<'_>) -> Result<Presented>,
    ),
}

/// In which way the certificate is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A handshake and a GET; in this version of TLS, or in whichever both speak.
    Visit(Option<Version>),
    /// The same without a certificate.
    WithoutCertificate,
    /// The certificate is shown, and CertificateVerify does not prove it.
    Sign(Proof),
    /// A session is opened, and resumed later.
    Resume {
        /// In which version of TLS.
        version: Version,
        /// Whether the certificate is revoked in between.
        after_revocation: bool,
    },
    /// A connection is opened in TLS 1.2, the certificate is revoked, and the connection negotiated anew.
    Renegotiate,
    /// The certificate is revoked, the server learns of it, and then comes the visit.
    AfterRevocation(ReasonCode),
    /// No certificate, but headers that say there was one.
    Headers(Spelling),
    /// Two hundred visits at once.
    Crowd,
}

/// What is wrong with a CertificateVerify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Another key signed.
    OtherKey,
    /// The right key signed another transcript.
    OtherTranscript,
    /// The right key signed, with a scheme that the server did not offer.
    SchemeNotOffered,
}

/// In which spelling headers claim that a proxy has verified a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `X-SSL-Client-*`, as nginx, Apache and HAProxy are told to write them.
    XSslClient,
    /// `Client-Cert` and `Client-Cert-Chain` (RFC 9440).
    ClientCert,
    /// `X-Forwarded-Client-Cert`, as Envoy writes it.
    XForwardedClientCert,
    /// The same with underscores for hyphens, which CGI and WSGI take for them.
    Underscores,
}

impl Case {
    /// Says whether the case is for the throw-away CA, which the server must have been told to trust.
    pub fn needs_anchor(&self) -> bool {
        self.baseline != Baseline::Plain
    }
}

impl Must {
    /// Its word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Accept => "accept",
            Self::Either => "either",
        }
    }
}

impl Baseline {
    /// The name of the case that is the baseline.
    pub fn case(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Anchor => "anchor-plain",
            Self::Constrained => "constrained-plain",
        }
    }
}

impl std::fmt::Debug for Presents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Issued(_) => "Issued",
            Self::Bent(_) => "Bent",
            Self::Forged(_) => "Forged",
            Self::Misused(..) => "Misused",
        })
    }
}

/// Every case.
pub fn all() -> impl Iterator<Item = &'static Case> {
    cases::MATTERS.iter().copied().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_in_kebab_case_and_one_of_a_kind() {
        let names: BTreeSet<_> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), all().count());
        for name in names {
            let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
            assert!(
                name.split('-')
                    .all(|word| !word.is_empty() && word.chars().all(plain)),
                "{name}"
            );
        }
    }

    #[test]
    fn every_case_says_in_a_sentence_what_differs_and_where_it_is_written() {
        for case in all() {
            assert!(case.says.ends_with('.'), "{}", case.name);
            assert!(
                case.section.starts_with("RFC ") && case.section.contains('§'),
                "{}",
                case.name
            );
        }
    }

    #[test]
    fn every_baseline_is_a_case_that_is_let_in() {
        for baseline in [Baseline::Plain, Baseline::Anchor, Baseline::Constrained] {
            let mut found = all().filter(|case| case.name == baseline.case());
            let found = found.next().map(|case| (case.must, case.baseline));
            assert_eq!(found, Some((Must::Accept, baseline)));
        }
    }
}
