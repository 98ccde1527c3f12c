//! `pki server-config`: a working configuration of somebody else's server.

mod anchor;
mod choice;
mod gather;
mod last;
mod told;
mod write;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::context::Context;
use super::report::Exit;
use super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::site::{Software, Upstream};
use last::Last;
use write::Written;

const EXAMPLES: &str = "\
Examples:
  pki issue-server www.example.org
  pki server-config nginx
  pki server-config haproxy --listen 0.0.0.0:8443 --upstream http://127.0.0.1:8000
  pki server-config nginx --refresh";

/// Where a server listens by itself.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 443);
/// Where an application is expected behind a proxy.
const UPSTREAM: &str = "http://127.0.0.1:3000";

/// Write a mutual-TLS configuration for the server that you have.
///
/// It is printed, and written into a directory together with the certificates and CRLs that it names and with what keeps these
/// current. It stands on a server certificate of this CA. Run again, it takes --host, --listen and --upstream as last time where they are
/// not given, and keeps a configuration that differs as FILE.old.1 (.2 …). --refresh writes the certificates and CRLs anew and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The server
    #[arg(value_parser = software())]
    server: Software,
    /// The server certificate to use, by the name under which it is kept; else that of last time, or the only one that there is
    #[arg(long, value_name = "NAME", conflicts_with = "refresh")]
    host: Option<String>,
    /// Where the server listens [default: 0.0.0.0:443]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "refresh", value_parser = values::address)]
    listen: Option<SocketAddr>,
    /// The application behind a proxy [default: http://127.0.0.1:3000]
    #[arg(long, value_name = "URL", conflicts_with = "refresh", value_parser = Upstream::parse)]
    upstream: Option<Upstream>,
    /// Where all of it is written; else sites/SERVER in ca-data
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The throw-away hierarchy of pki probe, which the server is to trust too while it is probed
    #[arg(long, value_name = "DIR")]
    probe_anchor: Option<PathBuf>,
    /// Write the certificates and CRLs anew, and say whether anything changed
    #[arg(long)]
    refresh: bool,
}

fn software() -> impl TypedValueParser<Value = Software> {
    PossibleValuesParser::new(Software::ALL.map(Software::name))
        .try_map(|word| Software::parse(&word))
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.refresh {
            true => self.refresh(context),
            false => self.configure(context),
        }
    }

    /// Writes everything.
    fn configure(mut self, context: &Context) -> Result<Exit> {
        if self.listen.is_some_and(|listen| listen.port() == 0) {
            return Err(Error::new(
                ErrorKind::Usage,
                "a configuration cannot leave the port open",
            )
            .with_hint("Give one such as --listen 0.0.0.0:443."));
        }
        if self.upstream.is_some() && !self.server.is_proxy() {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{} has no application behind it", self.server),
            )
            .with_hint(
                "Leave --upstream out: it is the application itself, and a beginning of yours.",
            ));
        }
        let directory = self.directory(context)?;
        let last = Last::of(&directory)?;
        last.is_of(self.server, &directory)?;
        let as_last = self.complete(&last)?;
        let inventory = context.inventory()?;
        let server = self.server_certificate(context, &inventory)?;
        let host = server.name.clone();
        let site = self.site(context, &inventory, server)?;
        self.renew(context, &inventory)?;
        if self.server.asks_pki_serve() {
            self.prepare_pki_serve(context, &inventory)?;
        }
        let material = self.material(context, &inventory)?;
        let configuration = self.server.files(&site);
        let mut files = self.server.material(&material)?;
        files.extend(configuration.iter().cloned());
        files.push(self.remembered(&host));
        // The first time nothing there is ours; later certificates and CRLs are, and change by themselves.
        let kept = match last.is_none() {
            true => &files,
            false => &configuration,
        };
        let written = Written::write(&directory, &files, kept, &context.data)?;
        let main = configuration.first();
        context
            .report
            .result(&self.document(&files, &written, main), || {
                let contents = main.map(|main| main.contents.trim_end().to_owned());
                contents.unwrap_or_default()
            });
        if !as_last.is_empty() {
            context.report.say(&format!("As last time: {as_last}."));
        }
        self.say(context, &site, &material, &written);
        Ok(Exit::Done)
    }

    /// Writes what the CA has published since.
    fn refresh(&self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        let directory = self.directory(context)?;
        let last = Last::of(&directory)?;
        if last.is_none() {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no configuration in {}", directory.display()),
            )
            .with_hint(format!(
                "Run pki server-config {} first, or name its directory with --directory.",
                self.server
            )));
        }
        last.is_of(self.server, &directory)?;
        let is_behind = self.renew(context, &inventory)?;
        let material = self.material(context, &inventory)?;
        let files = self.server.material(&material)?;
        let written = Written::write(&directory, &files, &[], &context.data)?;
        context
            .report
            .result(&self.document(&files, &written, None), || written.told());
        let has_ended = self.warn_of_ended_crls(context, &material);
        Ok(match is_behind || has_ended {
            true => Exit::Found,
            false => Exit::Done,
        })
    }
}
