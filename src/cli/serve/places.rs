//! How many clients find a place, and the files that they take.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::super::report::Report;
use crate::server::Limits;

/// Open files besides those of connections: the inventory once for each thread that asks it, the listeners, what is read meanwhile.
const BESIDES: u64 = 256;

/// The option about places.
#[derive(Debug, clap::Args)]
pub(super) struct Places {
    /// How many connections are served at a time at each address; further ones wait
    #[arg(long, value_name = "NUMBER", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_connections: u32,
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
