//! `pki probe`: does this server really check client certificates?

mod text;

use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::report::Exit;
use super::{runtime, values};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access};
use crate::inventory::Reference;
use crate::login::Url;
use crate::name::Name;
use crate::probe::{self, Software};

const EXAMPLES: &str = "\
Examples:
  pki probe https://www.example.org/private --as alice
  pki probe https://www.example.org/private --as alice --refresh 'systemctl start pki-nginx-refresh.service'
  pki probe https://localhost:8443 --as alice --only expired --only revoked
  pki probe --list

Exit codes: 0 every answer is right, 3 one is wrong or a good certificate is not let in, 1 nobody answers there.";

/// Find out whether a server really checks client certificates.
///
/// Issues a kit of certificates that live for an hour at the most, all for NAME, shows them to the server one by one, and says what it
/// should have refused and what it should have let in, and what mends it. The server must trust this CA and let NAME in. The keys never
/// leave memory, and every certificate is revoked when the probe is over. What this CA never signs, such as another CA or SHA-1, is shown
/// beneath a throw-away root that you tell the server to trust (--probe-anchor). Probe only servers that are yours.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The server, with a path that only those who log in may see
    #[arg(value_name = "URL", required_unless_present = "list")]
    url: Option<String>,
    /// Whom the application lets in: the certificates are made out to this name
    #[arg(long = "as", value_name = "NAME", required_unless_present = "list", value_parser = Name::parse)]
    name: Option<Name>,
    /// The throw-away root for what this CA never signs; made where the directory is not there
    #[arg(long, value_name = "DIR")]
    probe_anchor: Option<PathBuf>,
    /// List the cases, and probe nothing
    #[arg(long)]
    list: bool,
    /// Only this case (may be given several times)
    #[arg(long, value_name = "CASE")]
    only: Vec<String>,
    /// Run this line of the shell once the CRL with the revoked certificates is written: it brings it to the server
    #[arg(long, value_name = "COMMAND")]
    refresh: Option<String>,
    /// For how many seconds a revocation is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// The server's software, where its answers do not tell: nginx, apache, haproxy, caddy, …
    #[arg(long, value_name = "SOFTWARE", value_parser = software)]
    software: Option<Software>,
    /// Write what is shown in each case into this directory: DIR/CASE.pem, certificates alone
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
}
