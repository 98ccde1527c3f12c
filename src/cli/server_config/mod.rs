//! `pki server-config`: a working configuration of somebody else's server.

mod anchor;
mod gather;
mod write;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

use super::context::Context;
use super::publication::Publication;
use super::report::Exit;
use super::{handover, table, values};
use crate::error::{Error, ErrorKind, Result};
use crate::site::{Software, Upstream};
use write::Written;

const EXAMPLES: &str = "\
Examples:
  pki issue-server www.example.org
  pki server-config nginx
  pki server-config haproxy --listen 0.0.0.0:8443 --upstream http://127.0.0.1:8000
  pki server-config nginx --refresh";

/// Write a mutual-TLS configuration for the server that you have.
///
/// It goes into a directory together with the public files that it names and with what refreshes them, and is printed. It stands on a
/// server certificate of this CA. --refresh writes the public files anew and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The server
    #[arg(value_parser = software())]
    server: Software,
    /// The server certificate to use, by the name under which it is kept; else the only one that there is
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Where the server listens
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:443", value_parser = values::address)]
    listen: SocketAddr,
    /// The application behind it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000", value_parser = Upstream::parse)]
    upstream: Upstream,
    /// Where it is written; else sites/SERVER in ca-data
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// A throw-away hierarchy that the server is to trust too while it is probed
    #[arg(long, value_name = "DIR")]
    probe_anchor: Option<PathBuf>,
    /// Write certificates and CRLs anew, and say whether anything changed
    #[arg(long, conflicts_with_all = ["host", "listen", "upstream"])]
    refresh: bool,
}

fn software() -> impl TypedValueParser<Value = Software> {
    PossibleValuesParser::new(Software::ALL.map(Software::name))
        .try_map(|word| Software::parse(&word))
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        if self.refresh && !self.place(context).is_dir() {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!(
                    "there is no configuration in {}",
                    self.place(context).display()
                ),
            )
            .with_hint(format!(
                "Run pki server-config {} first, or name its directory with --directory.",
                self.server
            )));
        }
        let site = match self.refresh {
            true => None,
            false => Some(self.site(context, &inventory)?),
        };
        Publication::attempt(context, &inventory).say(context.report);
        let mut files = self.material(context, &inventory)?.files();
        if let Some(site) = &site {
            files.extend(self.server.files(site));
        }
        let main = site.as_ref().and_then(|_| files.get(4)).cloned();
        let written = Written::write(&self.place(context), &files, &context.data)?;
        let document = json!({
            "server": self.server.name(),
            "proven": self.server.is_proven(),
            "directory": handover::path(&written.directory),
            "configuration": main.as_ref().map(|main| handover::path(&written.directory.join(&main.name))),
            "changed": !written.changed.is_empty(),
            "files": files.iter().map(|file| json!({
                "path": handover::path(&written.directory.join(&file.name)),
                "changed": written.changed.contains(&file.name),
            })).collect::<Vec<_>>(),
        });
        context.report.result(&document, || match &main {
            Some(main) => main.contents.trim_end().to_owned(),
            None => table::facts(&[("changed", written.told())]),
        });
        Ok(Exit::Done)
    }
}
