//! Servers that were set up wrong, each in one way, are found out: exactly what they get wrong, and what mends it.
//!
//! Each is what `pki server-config` writes, which is proven to be right (docs/servers.md), with one line that is not. Where something
//! else makes up for the mistake, that is tried as well.

mod demand;
mod headers;
mod kept_out;
mod lab;
mod path;
mod purpose;
mod revocation;
mod sessions;
mod trust;

/// What no server refuses that does not know what was revoked.
const REVOKED: [&str; 4] = [
    "revoked",
    "held",
    "resumed-after-revocation-tls12",
    "resumed-after-revocation-tls13",
];

/// What cannot be told where the page shows nobody's name.
const HEADERS: [&str; 4] = [
    "headers-x-ssl-client",
    "headers-client-cert",
    "headers-x-forwarded-client-cert",
    "headers-with-underscores",
];

/// What everybody gets who asks for a certificate that the throw-away root is above, where the server takes nothing but ours.
const BENEATH_THE_THROW_AWAY_ROOT: [&str; 11] = [
    "path-length",
    "deeper-chain",
    "system-trusted-ca",
    "name-constraint-dns",
    "name-constraint-email",
    "name-constraint-ip",
    "name-constraint-uri",
    "sha1-signature",
    "rsa-1024",
    "anchor-plain",
    "constrained-plain",
];

/// All of these.
fn with<'a>(cases: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [cases, more].concat()
}
