//! What keeps a site's CRLs current: a script, and systemd's timer or a line for cron that runs it.

use super::sandbox::{self, Service};
use super::{File, Site, Software};

/// How a server takes in files that were changed: lines of a shell script.
pub(super) struct Reload<'a> {
    /// Succeeds where the server would start with the files as they are; `:` where nothing tells.
    pub(super) check: &'a str,
    /// Lets the server read its files anew.
    pub(super) reload: &'a str,
}

/// How a server takes them in that was either started from the site's directory or runs as a service of the system.
pub(super) struct Either<'a> {
    /// A condition of the shell.
    pub(super) is_started_here: &'a str,
    pub(super) here: Reload<'a>,
    pub(super) service: Reload<'a>,
    /// The name under which systemd has it.
    pub(super) unit: &'a str,
}

/// The lines of the functions.
pub(super) struct Lines {
    /// What is done first, as whoever runs the script.
    pub(super) prepare: String,
    is_running: String,
    check: String,
    reload: String,
}

impl Reload<'_> {
    pub(super) fn lines(&self) -> Lines {
        Lines {
            prepare: String::new(),
            is_running: ":".to_owned(),
            check: self.check.to_owned(),
            reload: self.reload.to_owned(),
        }
    }
}

impl Either<'_> {
    pub(super) fn lines(&self) -> Lines {
        let either = |here: &str, service: &str| {
            let condition = self.is_started_here;
            format!("if {condition}; then\n        {here}\n    else\n        {service}\n    fi")
        };
        Lines {
            prepare: String::new(),
            is_running: format!(
                "{} || systemctl is-active --quiet {} 2>/dev/null",
                self.is_started_here, self.unit
            ),
            check: either(self.here.check, self.service.check),
            reload: either(self.here.reload, self.service.reload),
        }
    }
}

/// What a server reads that checks revocation itself.
const READ: &str = "client-ca.pem crl.pem";

/// The script, the service and the timer.
pub(super) fn files(site: &Site, software: Software, reload: &Lines) -> Vec<File> {
    files_of_a_server_that_reads(READ, site, software, reload)
}

/// The same for a server that reads other files in its directory, besides its own certificate.
pub(super) fn files_of_a_server_that_reads(
    read: &str,
    site: &Site,
    software: Software,
    reload: &Lines,
) -> Vec<File> {
    let anchor = match &site.probe_anchor {
        Some(anchor) => format!(" --probe-anchor {anchor}"),
        None => String::new(),
    };
    let what = match software.reads_crls() {
        true => "CAs and CRLs",
        false => "CAs",
    };
    let values = [
        ("what", what.to_owned()),
        ("server", software.name().to_owned()),
        ("anchor", anchor),
        ("sandbox", sandbox::lines(site, Service::Refresh)),
        ("prepare", site.fill(&reload.prepare, &[])),
        ("is_running", site.fill(&reload.is_running, &[])),
        ("check", site.fill(&reload.check, &[])),
        ("reload", site.fill(&reload.reload, &[])),
        ("watched", format!("{read} {}", site.fullchain)),
    ];
    let (script, service, timer) = (
        include_str!("refresh.sh"),
        include_str!("refresh.service"),
        include_str!("refresh.timer"),
    );
    let unit = |ending: &str| format!("pki-{software}.{ending}");
    vec![
        File::program("refresh", site.fill(script, &values)),
        File::text(&unit("service"), site.fill(service, &values)),
        File::text(&unit("timer"), site.fill(timer, &values)),
    ]
}
