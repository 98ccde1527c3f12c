//! Traefik, from its documentation.

use super::refresh::{self, Reload};
use super::sandbox::{self, Service};
use super::{File, Site, Software};
use crate::forgeable;

/// What it sets itself, before anything else is done.
pub(super) const OWN: [&str; 6] = [
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Real-IP",
];
/// Where `pki serve` answers it: it asks over HTTP alone.
const VERIFY_ADDRESS: &str = "127.0.0.1:8444";

/// The static and the dynamic configuration, what answers it, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let rule: Vec<_> = site.hosts_in_urls().iter().map(|host| rule(host)).collect();
    let removed: Vec<_> = forgeable::names()
        .filter(|name| !OWN.contains(name) && *name != "Pki-Verify-Secret")
        .map(|name| format!("          {name}: \"\""))
        .collect();
    let values = [
        ("rule", rule.join(" || ")),
        ("removed", removed.join("\n")),
        ("verify_address", VERIFY_ADDRESS.to_owned()),
        ("sandbox", sandbox::lines(site, Service::Verify)),
    ];
    let service = include_str!("pki-traefik-verify.service");
    let reload = Reload {
        check: ":",
        reload: "systemctl restart traefik",
    };
    let mut files = vec![
        File::text(
            "traefik.yaml",
            site.fill(include_str!("traefik.yaml"), &values),
        ),
        File::text("site.yaml", site.fill(include_str!("site.yaml"), &values)),
        File::text("pki-traefik-verify.service", site.fill(service, &values)),
    ];
    files.extend(refresh::files_of_a_server_that_reads(
        "client-ca.pem",
        site,
        Software::Traefik,
        &reload.lines(),
    ));
    files
}

/// A host as a rule; of a wildcard only the first label is open (RFC 6125 §6.4.3).
fn rule(host: &str) -> String {
    match host.strip_prefix("*.") {
        // A backslash is doubled within the quotes of YAML.
        Some(base) => {
            let base = base.replace('.', "\\\\.");
            format!("HostRegexp(`^[^.]+\\\\.{base}$`)")
        }
        None => format!("Host(`{host}`)"),
    }
}
