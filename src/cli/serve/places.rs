//! How many clients find a place and for how long, and the files that they take.

use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::super::report::Report;
use crate::server::Limits;

/// Open files besides those of connections: the inventory once for each thread that asks it, the listeners, what is read meanwhile.
const BESIDES: u64 = 256;

/// The options about bounds.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits (docs/serve-limits.md)")]
pub(super) struct Places {
    /// How many connections are served at a time at each address; a further one ends one that has not been let in
    #[arg(long, value_name = "NUMBER", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_connections: u32,
    /// How many requests a client may make at a time on a connection of HTTP/2; 4 at most where its certificate is not accepted
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    max_streams: u32,
    /// How large the head of a request may be
    #[arg(long, value_name = "KIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=1024))]
    max_head: u32,
    /// How long a TLS handshake may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    handshake_timeout: u64,
    /// How long the head of a request may take, and then the body of one for OCSP
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    head_timeout: u64,
    /// How long a connection may lie still
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    idle_timeout: u64,
}

impl Places {
    /// The bounds of a server with so many places, each of which may take this many files; warns where the system lets it have fewer.
    pub(super) fn limits(&self, report: Report, files: u64) -> Limits {
        let needed = u64::from(self.max_connections) * files + BESIDES;
        if let Some(fewer) = raise_limit_on_files(needed).filter(|most| *most < needed) {
            let places = self.max_connections;
            report.warn(&format!(
                "{places} connections at each address may need {needed} open files, and the system lets this program have {fewer}: raise \
                 the hard limit (ulimit -Hn, LimitNOFILE in a unit), or give a lower --max-connections"
            ));
        }
        Limits {
            connections: usize::try_from(self.max_connections).unwrap_or(usize::MAX),
            streams: self.max_streams,
            // In octets; it has 1 MiB at most.
            head: usize::try_from(self.max_head << 10).unwrap_or(usize::MAX),
            handshake: Duration::from_secs(self.handshake_timeout),
            header: Duration::from_secs(self.head_timeout),
            idle: Duration::from_secs(self.idle_timeout),
            ..Limits::default()
        }
    }
}

/// Takes so many files, or as many as this program may have: many systems let it have 1024 unless it asks for more. Tells how many it
/// has then; nothing where there is no bound.
fn raise_limit_on_files(needed: u64) -> Option<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let wanted = limit.maximum.map_or(needed, |most| most.min(needed));
        let before = limit.current.replace(wanted);
        // Without it fewer are served at a time.
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = before;
        }
    }
    limit.current
}
