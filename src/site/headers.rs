//! What no client may send, as regular expressions.

use crate::forgeable::{FRAMING, names, patterns};

/// Beginnings of names that are about certificates and nothing else. Apache, which can take no field away by the beginning of its name,
/// answers 400 to what is left of these.
const BEGINNINGS: [&str; 6] = [
    "X-SSL-",
    "SSL-",
    "Client-Cert",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "Pki-",
];

/// A regular expression, to stand behind `^`, for whatever is forgeable in lower case and in any spelling: there are applications for
/// which an underscore or a dot is as good as a hyphen.
pub(super) fn families() -> String {
    let families = patterns().map(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => any_spelling(beginning),
        None => format!("{}$", any_spelling(pattern)),
    });
    // These are what they are with a hyphen.
    let misspelt = FRAMING.into_iter().filter(|name| name.contains('-'));
    let misspelt = misspelt.map(|name| format!("{}$", name.replace('-', "[^a-z0-9-]")));
    families.chain(misspelt).collect::<Vec<_>>().join("|")
}

/// The beginning of which most names say something harmless: `X-Client-Version` is an application's own.
const MOSTLY_HARMLESS: &str = "X-Client-";

/// A regular expression, to stand behind `^`, for names that begin with one of [`BEGINNINGS`]; and of [`MOSTLY_HARMLESS`] for those in
/// use for certificates, and what goes on from there (`X-Client-Cert-Subject`).
pub(super) fn certificates() -> String {
    let of_clients = names().filter(|name| name.starts_with(MOSTLY_HARMLESS));
    let of_clients = of_clients.map(any_spelling).collect::<Vec<_>>().join("|");
    let beginnings = BEGINNINGS.map(any_spelling).join("|");
    format!("(?:{of_clients})(?:[^a-z0-9]|$)|{beginnings}")
}

fn any_spelling(name: &str) -> String {
    name.to_lowercase().replace('-', "[^a-z0-9]")
}
