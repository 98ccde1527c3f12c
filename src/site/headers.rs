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
pub(super) const NAMES: [&str; 35] = [
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
    "Pki-Subject",
    "Pki-Verify-Secret",
];

/// What our configurations set themselves, so that applications can rely on it.
pub(super) const OWN: [&str; 4] = [
    "X-SSL-Client-Verify",
    "X-SSL-Client-S-DN",
    "X-SSL-Client-Serial",
    "X-SSL-Client-Cert",
];

/// In which a proxy tells who asked it for what; there is none before ours.
pub(super) const FORWARDED: [&str; 6] = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Real-IP",
];

/// A regular expression for names that begin with one of [`BEGINNINGS`], in lower case and in any spelling: there are
/// applications for which an underscore or a dot is as good as a hyphen.
pub(super) fn families() -> String {
    let any_spelling = |beginning: &&str| beginning.to_lowercase().replace('-', "[-_.]");
    let families: Vec<_> = BEGINNINGS.iter().map(any_spelling).collect();
    families.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_one_of_the_beginnings() {
        for name in NAMES.iter().chain(&OWN) {
            assert!(
                BEGINNINGS
                    .iter()
                    .any(|beginning| name.starts_with(beginning)),
                "{name}"
            );
        }
    }
}
