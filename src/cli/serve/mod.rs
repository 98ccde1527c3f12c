//! `pki serve`: the mutual-TLS server on which a login is tried.

mod application;
mod keeper;
mod lookout;
mod places;
mod proxies;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use rustls::KeyLog;
use serde_json::json;
use time::OffsetDateTime;

use super::context::Context;
use super::report::{Exit, Report};
use super::{runtime, values};
use crate::authority::{self, OwnServer};
use crate::error::Result;
use crate::inventory::Inventory;
use crate::name::SubjectAltName;
use crate::server::{
    ClientAuth, Config, Event, Log, OnDisk, Register, Server, in_url, public_name,
};
use crate::session::KeyLogFile;
use keeper::Keeper;
use places::Places;
use proxies::ProxyArgs;

const EXAMPLES: &str = "\
Examples:
  pki serve
  pki serve --client-auth required
  pki serve --listen 0.0.0.0:8443 --host login.example.org
  pki serve --upstream http://127.0.0.1:3000
  pki serve --verify unix:/run/pki/verify.sock --verify-form pem
  pki serve --verify 127.0.0.1:8444 --verify-form traefik --verify-secret-file verify.secret";

/// What happens to a client without a good certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ClientAuthArg {
    /// A page explains what was presented and what was decided.
    Optional,
    /// It is refused in the handshake.
    Required,
}

/// Run the mutual-TLS test server.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Where logins are tried
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", value_parser = values::address)]
    listen: SocketAddr,
    /// Where CRLs, OCSP and the CA's certificates are published over plain HTTP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = values::address)]
    http: SocketAddr,
    /// A further name of this server (may be given several times)
    #[arg(long, value_name = "NAME", value_parser = values::host)]
    host: Vec<SubjectAltName>,
    /// Whether a client without a good certificate sees a page that explains, or is refused in the handshake
    #[arg(long, value_name = "MODE", default_value = "optional")]
    client_auth: ClientAuthArg,
    /// Write the sessions' secrets to this file (SSLKEYLOGFILE)
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    #[command(flatten)]
    behind: application::Behind,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    proxies: ProxyArgs,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let verify = self.proxies.verification()?;
        let inventory = context.inventory()?;
        let authority = context.unlock_at_hand(&inventory)?;
        let own = match &authority {
            Some(authority) => {
                context.keep_up(authority);
                authority.own_server(&self.host, context.now())?
            }
            None => locked(context, &inventory, &self.host)?,
        };
        // The end of this command may be months away.
        context.warn_of_endings();
        for dropped in &own.dropped {
            let effect = match self.host.contains(dropped) {
                true => {
                    "so no other device will trust this server under that name: only a CA made with pki init \
                     --permit-dns or --permit-ip for it, or with neither, can certify it"
                }
                false => "so the server does not answer to that name",
            };
            report.warn(&format!("this CA may not certify {dropped}, {effect}"));
        }
        if !values::is_loopback(self.listen.ip()) {
            let listen = self.listen;
            let trust = match public_name(names(&own)) {
                Some(_) => "",
                None => {
                    ", but none of them will trust it: its certificate carries no name that they could use; give one with --host"
                }
            };
            report.warn(&format!(
                "{listen} can be reached from other machines{trust}"
            ));
        }
        let key_log = match &self.keylog {
            Some(path) => {
                report.warn(&format!(
                    "the secrets of every session are written to {}: whoever has the file can decrypt them",
                    path.display()
                ));
                Some(Arc::new(KeyLogFile::open(path)?) as Arc<dyn KeyLog>)
            }
            None => None,
        };
        // One at each of the two addresses, one of a proxy, one at the application.
        let behind = u64::from(self.behind.upstream().is_some());
        let files = 2 + u64::from(verify.is_some()) + behind;
        let config = Config {
            https: self.listen,
            http: Some(self.http),
            verify,
            client_auth: match self.client_auth {
                ClientAuthArg::Optional => ClientAuth::Optional,
                ClientAuthArg::Required => ClientAuth::Required,
            },
            application: self.behind.application(report),
            key_log,
            limits: self.places.limits(report, files),
            clock: OffsetDateTime::now_utc,
        };
        let on_disk = Arc::new(OnDisk::new(context.data.clone(), inventory, &own)?);
        let register = Register::open(context.data.open()?, move |text| report.warn(text))?;
        let register = Arc::new(register);
        let log = {
            let register = register.clone();
            move |event: &Event| {
                report.say(&event.to_string());
                register.write(event);
            }
        };
        let served = runtime::build()?.block_on(async {
            let server = Server::bind(config, on_disk.clone(), Arc::new(log)).await?;
            let keeper = Keeper::start(report, on_disk, authority)?;
            // Whoever reads that it is ready may ask it to end.
            let interrupted = runtime::interrupted();
            announce(report, &server, &own, self.behind.upstream());
            if let Some(path) = &self.keylog {
                let path = path.display();
                report.say(&format!("The secrets of every session go to {path}."));
            }
            server.serve(interrupted).await;
            keeper.stop();
            Ok(Exit::Done)
        });
        register.close();
        served
    }
}

/// Where a browser finds the server: by localhost where it listens on the loopback interface and its certificate carries
/// that name, else by the first name for others that the certificate carries, else by its address.
pub(super) fn url(scheme: &str, address: SocketAddr, own: &OwnServer) -> String {
    let port = address.port();
    let localhost = SubjectAltName::Dns("localhost".to_owned());
    if address.ip().is_loopback() && own.answers_to(&localhost) {
        return format!("{scheme}://localhost:{port}");
    }
    match public_name(names(own)) {
        Some(name) => format!("{scheme}://{}:{port}", in_url(name)),
        None => format!("{scheme}://{address}"),
    }
}

/// The same of the plain side, where no certificate stands in the way of the loopback address, which needs no resolver.
fn plain_url(address: SocketAddr, own: &OwnServer) -> String {
    match address.ip().is_loopback() {
        true => format!("http://{address}"),
        false => url("http", address, own),
    }
}

fn names(own: &OwnServer) -> &[SubjectAltName] {
    let certificate = own.chain.first();
    certificate.map_or(&[], |it| &it.extensions().subject_alt_names)
}

/// What a server without the CA's key can use: the certificate that an earlier one was given. Where there is none, the
/// passphrase is asked for after all.
fn locked(context: &Context, inventory: &Inventory, hosts: &[SubjectAltName]) -> Result<OwnServer> {
    let Some(own) = authority::own_server_at_hand(&context.data, inventory, context.now())? else {
        context
            .report
            .say("The server has no certificate of its own yet: this once, the CA must issue one.");
        return context.authority()?.own_server(hosts, context.now());
    };
    warn_of_responder(context, inventory);
    for host in hosts.iter().filter(|host| !own.answers_to(host)) {
        context.report.warn(&format!(
            "the certificate at hand does not carry {host}; give the passphrase to add it"
        ));
    }
    Ok(own)
}

/// Says where a server without the CA's key cannot answer OCSP requests.
fn warn_of_responder(context: &Context, inventory: &Inventory) {
    let warning = match authority::responder_at_hand(&context.data, inventory, context.now()) {
        Ok(Some(_)) => return,
        Ok(None) => "there is no OCSP responder: requests are answered with tryLater until a command with the \
                     passphrase makes one"
            .to_owned(),
        Err(cause) => format!("there is no OCSP responder: {}", cause.message()),
    };
    context.report.warn(&warning);
}

fn announce(report: Report, server: &Server, own: &OwnServer, upstream: Option<String>) {
    let https = url("https", server.https_address(), own);
    let http = server.http_address().map(|address| plain_url(address, own));
    let verify = server.verify_place();
    if report.is_json() {
        report.data(
            &json!({"https": https, "http": http, "verify": verify, "upstream": upstream})
                .to_string(),
        );
    } else {
        report.data(&https);
        // As a service it has nobody who could.
        if std::io::stderr().is_terminal() {
            report.say("Open it in a browser that holds a bundle; Ctrl-C ends.");
        }
        if let Some(upstream) = upstream {
            report.say(&format!(
                "Whoever is accepted is let through to the application at {upstream}."
            ));
        }
        if https.contains("//localhost:")
            && own.answers_to(&SubjectAltName::Dns("*.login.localhost".to_owned()))
        {
            let fresh = https.replace("localhost", "ANY.login.localhost");
            report.say(&format!(
                "Fresh places to choose another certificate: {fresh}."
            ));
        }
        if let Some(http) = http {
            report.say(&format!("The root certificate: {http}/ca/root.crt"));
            report.say(&format!("Steps for each browser and device: {http}"));
        }
        if let Some(verify) = verify {
            report.say(&format!("Proxies ask at {verify}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::ServerFiles;
    use crate::profile::Profile;
    use crate::testing::{TestAuthority, years};

    #[test]
    fn both_sides_are_named_by_a_name_that_others_can_use() -> Result<()> {
        let authority = TestAuthority::new()?;
        for (names, address, https, http) in [
            (
                &["localhost", "127.0.0.1", "login.example.org"][..],
                "0.0.0.0:1",
                "https://login.example.org:1",
                "http://login.example.org:1",
            ),
            (
                &["localhost", "login.example.org"],
                "127.0.0.1:1",
                "https://localhost:1",
                "http://127.0.0.1:1",
            ),
            (
                &["localhost", "*.login.localhost", "::1", "192.0.2.7"],
                "0.0.0.0:1",
                "https://192.0.2.7:1",
                "http://192.0.2.7:1",
            ),
            (
                &["2001:db8::7"],
                "[::]:1",
                "https://[2001:db8::7]:1",
                "http://[2001:db8::7]:1",
            ),
            (
                &["localhost"],
                "192.0.2.7:1",
                "https://192.0.2.7:1",
                "http://192.0.2.7:1",
            ),
        ] {
            let names = names.iter().map(|name| SubjectAltName::parse_host(name));
            let names = names.collect::<Result<Vec<_>>>()?;
            let certificate = authority.sign(Profile::Server, "server", &names, years(1)?)?;
            let own = OwnServer {
                chain: vec![certificate],
                files: ServerFiles {
                    fullchain: PathBuf::new(),
                    key: PathBuf::new(),
                },
                dropped: Vec::new(),
            };
            let address = values::address(address)?;
            assert_eq!(url("https", address, &own), https);
            assert_eq!(plain_url(address, &own), http);
        }
        Ok(())
    }
}
