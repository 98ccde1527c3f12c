//! A certificate that is shown, and a CertificateVerify that does not prove it (RFC 8446 §4.4.3, RFC 5246 §7.4.8).

use std::sync::Arc;

use super::super::case::Proof;
use super::super::forge::Key;
use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::super::told::Told;
use super::prover::Prover;
use super::{Attempt, Place, identity, unreached};
use crate::login::Version;
use crate::login::visit::{Returning, Visitor};
use crate::session::signature_scheme;

/// Shows a good certificate without a good proof, in each version that the server speaks: whoever checks the one need not check
/// the other.
pub async fn sign(place: &Place, shown: &Presented, proof: Proof, let_in: &LetIn) -> Attempt {
    let key = match proof {
        Proof::OtherKey => match Key::generate(shown.key.kind()) {
            Ok(other) => Arc::new(other),
            Err(cause) => return unreached(&cause),
        },
        Proof::OtherTranscript | Proof::SchemeNotOffered => shown.key.clone(),
    };
    let mut attempts = Vec::new();
    for version in [Version::Tls13, Version::Tls12] {
        let prover = Prover::failing(key.clone(), proof);
        attempts.push(in_version(place, shown, prover, proof, version, let_in).await);
    }
    Attempt::of_all(attempts)
}

async fn in_version(
    place: &Place,
    shown: &Presented,
    prover: Prover,
    proof: Proof,
    version: Version,
    let_in: &LetIn,
) -> Attempt {
    let visitor = Visitor {
        identity: Some(identity(shown, prover.clone())),
        version: Some(version),
    };
    let client = match Returning::forgetful(&visitor) {
        Ok(client) => client,
        Err(cause) => return unreached(&cause),
    };
    let visit = match client.visit(&place.url, &place.question()).await {
        Ok(visit) => visit,
        Err(cause) => return unreached(&cause),
    };
    let attempt = place.judge(&visit, &visitor, let_in);
    let name = version.as_str();
    match (prover.signed(), &visit.request) {
        (Some(scheme), _) => {
            let scheme = signature_scheme(scheme.into());
            let how = attempt.told.how().to_owned();
            attempt.noting(format!("In {name}, signed with {scheme}: {how}."))
        }
        (None, Some(_)) if proof == Proof::SchemeNotOffered && !visit.presented => {
            let why = format!("{name}, the server offers every scheme that the key can sign with");
            Attempt {
                told: Told::NotDone(format!("in {why}")),
                ..attempt.noting(format!("In {why}."))
            }
        }
        // It was not even asked to prove anything, and whether it is let in says nothing of proofs.
        (None, None) if attempt.told.is_let_in() => Attempt {
            told: Told::CouldNotTell(format!("in {name} the server asked for no certificate")),
            ..attempt
        },
        (None, _) => attempt,
    }
}
