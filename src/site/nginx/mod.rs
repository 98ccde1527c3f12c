//! nginx.

use super::refresh::{self, Reload};
use super::{File, Site, Software};
use crate::name::SubjectAltName;

/// The whole configuration, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let hosts: Vec<_> = site.hosts.iter().map(server_name).collect();
    let hosts = hosts.join(" ");
    let configuration = site.fill(include_str!("nginx.conf"), &[("hosts", &hosts)]);
    let reload = Reload {
        check: "nginx -q -t -c @directory@/nginx.conf",
        reload: "nginx -s reload -c @directory@/nginx.conf",
    };
    let mut files = vec![File::text("nginx.conf", configuration)];
    files.extend(refresh::files(site, Software::Nginx, &reload));
    files
}

/// A name as `server_name` takes it: an IPv6 address stands in brackets, as in the Host field.
fn server_name(host: &SubjectAltName) -> String {
    match host {
        SubjectAltName::Ip(address) if address.is_ipv6() => format!("[{address}]"),
        host => host.value(),
    }
}
