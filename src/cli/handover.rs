//! How what was written is told, to people and to scripts.

use std::path::Path;

use serde_json::{Value, json};

use super::report::Report;
use super::secrets;
use crate::authority::{Handover, Issued};
use crate::bundle::Platform;
use crate::key::KeyAlgorithm;
use crate::name::Quoted;
use crate::secret::{Secret, Strength};
use crate::validity::format_instant;

/// A path as text; octets that are no UTF-8 are replaced.
pub(super) fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Warns of a certificate that ends earlier than was asked.
pub(super) fn warn_if_shortened(report: Report, issued: &Issued) {
    if issued.shortened {
        report.warn(&format!(
            "it ends on {} because the issuing CA does; pki rotate-issuing makes the next one",
            format_instant(issued.record.certificate.validity().not_after)
        ));
    }
}

/// Warns of a name that keeps its holder out of servers that verify with OpenSSL (docs/verdicts.md).
pub(super) fn warn_if_taken_for_a_host(report: Report, issued: &Issued) {
    if issued.taken_for_a_host {
        report.warn(&format!(
            "OpenSSL, and with it nginx, Apache and HAProxy, takes {} for a host outside of what this CA may certify, and refuses it; a name without a dot is let in",
            Quoted(&issued.record.reference())
        ));
    }
}

/// Warns of a key that no browser takes.
pub(super) fn warn_of_ed25519(report: Report, algorithm: KeyAlgorithm) {
    if algorithm == KeyAlgorithm::Ed25519 {
        report.warn("no browser imports an Ed25519 key; programs built on OpenSSL or Java do");
    }
}

/// Warns of a password that some importers refuse, where no platform was named that refuses it.
pub(super) fn warn_of_password(report: Report, platform: Platform, password: &Secret) {
    if password.expose().is_empty() {
        report.warn(secrets::EMPTY_PASSWORD);
    } else if platform == Platform::Any && !password.expose().is_ascii() {
        report.warn("the bundle's password has characters outside ASCII: Java refuses the bundle");
    }
}

/// The object `bundle`; its password is told only where it was drawn here.
pub(super) fn bundle(handover: &Handover, platform: Platform) -> Value {
    json!({
        "path": path(&handover.path),
        "password": generated_password(handover),
        "platform": platform.as_str(),
        "iterations": handover.iterations,
    })
}

/// The password, where it was drawn here and nobody knows it yet.
pub(super) fn generated_password(handover: &Handover) -> Option<&str> {
    (handover.password.strength() == Strength::Generated).then(|| handover.password.expose())
}
