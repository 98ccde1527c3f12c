//! The application behind the server: whoever is accepted is let through to it.

use std::time::Duration;

use super::super::report::Report;
use crate::error::Result;
use crate::server::{Application, Upstream};

/// Options of the gateway.
#[derive(Debug, clap::Args)]
pub(super) struct Behind {
    /// Let whoever is accepted through to the application that answers there: http://HOST:PORT or unix:PATH
    #[arg(long, value_name = "URL", value_parser = upstream)]
    upstream: Option<Upstream>,
    /// How many seconds the application may take until its answer begins
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "upstream",
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    upstream_timeout: u64,
}

impl Behind {
    /// The application, where one is given; warns where others may reach it too.
    pub(super) fn application(&self, report: Report) -> Option<Application> {
        let at = self.upstream.clone()?;
        if !at.is_local() {
            report.warn(&format!(
                "what goes to {at} is not encrypted, and whoever else reaches it there can say to be anybody"
            ));
        }
        Some(Application {
            at,
            patience: Duration::from_secs(self.upstream_timeout),
        })
    }

    /// Where the application answers, for a document.
    pub(super) fn upstream(&self) -> Option<String> {
        self.upstream.as_ref().map(Upstream::to_string)
    }
}

fn upstream(text: &str) -> Result<Upstream> {
    Upstream::parse(text)
}
