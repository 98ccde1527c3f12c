//! The CAs of a throw-away hierarchy: which there are, and how they are made.

use crate::certificate::{Certificate, KeyUsage, Subject};
use crate::crl::{self, Entries, NewCrl};
use crate::error::Result;
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::name::{NameConstraints, SubjectAltName};
use crate::probe::forge::{self, Extension, Key, KeyKind, SignatureAlgorithm};
use crate::profile::key_identifier;
use crate::serial::SerialNumber;
use crate::validity::Validity;

use super::names;

/// A CA that issues to end entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::probe) enum Rank {
    /// As a CA of this program is: one beneath the root, with pathLenConstraint 0.
    Issuing,
    /// The same, and its name constraints bind every kind of name.
    Constrained,
    /// One deeper: the CA between it and the root is allowed another beneath it.
    Deeper,
    /// One too deep: it lies beneath `Issuing`, which allows no other beneath it.
    Beneath,
    /// Beneath the other root, which the system trusts and the site does not.
    System,
}

/// What is to be made: its word, whose certificate stands above it, and what sets it apart.
struct Plan {
    word: &'static str,
    title: &'static str,
    above: Option<&'static str>,
    path_length: Option<u8>,
    constrained: bool,
    for_clients_only: bool,
}

/// The CAs, each behind the one above it.
///
/// ```text
/// root ── issuing (pathLen 0) ── beneath (pathLen 0)
///      ├─ constrained (pathLen 0, permitted names)
///      └─ open ── deeper (pathLen 0)
/// system ── system-issuing (pathLen 0), both for clients only: a whole system trusts them, and one of the keys is in a file
/// ```
const PLANS: [Plan; 8] = [
    plan("root", "root", None, None),
    plan("issuing", "issuing CA", Some("root"), Some(0)),
    Plan {
        constrained: true,
        ..plan(
            "constrained",
            "constrained issuing CA",
            Some("root"),
            Some(0),
        )
    },
    plan("open", "open CA", Some("root"), None),
    plan("deeper", "deeper CA", Some("open"), Some(0)),
    plan("beneath", "CA too deep", Some("issuing"), Some(0)),
    Plan {
        for_clients_only: true,
        ..plan("system", "system root", None, None)
    },
    Plan {
        for_clients_only: true,
        ..plan(
            "system-issuing",
            "system issuing CA",
            Some("system"),
            Some(0),
        )
    },
];

const fn plan(
    word: &'static str,
    title: &'static str,
    above: Option<&'static str>,
    path_length: Option<u8>,
) -> Plan {
    Plan {
        word,
        title,
        above,
        path_length,
        constrained: false,
        for_clients_only: false,
    }
}

impl Rank {
    pub(super) const ALL: [Self; 5] = [
        Self::Issuing,
        Self::Constrained,
        Self::Deeper,
        Self::Beneath,
        Self::System,
    ];

    /// The name of its file.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Issuing => "issuing",
            Self::Constrained => "constrained",
            Self::Deeper => "deeper",
            Self::Beneath => "beneath",
            Self::System => "system-issuing",
        }
    }
}

/// A CA with its key.
pub(super) struct Made {
    word: &'static str,
    above: Option<&'static str>,
    pub(super) certificate: Certificate,
    pub(super) key: Key,
}

/// All CAs, each behind the one above it.
pub(super) struct Hierarchy(Vec<Made>);

impl Hierarchy {
    /// Makes the CAs; the constrained one permits, besides names of its own, those of whom the probe will pretend to be.
    pub(super) fn make(validity: Validity, bearer: &[SubjectAltName]) -> Result<Self> {
        let constraints = names::permitting(bearer);
        // Two such hierarchies may stand in one file, and programs look an issuer up by its name.
        let drawn: String = SerialNumber::draw()?.to_string().chars().take(6).collect();
        let mut made: Vec<Made> = Vec::with_capacity(PLANS.len());
        for plan in &PLANS {
            let above = plan
                .above
                .and_then(|word| made.iter().find(|known| known.word == word));
            let next = sign(plan, above, &drawn, validity, &constraints)?;
            made.push(next);
        }
        Ok(Self(made))
    }

    pub(super) fn find(&self, word: &str) -> Option<&Made> {
        self.0.iter().find(|known| known.word == word)
    }

    /// A CA and those above it but the root.
    pub(super) fn chain(&self, word: &str) -> Vec<&Certificate> {
        let mut next = self.find(word);
        let mut chain = Vec::new();
        while let Some(made) = next {
            next = made.above.and_then(|word| self.find(word));
            if next.is_some() {
                chain.push(&made.certificate);
            }
        }
        chain
    }

    /// An empty CRL of every CA, good for as long as they are.
    pub(super) fn certificate_lists(&self) -> Result<Vec<Vec<u8>>> {
        let sign = |made: &Made| {
            let validity = made.certificate.validity();
            let key = PrivateKey::from_pkcs8(&made.key.pkcs8())?;
            let issuer = Issuer::new(made.certificate.clone(), key)?;
            let new = NewCrl {
                crl_number: 1,
                this_update: validity.not_before,
                next_update: validity.not_after,
            };
            let list = crl::sign(&issuer, &new, Entries::default())?;
            Ok(list.der().to_vec())
        };
        self.0.iter().map(sign).collect()
    }
}

/// Signs one CA: its extensions are those of a CA of this program, in their order, but for where to ask about it.
fn sign(
    plan: &Plan,
    above: Option<&Made>,
    drawn: &str,
    validity: Validity,
    constraints: &NameConstraints,
) -> Result<Made> {
    let key = Key::generate(KeyKind::P256)?;
    let subject = Subject {
        common_name: format!("pki probe {} {drawn} (throw-away)", plan.title),
        organization: None,
    };
    let subject = subject.to_der();
    let identifier = key_identifier(&key.public_key())?;
    let mut extensions = Vec::new();
    if let Some(above) = above {
        let identifier = key_identifier(&above.key.public_key())?;
        extensions.push(Extension::authority_key_identifier(&identifier));
    }
    let usage = KeyUsage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN);
    extensions.push(Extension::key_usage(usage));
    if plan.for_clients_only {
        extensions.push(Extension::for_clients_only());
    }
    if plan.constrained {
        extensions.push(Extension::name_constraints(constraints));
    }
    extensions.push(Extension::subject_key_identifier(&identifier));
    extensions.push(Extension::of_authority(plan.path_length));
    let issuer = above.map(|above| above.certificate.subject().der().to_vec());
    let tbs = forge::Tbs::new(
        issuer.unwrap_or_else(|| subject.clone()),
        subject,
        validity,
        key.public_key(),
        extensions,
    )?;
    let signer = above.map_or(&key, |above| &above.key);
    let signed = tbs.sign(signer, SignatureAlgorithm::of_authority(signer.kind()))?;
    Ok(Made {
        word: plan.word,
        above: plan.above,
        certificate: Certificate::from_der(signed.der())?,
        key,
    })
}
