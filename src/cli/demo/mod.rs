//! `pki demo`: the whole thing in a minute, on a throw-away CA.

mod stage;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::context::Context;
use super::report::{Exit, Report};
use super::{handover, runtime, serve, table};
use crate::authority::{Handover, OwnServer};
use crate::bundle::Platform;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::ReasonCode;
use crate::judge::{Reason, Verdict};
use crate::login::{self, Url};
use crate::server::{ClientAuth, Config, Event, Limits, OnDisk, Server};
use stage::{foreign, fresh_directory, issue, make_authority, open};

/// Make a throw-away CA, issue, serve and log in: everything in a minute.
///
/// The CA lies in demo/ beneath the CA directory and is made anew each time. Its root permits only localhost and the
/// loopback addresses, and its root key is gone before the server starts.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End after the logins, on free ports
    #[arg(long)]
    once: bool,
    /// Where logins are tried; 127.0.0.1:8443 if nothing is said
    #[arg(long, value_name = "ADDRESS", value_parser = super::values::address)]
    listen: Option<SocketAddr>,
    /// Where CRLs, OCSP and the CA's certificates are published; 127.0.0.1:8080 if nothing is said
    #[arg(long, value_name = "ADDRESS", value_parser = super::values::address)]
    http: Option<SocketAddr>,
}

/// One login of the demonstration, and what must come of it.
struct Case {
    name: &'static str,
    expected: Verdict,
    identity: Option<login::Identity>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let now = context.now();
        let (data, _lock) = fresh_directory(context.data.directory())?;
        let authority = make_authority(&data, now)?;
        report.say(&format!(
            "Made a certificate authority in {}.",
            data.directory().display()
        ));
        let (_, handover) = issue(&authority, "alice", now)?;
        let (mallory, mallorys) = issue(&authority, "mallory", now)?;
        authority.revoke(
            std::slice::from_ref(&mallory),
            ReasonCode::KeyCompromise,
            now,
        )?;
        report.say("Issued a certificate to alice, and one to mallory that was revoked.");
        let cases = vec![
            Case {
                name: "alice",
                expected: Verdict::Accepted,
                identity: Some(open(&handover)?),
            },
            Case {
                name: "no-certificate",
                expected: Verdict::NoCertificate,
                identity: None,
            },
            Case {
                name: "foreign",
                expected: Verdict::Refused(Reason::UnknownIssuer),
                identity: Some(foreign(now)?),
            },
            Case {
                name: "revoked",
                expected: Verdict::Refused(Reason::Revoked),
                identity: Some(open(&mallorys)?),
            },
        ];
        let own = authority.own_server(&[], now)?;
        let root = authority.root().clone();
        authority.discard_root(now)?;
        drop(authority);

        let (https, http) = self.addresses();
        let config = Config {
            https,
            http: Some(http),
            verify: None,
            client_auth: ClientAuth::Optional,
            application: None,
            key_log: None,
            limits: Limits::default(),
            clock: OffsetDateTime::now_utc,
        };
        let inventory = data.open()?;
        let on_disk = OnDisk::new(data.clone(), inventory, &own)?;
        let demonstration = Demonstration {
            report,
            root,
            root_file: handover::path(&data.root_certificate()),
            own,
            cases,
            handover,
            once: self.once,
        };
        runtime::build()?.block_on(demonstration.run(config, on_disk))
    }

    fn addresses(&self) -> (SocketAddr, SocketAddr) {
        let usual = |given: Option<SocketAddr>, port: u16| {
            given.unwrap_or_else(|| {
                SocketAddr::from(([127, 0, 0, 1], if self.once { 0 } else { port }))
            })
        };
        (usual(self.listen, 8443), usual(self.http, 8080))
    }
}

/// Everything that the logins need.
struct Demonstration {
    report: Report,
    root: Certificate,
    root_file: String,
    own: OwnServer,
    cases: Vec<Case>,
    handover: Handover,
    once: bool,
}

/// What came of a login.
#[derive(Debug, Serialize)]
struct Login {
    case: &'static str,
    expected: &'static str,
    verdict: &'static str,
    reason: Option<String>,
    #[serde(skip)]
    as_it_must: bool,
}

impl Demonstration {
    async fn run(self, config: Config, on_disk: OnDisk) -> Result<Exit> {
        let Self {
            report,
            root,
            root_file,
            own,
            cases,
            handover,
            once,
        } = self;
        // The logins below are told in a table; what the visitor does later is told as it happens.
        let told = Arc::new(AtomicBool::new(false));
        let log = {
            let told = told.clone();
            move |event: &Event| {
                if told.load(Ordering::Relaxed) {
                    report.say(&event.to_string());
                }
            }
        };
        let server = Server::bind(config, Arc::new(on_disk), Arc::new(log)).await?;
        let url = serve::url("https", server.https_address(), &own);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async {
            // The end is told by a message, and by the sender being dropped on an error alike.
            drop(ended.await);
        }));
        let mut logins = Vec::new();
        for case in cases {
            logins.push(case.try_on(&root, &url).await?);
        }
        tell(report, &logins, &root_file, &handover, &url, once);
        if !once {
            told.store(true, Ordering::Relaxed);
            runtime::interrupted().await;
        }
        drop(end);
        if serving.await.is_err() {
            return Err(Error::new(
                ErrorKind::Internal,
                "the server stopped by itself",
            ));
        }
        Ok(if logins.iter().all(|login| login.as_it_must) {
            Exit::Done
        } else {
            Exit::Refused
        })
    }
}

impl Case {
    async fn try_on(self, root: &Certificate, url: &str) -> Result<Login> {
        let Self {
            name,
            expected,
            identity,
        } = self;
        let config = login::Config {
            root: root.clone(),
            identity,
            version: None,
            key_log: None,
            tape: None,
        };
        let came = login::login(config, &Url::parse(url)?).await?;
        let verdict = came.verdict.as_str();
        let reason = came.reason.as_deref();
        Ok(Login {
            case: name,
            expected: expected.as_str(),
            verdict,
            as_it_must: verdict == expected.as_str()
                && reason == expected.reason().map(Reason::as_str)
                && came.exporter_matches == Some(true),
            reason: came.reason,
        })
    }
}

fn tell(report: Report, logins: &[Login], root: &str, handover: &Handover, url: &str, once: bool) {
    let password = handover.password.expose();
    let document = json!({
        "logins": logins,
        "bundle": handover::bundle(handover, Platform::Any),
        "url": url,
    });
    report.result(&document, || {
        let heading = ["LOGIN", "EXPECTED", "VERDICT", "REASON"].map(str::to_owned);
        let rows = logins.iter().map(|login| {
            let reason = login.reason.clone().unwrap_or_default();
            [
                login.case.to_owned(),
                login.expected.to_owned(),
                login.verdict.to_owned(),
                reason,
            ]
        });
        let logins = table::columns(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
        let facts = table::facts(&[
            ("root", root.to_owned()),
            ("bundle", handover.path.display().to_string()),
            ("password", password.to_owned()),
            ("url", url.to_owned()),
        ]);
        format!("{logins}\n\n{facts}")
    });
    if !once {
        report.say("");
        report.say("Now you: import the bundle into your browser with that password, open the URL, choose alice.");
        report.say("The browser will warn of the server until it trusts the root, which permits localhost alone:");
        report.say("import it from the file above, or go past the warning. The page shows the steps for your browser.");
        report.say("Ctrl-C ends.");
    }
}
