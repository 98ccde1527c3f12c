//! HAProxy.

use super::headers;
use super::refresh::{self, Either, Reload};
use super::{File, Material, Site, Software};

/// The whole configuration, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    // By itself `[::]` is IPv6 alone here.
    let dual = match site.listen.ip().is_ipv6() && site.listen.ip().is_unspecified() {
        true => " v4v6",
        false => "",
    };
    // Only root can become somebody else, and for anybody else it is an error to try.
    let user = match site.is_privileged {
        true => "    user haproxy\n    group haproxy",
        false => "    # Started by root, it would need `user haproxy` and `group haproxy` here.",
    };
    let values = [
        ("families", headers::families()),
        ("host_pattern", site.hosts_pattern()),
        ("listen", format!("{}{dual}", site.listen)),
        ("user", user.to_owned()),
    ];
    let configuration = site.fill(include_str!("haproxy.cfg"), &values);
    let reload = Either {
        // The file stays when it ends: a process that has its number by chance is left alone.
        is_started_here: "grep -qF @directory@/haproxy.cfg \"/proc/$(cat @directory@/haproxy.pid)/cmdline\" 2>/dev/null",
        here: Reload {
            check: "haproxy -c -q -f @directory@/haproxy.cfg",
            reload: "kill -USR2 \"$(cat @directory@/haproxy.pid)\"",
        },
        service: Reload {
            check: "haproxy -c -q -f /etc/haproxy/haproxy.cfg",
            reload: "systemctl reload haproxy",
        },
        unit: "haproxy",
    };
    let mut files = vec![
        File::text("haproxy.cfg", configuration),
        // It wants the key beside the chain, under this name.
        File::link("server.pem", &site.fullchain),
        File::link("server.pem.key", &site.key),
    ];
    files.extend(refresh::files_of_a_server_that_reads(
        "client-ca.pem crl.pem issuers.txt",
        site,
        Software::Haproxy,
        &reload.lines(),
    ));
    files
}

/// The commonNames of the issuing CAs.
pub(super) fn issuers(material: &Material) -> File {
    let names = material.issuing.iter();
    let names = names.filter_map(|issuing| issuing.subject().common_name());
    let lines = names.map(|name| format!("{name}\n")).collect();
    File::text("issuers.txt", lines)
}
