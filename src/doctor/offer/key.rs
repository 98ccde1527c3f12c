//! Which keys a browser uses for a login, and for which signatures.

use super::{Browser, Reason, Request};
use crate::certificate::Certificate;
use crate::login::Version;

/// The reason not to offer it, where its key is of a kind that the browser never uses.
pub(super) fn never_offered(certificate: &Certificate, _browser: Browser) -> Option<Reason> {
    let algorithm = certificate.key_algorithm();
    match algorithm.as_str() {
        "ed25519" | "ed448" => Some(Reason::KeyTypeNotImported(algorithm)),
        "rsa-pss" => Some(Reason::KeyTypeNeverOffered(algorithm)),
        _ => None,
    }
}

/// The reason not to offer it, where the server takes no signature that its key can make.
pub(super) fn no_scheme(certificate: &Certificate, request: &Request) -> Option<Reason> {
    let algorithm = certificate.key_algorithm();
    let schemes = schemes(&algorithm, request.version);
    let fits = request
        .signature_schemes
        .iter()
        .any(|scheme| schemes.contains(scheme));
    (!fits).then_some(Reason::NoSignatureScheme(algorithm))
}

/// The signature schemes of a kind of key (RFC 8446 §4.2.3). In TLS 1.2 ECDSA is not bound to a curve, and RSA signs by PKCS #1 too.
fn schemes(algorithm: &str, version: Version) -> &'static [u16] {
    const RSA_PSS: [u16; 3] = [0x0804, 0x0805, 0x0806];
    const RSA: [u16; 7] = [0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201];
    const ECDSA: [u16; 4] = [0x0403, 0x0503, 0x0603, 0x0203];
    match (algorithm, version) {
        (name, Version::Tls13) if name.starts_with("rsa-") => &RSA_PSS,
        (name, Version::Tls12) if name.starts_with("rsa-") => &RSA,
        ("p256", Version::Tls13) => &[0x0403],
        ("p384", Version::Tls13) => &[0x0503],
        ("p521", Version::Tls13) => &[0x0603],
        ("p256" | "p384" | "p521", Version::Tls12) => &ECDSA,
        _ => &[],
    }
}
