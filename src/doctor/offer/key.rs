//! Which keys a browser uses for a login, and for which signatures.

use super::{Browser, Reason, Request};
use crate::certificate::Certificate;
use crate::login::Version;

/// The schemes of RSASSA-PSS with a key of the type rsaEncryption, strongest last (RFC 8446 §4.2.3).
const RSA_PSS: [u16; 3] = [0x0804, 0x0805, 0x0806];
/// Those of RSASSA-PKCS1-v1_5, which TLS 1.3 has for certificates only.
const RSA_PKCS1: [u16; 4] = [0x0401, 0x0501, 0x0601, 0x0201];
/// Those of ECDSA. In TLS 1.2 none of them is bound to a curve.
const ECDSA: [u16; 4] = [0x0403, 0x0503, 0x0603, 0x0203];

/// The reason not to offer it, where its key is of a kind that no browser uses.
///
/// Of curves, browsers know those of NIST for a login; NSS imports secp256k1 and Brainpool's too.
pub(super) fn never_offered(certificate: &Certificate) -> Option<Reason> {
    let key = certificate.key_algorithm();
    match key.as_str() {
        "p256" | "p384" | "p521" => None,
        name if is_rsa(name) => None,
        "rsa-pss" | "ec" => Some(Reason::KeyTypeNeverOffered(key)),
        _ => Some(Reason::KeyTypeNotImported(key)),
    }
}

/// The reason not to send it, where the server takes no signature that its key can make.
pub(super) fn no_scheme(
    certificate: &Certificate,
    request: &Request,
    browser: Browser,
) -> Option<Reason> {
    let key = certificate.key_algorithm();
    let takes = |schemes: &[u16]| {
        let mut asked = request.signature_schemes.iter();
        asked.any(|scheme| schemes.contains(scheme))
    };
    let is_there = match (key.as_str(), request.version) {
        (name, Version::Tls13) if is_rsa(name) => takes(&RSA_PSS),
        (name, Version::Tls12) if is_rsa(name) => takes(&RSA_PSS) || takes(&RSA_PKCS1),
        ("p256", Version::Tls13) => takes(&[0x0403]),
        ("p384", Version::Tls13) => takes(&[0x0503]),
        ("p521", Version::Tls13) => takes(&[0x0603]),
        _ => takes(&ECDSA),
    };
    if is_there {
        return None;
    }
    // Firefox goes on without a certificate, unless NSS finds a scheme of the key at first and only then that TLS 1.3 forbids it.
    let is_fatal = match browser {
        Browser::Chromium => true,
        Browser::Firefox => is_rsa(&key) && takes(&RSA_PKCS1),
    };
    Some(Reason::NoSignatureScheme { key, is_fatal })
}

fn is_rsa(key: &str) -> bool {
    key.starts_with("rsa") && key != "rsa-pss"
}
