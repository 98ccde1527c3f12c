//! Apache's httpd.

use super::headers;
use super::refresh::{self, Either, Reload};
use super::{File, Site, Software};
use crate::forgeable;

/// The whole configuration, and what keeps it current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let hosts = site.hosts_in_urls();
    let aliases: Vec<_> = hosts
        .iter()
        .skip(1)
        .map(|host| format!("    ServerAlias {host}"))
        .collect();
    let removed: Vec<_> = forgeable::names()
        .map(|name| format!("    RequestHeader unset {name} early"))
        .collect();
    let values = [
        ("aliases", aliases.join("\n")),
        ("removed", removed.join("\n")),
        ("certificates", headers::certificates()),
        ("families", headers::families()),
        ("host_pattern", site.hosts_pattern()),
        // Apache counts the root.
        ("verify_depth", (site.depth + 1).to_string()),
    ];
    let configuration = site.fill(include_str!("httpd.conf"), &values);
    // It says also that all is well; and removes the file of its process id when it ends.
    let reload = Either {
        is_started_here: "[ -s @directory@/httpd.pid ]",
        here: Reload {
            check: "apache2 -t -f @directory@/httpd.conf 2>/dev/null || apache2 -t -f @directory@/httpd.conf",
            reload: "apache2 -k graceful -f @directory@/httpd.conf",
        },
        service: Reload {
            check: "apachectl configtest 2>/dev/null || apachectl configtest",
            reload: "systemctl reload apache2",
        },
        unit: "apache2",
    };
    let mut files = vec![File::text("httpd.conf", configuration)];
    files.extend(refresh::files(site, Software::Apache, &reload.lines()));
    files
}
