//! The header fields in which applications look for a client's certificate, and which no client may send past a proxy.

/// Beginnings of names. A proxy that can remove fields by the beginning of their names removes these.
pub(super) const BEGINNINGS: [&str; 7] = [
    "X-SSL-",
    "SSL-",
    "X-Client-",
    "Client-Cert",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "Pki-",
];

/// Whole names, for a proxy that knows no beginnings: what is in use under [`BEGINNINGS`], without what the proxy sets itself.
pub(super) const NAMES: [&str; 34] = [
    // RFC 9440.
    "Client-Cert",
    "Client-Cert-Chain",
    // Envoy and its service meshes.
    "X-Forwarded-Client-Cert",
    // Traefik.
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Forwarded-Tls-Client-Cert-Infos",
    // What the manuals of nginx, Apache and HAProxy, and the applications behind them, call them.
    "X-SSL-Client-Chain",
    "X-SSL-Client-CN",
    "X-SSL-Client-DN",
    "X-SSL-Client-Email",
    "X-SSL-Client-Fingerprint",
    "X-SSL-Client-I-DN",
    "X-SSL-Client-Issuer",
    "X-SSL-Client-Not-After",
    "X-SSL-Client-Not-Before",
    "X-SSL-Client-SAN",
    "X-SSL-Client-SHA1",
    "X-SSL-Client-Subject",
    "X-SSL-Issuer",
    "X-SSL-Cert",
    "X-SSL-Subject",
    "SSL-Client-Cert",
    "SSL-Client-I-DN",
    "SSL-Client-S-DN",
    "SSL-Client-Verify",
    "X-Client-Cert",
    "X-Client-CN",
    "X-Client-DN",
    "X-Client-Verify",
    // Ours.
    "Pki-Name",
    "Pki-Device",
    "Pki-Serial-Number",
    "Pki-Fingerprint-Sha256",
    "Pki-Verify-Secret",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_one_of_the_beginnings() {
        for name in NAMES {
            assert!(
                BEGINNINGS
                    .iter()
                    .any(|beginning| name.starts_with(beginning)),
                "{name}"
            );
        }
    }
}
