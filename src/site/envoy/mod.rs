//! Envoy, from its documentation.

use super::refresh::{self, Reload};
use super::sandbox::{self, Service};
use super::{File, Site, Software};
use crate::forgeable;

/// What it sets itself, as it does what begins with X-Envoy-.
pub(super) const OWN: [&str; 3] = [
    "X-Forwarded-Client-Cert",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
];
/// What it knows of the client's certificate.
const TOLD: [(&str, &str); 4] = [
    ("X-SSL-Client-Verify", "SUCCESS"),
    ("X-SSL-Client-S-DN", "%DOWNSTREAM_PEER_SUBJECT%"),
    ("X-SSL-Client-Serial", "%DOWNSTREAM_PEER_SERIAL%"),
    ("X-SSL-Client-Cert", "%DOWNSTREAM_PEER_CERT%"),
];

/// The whole configuration, what answers it, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let removed: Vec<_> = forgeable::names()
        .filter(|name| !OWN.contains(name) && !name.starts_with("X-Envoy-"))
        .map(|name| format!("                    - {}", name.to_lowercase()))
        .collect();
    let told: Vec<_> = TOLD
        .iter()
        .map(|(name, value)| {
            format!(
                "                    - header: {{ key: \"{name}\", value: \"{value}\" }}\n                      append_action: OVERWRITE_IF_EXISTS_OR_ADD"
            )
        })
        .collect();
    let domains: Vec<_> = site
        .hosts_in_urls()
        .iter()
        .map(|host| format!("\"{host}\""))
        .collect();
    let dual = match site.listen.ip().is_ipv6() && site.listen.ip().is_unspecified() {
        true => ", ipv4_compat: true",
        false => "",
    };
    let verify = "@program@ --ca-data @ca_data@ serve --listen 127.0.0.1:0 --http 127.0.0.1:0 --verify unix:@socket@ --verify-form xfcc";
    let mut values = vec![
        ("removed", removed.join("\n")),
        ("told", told.join("\n")),
        ("domains", domains.join(", ")),
        ("dual", dual.to_owned()),
        ("socket", site.verify_socket().to_string()),
        ("upstream_host", site.upstream.host()),
        ("upstream_port", site.upstream.port().to_string()),
        ("sandbox", sandbox::lines(site, Service::Verify)),
        // It counts the root.
        ("verify_depth", (site.depth + 1).to_string()),
    ];
    values.push(("verify", site.fill(verify, &values)));
    let service = include_str!("pki-envoy-verify.service");
    // It looks itself whether a file was moved into the directory.
    let reload = Reload {
        check: ":",
        reload: ":",
    };
    let mut files = vec![
        File::text("envoy.yaml", site.fill(include_str!("envoy.yaml"), &values)),
        File::text(
            "validation.yaml",
            site.fill(include_str!("validation.yaml"), &values),
        ),
        File::text("pki-envoy-verify.service", site.fill(service, &values)),
    ];
    files.extend(refresh::files(site, Software::Envoy, &reload.lines()));
    files
}
