//! A small certificate authority, a server on free ports, and clients of every kind.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pki::certificate::{Certificate, Subject};
use pki::inventory::{Holder as Owner, Inventory, ReasonCode};
use pki::issuer::Issuer;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::login::{self, Client, Report, Url, Version};
use pki::name::{Name, SubjectAltName};
use pki::profile::Profile;
use pki::serial::SerialNumber;
use pki::server::{self, ClientAuth, Event, IdentityHandle, Limits, Server};
use pki::session::KeyLogFile;
use pki::validity::Validity;
use time::{Duration, OffsetDateTime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A certificate authority with its inventory, in a directory of its own.
pub(super) struct Authority {
    pub(super) root: Certificate,
    pub(super) issuing: Issuer,
    pub(super) inventory: Arc<Mutex<Inventory>>,
    path: std::path::PathBuf,
    _directory: tempfile::TempDir,
}

/// A certificate with its key and the CA that signed it.
pub(super) struct Holder {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    issuer: Certificate,
}

/// A running server.
pub(super) struct Running {
    pub(super) https: SocketAddr,
    pub(super) http: SocketAddr,
    pub(super) identity: IdentityHandle,
    log: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn years(from: i64, until: i64) -> Validity {
    let second = now().replace_nanosecond(0).unwrap();
    Validity {
        not_before: second + Duration::days(365 * from),
        not_after: second + Duration::days(365 * until),
    }
}

fn subject(common_name: &str) -> Subject {
    Subject {
        common_name: common_name.to_owned(),
        organization: None,
    }
}

fn key() -> PrivateKey {
    PrivateKey::generate(KeyAlgorithm::P256).unwrap()
}

impl Authority {
    pub(super) fn new() -> Self {
        Self::called("Test")
    }

    pub(super) fn called(name: &str) -> Self {
        let root_key = key();
        let request = Profile::Root.request(
            subject(&format!("{name} root")),
            Vec::new(),
            years(-10, 20),
            root_key.public_key(),
        );
        let root = Issuer::self_signed(&request.unwrap(), SerialNumber::draw().unwrap(), root_key)
            .unwrap();
        let issuing_key = key();
        let request = Profile::Issuing.request(
            subject(&format!("{name} issuing")),
            Vec::new(),
            years(-10, 10),
            issuing_key.public_key(),
        );
        let issuing = root
            .sign(&request.unwrap(), SerialNumber::draw().unwrap(), None)
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pki.db");
        let inventory = Inventory::create(&path).unwrap();
        for (certificate, profile) in [
            (root.certificate(), Profile::Root),
            (&issuing, Profile::Issuing),
        ] {
            inventory.record(certificate, profile, None, now()).unwrap();
        }
        Self {
            root: root.certificate().clone(),
            issuing: Issuer::new(issuing, issuing_key).unwrap(),
            inventory: Arc::new(Mutex::new(inventory)),
            path,
            _directory: directory,
        }
    }

    /// Signs a certificate that the inventory does not know.
    pub(super) fn sign(&self, profile: Profile, name: &str, validity: Validity) -> Holder {
        self.sign_with(profile, name, validity, KeyAlgorithm::P256)
    }

    fn sign_with(
        &self,
        profile: Profile,
        name: &str,
        validity: Validity,
        algorithm: KeyAlgorithm,
    ) -> Holder {
        let key = PrivateKey::generate(algorithm).unwrap();
        let names = match profile {
            Profile::Server => ["localhost", "site.login.localhost", "127.0.0.1", "::1"]
                .map(|host| SubjectAltName::parse_host(host).unwrap())
                .to_vec(),
            _ => Vec::new(),
        };
        let request = profile
            .request(subject(name), names, validity, key.public_key())
            .unwrap();
        let certificate = self
            .issuing
            .sign(&request, SerialNumber::draw().unwrap(), None)
            .unwrap();
        Holder {
            certificate,
            key,
            issuer: self.issuing.certificate().clone(),
        }
    }

    fn record(&self, holder: &Holder, profile: Profile, name: &str) {
        let name = Name::parse(name).unwrap();
        let owner = match profile {
            Profile::Server => Owner::server(&name),
            _ => Owner::client(&name, None),
        };
        let inventory = self.inventory.lock().unwrap();
        inventory
            .record(&holder.certificate, profile, Some(&owner), now())
            .unwrap();
    }

    fn issue(&self, profile: Profile, name: &str, validity: Validity) -> Holder {
        let holder = self.sign(profile, name, validity);
        self.record(&holder, profile, name);
        holder
    }

    pub(super) fn client(&self, name: &str) -> Holder {
        self.issue(Profile::Client, name, years(-1, 1))
    }

    pub(super) fn client_with(&self, name: &str, algorithm: KeyAlgorithm) -> Holder {
        let holder = self.sign_with(Profile::Client, name, years(-1, 1), algorithm);
        self.record(&holder, Profile::Client, name);
        holder
    }

    pub(super) fn expired_client(&self, name: &str) -> Holder {
        self.issue(Profile::Client, name, years(-2, -1))
    }

    pub(super) fn future_client(&self, name: &str) -> Holder {
        self.issue(Profile::Client, name, years(1, 2))
    }

    pub(super) fn unrecorded_client(&self, name: &str) -> Holder {
        self.sign(Profile::Client, name, years(-1, 1))
    }

    pub(super) fn server(&self, name: &str) -> Holder {
        self.issue(Profile::Server, name, years(-1, 1))
    }

    /// Revokes as another process would: through a connection of its own.
    pub(super) fn revoke(&self, holder: &Holder) {
        let inventory = Inventory::open(&self.path).unwrap();
        let record = inventory
            .find_by_fingerprint(&holder.certificate.fingerprint())
            .unwrap()
            .unwrap();
        inventory
            .revoke(&[record], ReasonCode::KeyCompromise, now())
            .unwrap();
    }

    pub(super) async fn serve(&self, client_auth: ClientAuth) -> Running {
        self.serve_with(client_auth, Limits::default()).await
    }

    pub(super) async fn serve_with(&self, client_auth: ClientAuth, limits: Limits) -> Running {
        let config = self.config(client_auth);
        self.run(server::Config { limits, ..config }).await
    }

    pub(super) async fn serve_logging(&self, key_log: Arc<KeyLogFile>) -> Running {
        let config = self.config(ClientAuth::Optional);
        let key_log = Some(key_log as _);
        self.run(server::Config { key_log, ..config }).await
    }

    fn config(&self, client_auth: ClientAuth) -> server::Config {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let name = format!("server-{}", SerialNumber::draw().unwrap());
        let name: String = name.chars().take(20).collect();
        server::Config {
            https: loopback,
            http: Some(loopback),
            client_auth,
            identity: self.server(&name).server_identity(),
            key_log: None,
            limits: Limits::default(),
            clock: OffsetDateTime::now_utc,
        }
    }

    async fn run(&self, config: server::Config) -> Running {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let write = move |event: &Event| lines.lock().unwrap().push(event.to_string());
        let server = Server::bind(config, self.inventory.clone(), Arc::new(write))
            .await
            .unwrap();
        let (https, http) = (server.https_address(), server.http_address().unwrap());
        let identity = server.identity();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(async {
            let _ = stopped.await;
        }));
        Running {
            https,
            http,
            identity,
            log,
            stop,
            task,
        }
    }

    pub(super) fn login_as(&self, holder: Option<&Holder>, version: Version) -> Client {
        Client::new(login::Config {
            root: self.root.clone(),
            identity: holder.map(Holder::identity),
            version: Some(version),
            key_log: None,
        })
        .unwrap()
    }
}

impl Holder {
    /// Somebody who signed for himself.
    pub(super) fn self_signed(name: &str) -> Self {
        let key = key();
        let request = Profile::Root
            .request(subject(name), Vec::new(), years(-1, 1), key.public_key())
            .unwrap();
        let copy = PrivateKey::from_pkcs8(key.pkcs8()).unwrap();
        let issuer = Issuer::self_signed(&request, SerialNumber::draw().unwrap(), copy).unwrap();
        Self {
            certificate: issuer.certificate().clone(),
            key,
            issuer: issuer.certificate().clone(),
        }
    }

    fn chain(&self) -> Vec<Certificate> {
        vec![self.certificate.clone(), self.issuer.clone()]
    }

    pub(super) fn identity(&self) -> login::Identity {
        login::Identity::new(&self.chain(), self.key.pkcs8()).unwrap()
    }

    pub(super) fn server_identity(&self) -> server::Identity {
        server::Identity::new(&self.chain(), self.key.pkcs8()).unwrap()
    }
}

impl Running {
    pub(super) fn url(&self) -> Url {
        Url::parse(&format!("https://localhost:{}", self.https.port())).unwrap()
    }

    /// The log, when it holds a line with this text; the server writes it before it answers, but after an alert.
    pub(super) async fn logged(&self, text: &str) -> Vec<String> {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        loop {
            let lines = self.log();
            if lines.iter().any(|line| line.contains(text)) {
                return lines;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{text} not in {lines:?}"
            );
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(super) async fn stop(self) -> Vec<String> {
        let _ = self.stop.send(());
        self.task.await.unwrap();
        self.log.lock().unwrap().clone()
    }
}

pub(super) const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

/// The parts of a report that say who was let in and why not.
pub(super) fn outcome(report: &Report) -> (&'static str, Option<&str>, Option<&str>) {
    (
        report.verdict.as_str(),
        report.reason.as_deref(),
        report.alert.as_deref(),
    )
}
