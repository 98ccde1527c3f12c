//! nginx.

use super::refresh::{self, Either, Reload};
use super::{File, Site, Software};
use crate::forgeable;

/// The whole configuration, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let hosts = site.hosts_in_urls();
    let known: Vec<_> = hosts
        .iter()
        .map(|host| format!("        {host} 0;"))
        .collect();
    let template = include_str!("nginx.conf");
    // By itself `[::]` is IPv6 alone here.
    let dual = match site.listen.ip().is_ipv6() && site.listen.ip().is_unspecified() {
        true => " ipv6only=off",
        false => "",
    };
    let host_header = match site.listen.port() {
        443 => "$host".to_owned(),
        port => format!("$host:{port}"),
    };
    let values = [
        ("hosts", hosts.join(" ")),
        ("known_hosts", known.join("\n")),
        ("removed", removed(template)),
        ("dual", dual.to_owned()),
        ("host_header", host_header),
    ];
    let configuration = site.fill(template, &values);
    // It removes the file of its process id when it ends.
    let reload = Either {
        is_started_here: "[ -s @directory@/nginx.pid ]",
        here: Reload {
            check: "nginx -q -t -c @directory@/nginx.conf -g 'pid @directory@/nginx.pid;'",
            reload: "quietly nginx -s reload -c @directory@/nginx.conf -g 'pid @directory@/nginx.pid;'",
        },
        service: Reload {
            check: "nginx -q -t",
            reload: "systemctl reload nginx",
        },
        unit: "nginx",
    };
    let mut files = vec![File::text("nginx.conf", configuration)];
    files.extend(refresh::files(site, Software::Nginx, &reload.lines()));
    files
}

/// Takes away whatever is forgeable and this configuration does not set itself: a field that is set to nothing is not sent.
pub(super) fn removed(configuration: &str) -> String {
    let is_set = |name: &&str| configuration.contains(&format!("proxy_set_header {name} "));
    let removed = forgeable::names().filter(|name| !is_set(name));
    let lines = removed.map(|name| format!("        proxy_set_header {name} \"\";"));
    lines.collect::<Vec<_>>().join("\n")
}
