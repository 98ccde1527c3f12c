//! What was found out about a server, before anybody judges it.

use crate::certificate::Certificate;
use crate::login::visit::{End, Visit};
use crate::login::{Url, Version, status};

pub(super) use super::known::Known;
use super::request::CertificateRequest;

/// What was found out about a server.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where it was looked for.
    pub url: Url,
    /// A visit without a certificate in each version, TLS 1.2 first.
    pub without: Vec<(Version, Visit)>,
    /// A visit with one in each version that the server speaks; none where no certificate was given.
    pub with: Vec<(Version, Visit)>,
    /// The certificate that was presented in these.
    pub presented: Option<Certificate>,
    /// The issuers of that certificate and of those sent beside it, each in DER.
    pub presented_issuers: Vec<Vec<u8>>,
    /// Whether the server asks later, in each version that it speaks and in which it does not ask at first.
    pub later: Vec<(Version, Later)>,
    /// The application protocol that it chooses of those that browsers offer; nothing where it chooses none.
    pub application_protocol: Option<String>,
    /// Whether it answers HTTP without TLS on this port.
    pub plain_http: bool,
}

/// Whether a server asks for a certificate after the first handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Later {
    /// It does: by renegotiation in TLS 1.2, after the handshake in TLS 1.3.
    Asked(CertificateRequest),
    /// It does not.
    NotAsked,
    /// That was not found out, for this reason.
    Unchecked(String),
}

/// Whether, and when, a server asks for a client certificate in one version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// In the first handshake, and without one there is no answer but a refusal by the server itself.
    Required,
    /// In the first handshake, and it goes on without one.
    Optional,
    /// Later, by a second handshake on the same connection (RFC 5746).
    Renegotiation,
    /// Later, after the handshake (RFC 8446 §4.6.2).
    PostHandshake,
    /// Never.
    Never,
    /// Not in the first handshake; whether later was not found out.
    Unchecked,
}

impl Asked {
    /// The word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Renegotiation => "renegotiation",
            Self::PostHandshake => "post-handshake",
            Self::Never => "never",
            Self::Unchecked => "unchecked",
        }
    }

    /// Says whether it is in the first handshake.
    pub fn is_at_first(self) -> bool {
        matches!(self, Self::Required | Self::Optional)
    }
}

impl Facts {
    /// The versions that the server speaks, TLS 1.2 first.
    pub fn spoken(&self) -> impl Iterator<Item = Version> {
        let spoken = self.without.iter().filter(|(_, visit)| visit.is_spoken());
        spoken.map(|(version, _)| *version)
    }

    /// The version in which a browser would speak to it: the newest that both know.
    pub fn of_browsers(&self) -> Option<Version> {
        self.spoken().last()
    }

    /// The visit without a certificate in a version.
    pub fn visit_without(&self, version: Version) -> Option<&Visit> {
        of(&self.without, version)
    }

    /// The visit with the certificate in a version.
    pub fn visit_with(&self, version: Version) -> Option<&Visit> {
        of(&self.with, version)
    }

    /// Whether the server asks for a certificate in a version that it speaks.
    pub fn asked(&self, version: Version) -> Option<Asked> {
        let visit = self.visit_without(version).filter(|it| it.is_spoken())?;
        if visit.request.is_some() {
            let with = self.visit_with(version).filter(|with| with.presented);
            return Some(match requires(visit, with) {
                true => Asked::Required,
                false => Asked::Optional,
            });
        }
        Some(match (of(&self.later, version), version) {
            (Some(Later::Asked(_)), Version::Tls12) => Asked::Renegotiation,
            (Some(Later::Asked(_)), Version::Tls13) => Asked::PostHandshake,
            (Some(Later::NotAsked), _) => Asked::Never,
            (Some(Later::Unchecked(_)) | None, _) => Asked::Unchecked,
        })
    }

    /// What the server asks for in a version, at first or later.
    pub fn request(&self, version: Version) -> Option<CertificateRequest> {
        let visit = self.visit_without(version)?;
        if let Some(request) = &visit.request {
            return Some(request.clone());
        }
        match of(&self.later, version)? {
            Later::Asked(request) => Some(request.clone()),
            Later::NotAsked | Later::Unchecked(_) => None,
        }
    }

    /// The certificates that the server presents, its own first.
    pub fn server_chain(&self) -> &[Vec<u8>] {
        let visit = self.of_browsers().and_then(|it| self.visit_without(it));
        visit.map_or(&[], |visit| visit.server_chain.as_slice())
    }
}

/// Whether what came without a certificate is the server's word that it requires one. Where an application says so, by 401 or
/// 403, another path may be open.
fn requires(without: &Visit, with: Option<&Visit>) -> bool {
    match &without.end {
        End::Answered(answer) => status::wants_certificate(answer),
        End::Alert(alert) => status::is_about_certificates(alert),
        // One that closes on everybody does not do it for want of a certificate.
        End::Closed(_) => !with.is_some_and(|with| matches!(with.end, End::Closed(_))),
        // Whoever is slow has not refused, and what this end could not read or send is no word of the server's.
        End::NotTls | End::Silent | End::Broken(_) => false,
    }
}

fn of<T>(list: &[(Version, T)], version: Version) -> Option<&T> {
    let found = list.iter().find(|(of, _)| *of == version);
    found.map(|(_, it)| it)
}
