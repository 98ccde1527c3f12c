//! `pki demo`: the whole thing in a minute, on a throw-away CA.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::context::Context;
use super::report::{Exit, Report};
use super::{runtime, serve, table};
use crate::authority::{
    self, Authority, BundlePassword, CaData, Handover, NewAuthority, NewClient,
};
use crate::bundle::{self, Platform};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::{Inventory, ReasonCode, Record};
use crate::issuer::Issuer;
use crate::judge::{Reason, Verdict};
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::login::{self, Url};
use crate::name::{Cidr, Name, NameConstraints, Subtree};
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::server::{ClientAuth, Config, Event, Limits, Server};
use crate::validity::{Lifetime, Validity};

const LIFETIME: Lifetime = Lifetime::days(30);
/// Marks a directory that a demonstration made and may therefore remove.
const MARK: &str = "demo";

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
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where the CA's certificates are published; 127.0.0.1:8080 if nothing is said
    #[arg(long, value_name = "ADDRESS")]
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
        let now = context.now;
        let data = fresh_directory(context.data.directory())?;
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
        data.discard_root_key(&root)?;
        drop(authority);

        let (https, http) = self.addresses();
        let config = Config {
            https,
            http: Some(http),
            client_auth: ClientAuth::Optional,
            identity: serve::identity(&own)?,
            key_log: None,
            limits: Limits::default(),
            clock: OffsetDateTime::now_utc,
        };
        let inventory = data.open()?;
        let demonstration = Demonstration {
            report,
            root,
            cases,
            handover,
            once: self.once,
        };
        runtime::build()?.block_on(demonstration.run(config, inventory))
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
    async fn run(self, config: Config, inventory: Inventory) -> Result<Exit> {
        let Self {
            report,
            root,
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
        let server = Server::bind(config, Arc::new(Mutex::new(inventory)), Arc::new(log)).await?;
        let url = serve::url("https", server.https_address(), &[]);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async {
            // The end is told by a message, and by the sender being dropped on an error alike.
            drop(ended.await);
        }));
        let mut logins = Vec::new();
        for case in cases {
            logins.push(case.try_on(&root, &url).await?);
        }
        tell(report, &logins, &handover, &url, once);
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

fn tell(report: Report, logins: &[Login], handover: &Handover, url: &str, once: bool) {
    let password = handover.password.expose();
    let document = json!({
        "logins": logins,
        "bundle": {
            "path": handover.path,
            "password": password,
            "platform": Platform::Any.as_str(),
            "iterations": handover.iterations,
        },
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
        report.say(
            "import root.pem beside the CA's other files, or go past the warning. Ctrl-C ends.",
        );
    }
}

/// Empties `DIR/demo`, but only where an earlier demonstration made it.
fn fresh_directory(ca_data: &Path) -> Result<CaData> {
    let directory = ca_data.join("demo");
    let foreign = directory.exists()
        && !directory.join(MARK).is_file()
        && std::fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_some());
    if foreign {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{} was not made by a demonstration", directory.display()),
        )
        .with_hint("Move it away, or choose another --ca-data."));
    }
    if directory.exists() {
        std::fs::remove_dir_all(&directory)
            .map_err(|cause| file::failure("remove", &directory, &cause))?;
    }
    file::create_private_directory(&directory)?;
    file::write(
        &directory.join(MARK),
        b"Made anew by every pki demo.\n",
        Access::Private,
        Existing::Refuse,
    )?;
    Ok(CaData::new(directory))
}

/// A CA that can certify nothing but this machine.
fn make_authority(data: &CaData, now: OffsetDateTime) -> Result<Authority> {
    let permitted = vec![
        Subtree::parse_dns("localhost")?,
        Subtree::Ip(Cidr::parse("127.0.0.0/8")?),
        Subtree::Ip(Cidr::parse("::1")?),
    ];
    let new = NewAuthority {
        name: None,
        organization: None,
        key_algorithm: KeyAlgorithm::P256,
        root_lifetime: LIFETIME,
        issuing_lifetime: LIFETIME,
        name_constraints: NameConstraints::permitting(permitted),
        base_url: None,
        root_passphrase: None,
        passphrase: None,
    };
    authority::init(data, &new, now)?;
    Authority::open(data, || {
        Err(Error::new(
            ErrorKind::Internal,
            "the demonstration's key has no passphrase",
        ))
    })
}

fn issue(authority: &Authority, name: &str, now: OffsetDateTime) -> Result<(Record, Handover)> {
    let new = NewClient {
        name: Name::parse(name)?,
        device: None,
        subject_alt_names: Vec::new(),
        lifetime: LIFETIME,
        key_algorithm: KeyAlgorithm::P256,
        form: Platform::Any.form(),
        out: None,
    };
    let (issued, handover) = authority.issue_client(&new, BundlePassword::Generate, now)?;
    Ok((issued.record, handover))
}

/// Logs in with what was really handed over: the bundle, opened with its password.
fn open(handover: &Handover) -> Result<login::Identity> {
    let contents = bundle::open(&file::read(&handover.path)?, &handover.password)?;
    let identity = contents.identities.into_iter().next();
    let identity =
        identity.ok_or_else(|| Error::new(ErrorKind::Internal, "the bundle holds no identity"))?;
    let issuing = identity.chain.into_iter().take(1);
    let chain = std::iter::once(identity.certificate)
        .chain(issuing)
        .map(Certificate::from_der);
    login::Identity::new(&chain.collect::<Result<Vec<_>>>()?, &identity.private_key)
}

/// A certificate for alice from somebody else's CA.
fn foreign(now: OffsetDateTime) -> Result<login::Identity> {
    let validity = Validity::starting(now, LIFETIME)?;
    let subject = |name: &str| Subject {
        common_name: name.to_owned(),
        organization: None,
    };
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let request = Profile::Root.request(
        subject("somebody else's CA"),
        Vec::new(),
        validity,
        key.public_key(),
    )?;
    let issuer = Issuer::self_signed(&request, SerialNumber::draw()?, key)?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let request =
        Profile::Client.request(subject("alice"), Vec::new(), validity, key.public_key())?;
    let certificate = issuer.sign(&request, SerialNumber::draw()?, None)?;
    login::Identity::new(&[certificate], key.pkcs8())
}
