//! What systemd keeps from the services that are written here (systemd.exec(5)): lines of their units.

use std::path::Path;

use super::Site;

/// Which service.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    /// `pki serve`, which answers a server whether a certificate lets somebody in.
    Verify,
    /// The refresh script.
    Refresh,
    /// A server that is the application itself.
    Program,
}

/// Where systemd gives a service directories of its own, and what lies there is out of its sight.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// The lines for a service, without the end of the last.
pub(super) fn lines(site: &Site, service: Service) -> String {
    let own = match service {
        Service::Verify => include_str!("verify"),
        Service::Refresh => include_str!("refresh"),
        Service::Program => include_str!("program"),
    };
    // Everything that a unit names, and what the server reads besides.
    let named = [
        &site.directory,
        &site.ca_data,
        &site.fullchain,
        &site.key,
        &site.program,
    ];
    let lies_there = named
        .into_iter()
        .chain(&site.probe_anchor)
        .any(|place| is_temporary(&place.path()));
    // SQLite wants a place for what does not fit into memory.
    let temporary = match lies_there {
        true => "ReadWritePaths=/tmp /var/tmp",
        false => "PrivateTmp=yes",
    };
    let values = [("temporary", temporary.to_owned())];
    let common = site.fill(include_str!("common").trim_end(), &values);
    site.fill(own.trim_end(), &[("common", common)])
}

fn is_temporary(path: &Path) -> bool {
    TEMPORARY
        .iter()
        .any(|directory| path.starts_with(directory))
}
