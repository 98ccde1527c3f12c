//! nginx.

use super::headers;
use super::refresh::{self, Either, Reload};
use super::{File, Site, Software};

/// The whole configuration, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let hosts = site.hosts_in_urls();
    let known: Vec<_> = hosts
        .iter()
        .map(|host| format!("        {host} 0;"))
        .collect();
    let removed: Vec<_> = headers::forgeable()
        .map(|name| format!("        proxy_set_header {name} \"\";"))
        .collect();
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
        ("removed", removed.join("\n")),
        ("dual", dual.to_owned()),
        ("host_header", host_header),
    ];
    let configuration = site.fill(include_str!("nginx.conf"), &values);
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
