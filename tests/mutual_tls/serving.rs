//! A server on free ports that answers from the fixture's directory.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pki::authority::{OwnServer, ServerFiles};
use pki::file;
use pki::login::Url;
use pki::serial::SerialNumber;
use pki::server::{self, ClientAuth, Event, Limits, Log, OnDisk, Register, Server};
use pki::session::KeyLogFile;
use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::fixture::Authority;

/// A running server.
pub(super) struct Running {
    pub(super) https: SocketAddr,
    pub(super) http: SocketAddr,
    pub(super) verify: Option<String>,
    pub(super) files: ServerFiles,
    register: Arc<Register>,
    log: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Authority {
    pub(super) async fn serve(&self, client_auth: ClientAuth) -> Running {
        self.serve_with(client_auth, Limits::default()).await
    }

    pub(super) async fn serve_with(&self, client_auth: ClientAuth, limits: Limits) -> Running {
        let config = self.config(client_auth);
        self.run(server::Config { limits, ..config }).await
    }

    /// As a gateway to an application.
    pub(super) async fn serve_before(&self, upstream: &str, limits: Limits) -> Running {
        let config = self.config(ClientAuth::Optional);
        let application = Some(server::Application {
            at: server::Upstream::parse(upstream).unwrap(),
            patience: std::time::Duration::from_secs(60),
        });
        self.run(server::Config {
            application,
            limits,
            ..config
        })
        .await
    }

    /// With an address at which proxies ask that know this secret.
    pub(super) async fn serve_proxies(&self, secret: &str, limits: Limits) -> Running {
        let config = self.config(ClientAuth::Optional);
        let place = server::Place::Address(SocketAddr::from(([127, 0, 0, 1], 0)));
        let secret = server::SharedSecret::new(secret.as_bytes()).unwrap();
        let verify = server::Verification::new(place, server::Form::Pem, Some(secret)).unwrap();
        self.run(server::Config {
            verify: Some(verify),
            limits,
            ..config
        })
        .await
    }

    pub(super) async fn serve_logging(&self, key_log: Arc<KeyLogFile>) -> Running {
        let config = self.config(ClientAuth::Optional);
        let key_log = Some(key_log as _);
        self.run(server::Config { key_log, ..config }).await
    }

    pub(super) fn config(&self, client_auth: ClientAuth) -> server::Config {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        server::Config {
            https: loopback,
            http: Some(loopback),
            verify: None,
            client_auth,
            application: None,
            key_log: None,
            limits: Limits::default(),
            clock: OffsetDateTime::now_utc,
        }
    }

    async fn run(&self, config: server::Config) -> Running {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let said = log.clone();
        let tell = move |text: &str| said.lock().unwrap().push(text.to_owned());
        let register = Arc::new(Register::open(self.elsewhere(), tell).unwrap());
        let written = register.clone();
        let write = move |event: &Event| {
            lines.lock().unwrap().push(event.to_string());
            written.write(event);
        };
        let (on_disk, files) = self.on_disk();
        let server = Server::bind(config, on_disk, Arc::new(write))
            .await
            .unwrap();
        let (https, http) = (server.https_address(), server.http_address().unwrap());
        let verify = server.verify_place();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(async {
            let _ = stopped.await;
        }));
        Running {
            https,
            http,
            verify,
            files,
            register,
            log,
            stop,
            task,
        }
    }

    /// What a server answers from, and its own files, made for it.
    pub(super) fn on_disk(&self) -> (Arc<OnDisk>, ServerFiles) {
        let name = format!("server-{}", SerialNumber::draw().unwrap());
        let name: String = name.chars().take(20).collect();
        let directory = self.data.directory().join("servers").join(&name);
        file::create_private_directory(&directory).unwrap();
        let files = ServerFiles {
            fullchain: directory.join("fullchain.pem"),
            key: directory.join("key.pem"),
        };
        let holder = self.server(&name);
        holder.write_key(&files);
        holder.write_chain(&files);
        let own = OwnServer {
            chain: holder.chain(),
            files: files.clone(),
            dropped: Vec::new(),
        };
        let on_disk = OnDisk::new(self.data.clone(), self.elsewhere(), &own).unwrap();
        (Arc::new(on_disk), files)
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
        self.register.close();
        self.log.lock().unwrap().clone()
    }
}
