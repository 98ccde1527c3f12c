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
pub(super) const NAMES: [&str; 58] = [
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
    "X-SSL-Client-M-Serial",
    "X-SSL-Client-Not-After",
    "X-SSL-Client-Not-Before",
    "X-SSL-Client-S-DN-CN",
    "X-SSL-Client-SAN",
    "X-SSL-Client-SHA1",
    "X-SSL-Client-SHA256",
    "X-SSL-Client-Subject",
    "X-SSL-Client-Verified",
    "X-SSL-Issuer",
    "X-SSL-Cert",
    "X-SSL-Subject",
    "SSL-Client-Cert",
    "SSL-Client-Chain",
    "SSL-Client-CN",
    "SSL-Client-DN",
    "SSL-Client-Email",
    "SSL-Client-Fingerprint",
    "SSL-Client-I-DN",
    "SSL-Client-M-Serial",
    "SSL-Client-S-DN",
    "SSL-Client-S-DN-CN",
    "SSL-Client-SAN",
    "SSL-Client-Serial",
    "SSL-Client-SHA1",
    "SSL-Client-SHA256",
    "SSL-Client-Subject",
    "SSL-Client-Verify",
    "X-Client-Cert",
    "X-Client-Certificate",
    "X-Client-CN",
    "X-Client-DN",
    "X-Client-Fingerprint",
    "X-Client-Issuer",
    "X-Client-S-DN",
    "X-Client-Serial",
    "X-Client-Subject",
    "X-Client-Verified",
    "X-Client-Verify",
    // Ours.
    "Pki-Name",
    "Pki-Device",
    "Pki-Serial-Number",
    "Pki-Fingerprint-Sha256",
    "Pki-Subject",
    "Pki-Verify-Secret",
];

/// In which proxies that log users in by other means name them, always whole: names that begin like these are applications' own.
pub(super) const USERS: [&str; 31] = [
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "X-Remote-User",
    "X-Remote-Name",
    "X-Remote-Email",
    "X-Remote-Group",
    "X-Remote-Groups",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-User",
    "X-Auth-Username",
    "X-Auth-Email",
    "X-Authenticated-User",
    "X-Authentik-Username",
    "X-Authentik-Email",
    "X-Authentik-Groups",
    "X-WebAuth-User",
    "X-WebAuth-Name",
    "X-WebAuth-Email",
    "X-WebAuth-Groups",
    "X-User",
    "X-Username",
    "X-Email",
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

/// What only a client could have put there, by whole names, without what the proxy sets itself.
pub(super) fn forgeable() -> impl Iterator<Item = &'static str> + Clone {
    NAMES.iter().chain(&USERS).copied()
}

/// A regular expression, to stand behind `^`, for names that begin with one of [`BEGINNINGS`] or are one of [`USERS`] or
/// [`FORWARDED`], in lower case and in any spelling: there are applications for which an underscore or a dot is as good as a hyphen.
pub(super) fn families() -> String {
    let any_spelling = |name: &&str| name.to_lowercase().replace('-', "[-_.]");
    let beginnings: Vec<_> = BEGINNINGS.iter().map(any_spelling).collect();
    let whole = USERS.iter().chain(&FORWARDED);
    let whole: Vec<_> = whole.map(any_spelling).collect();
    format!("{}|(?:{})$", beginnings.join("|"), whole.join("|"))
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
