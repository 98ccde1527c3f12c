//! Web servers of others, with our chain and our CRLs or our OCSP responder: they let in whom we let in.
//!
//! Each is started from a configuration of its own, on a port from the system, and stopped when the test is over.

pub(crate) mod apache;
pub(crate) mod haproxy;
pub(crate) mod nginx;
pub(crate) mod s_server;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::support::{Authority, Credentials, Daemon, finish, hermetic, path_text, tool};

/// What a server needs to check clients, and where: everything that a configuration names.
pub(crate) struct Site {
    pub(crate) port: u16,
    /// The server's chain and key.
    pub(crate) fullchain: PathBuf,
    pub(crate) key: PathBuf,
    /// Whom clients' certificates must come from.
    pub(crate) root: PathBuf,
    /// How it learns which of them were revoked.
    pub(crate) revocations: Revocations,
    /// A directory for whatever else the server wants to write.
    pub(crate) directory: PathBuf,
}

/// Where a server learns of revocations.
#[derive(Clone)]
pub(crate) enum Revocations {
    /// Nowhere.
    None,
    /// From the CRLs in this file.
    Crls(PathBuf),
    /// From the OCSP responder at this URL.
    Ocsp(String),
}

/// A kind of server: how it is configured, started and told to read its files again.
pub(crate) struct Kind {
    pub(crate) program: &'static str,
    pub(crate) configuration: fn(&Site) -> String,
    pub(crate) arguments: fn(&Site, &Path) -> Vec<String>,
    /// The signal on which it reads its files again.
    pub(crate) reload: Signal,
    /// The signal on which it ends at once.
    pub(crate) stop: Signal,
}

/// A running server.
pub(crate) struct Running {
    daemon: Daemon,
    kind: &'static Kind,
    site: Site,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    LetIn,
    Refused,
}

impl Running {
    /// Starts a server; none where the program is missing.
    #[track_caller]
    pub(crate) fn start(
        kind: &'static Kind,
        authority: &Authority,
        revocations: &Revocations,
    ) -> Option<Self> {
        Self::start_with(kind, authority, revocations, &kind.configuration)
    }

    /// The same with a configuration of its own.
    #[track_caller]
    pub(crate) fn start_with(
        kind: &'static Kind,
        authority: &Authority,
        revocations: &Revocations,
        configure: &dyn Fn(&Site) -> String,
    ) -> Option<Self> {
        let program = tool(kind.program)?;
        // The port may be taken by somebody else between the question and the start: then another one is tried.
        for attempt in 0..5 {
            let site = Site::new(authority, revocations, attempt);
            let configuration = site.directory.join("configuration");
            fs::write(&configuration, configure(&site)).unwrap();
            let mut command = hermetic(&program, authority.home());
            command.args((kind.arguments)(&site, &configuration));
            let log = site.directory.join("log");
            let mut running = Self {
                daemon: Daemon::spawn(&mut command, &log, kind.stop),
                kind,
                site,
            };
            if running.daemon.listens(running.site.port) {
                return Some(running);
            }
        }
        panic!("no port was free for {}", kind.program);
    }

    /// Lets it read its files again, and waits until none of the workers with the older ones is left.
    #[track_caller]
    pub(crate) fn reload(&self) {
        let before = self.daemon.workers();
        self.daemon.signal(self.kind.reload);
        self.daemon.replaces(&before);
    }

    /// Asks for `/` with these credentials.
    #[track_caller]
    pub(crate) fn visit(&self, authority: &Authority, credentials: &Credentials) -> Option<Answer> {
        let mut curl = hermetic(tool("curl")?, authority.home());
        curl.args(["--silent", "--show-error", "--max-time", "20", "--cacert"])
            .arg(authority.root())
            .args(["--output", "/dev/null", "--write-out", "%{http_code}"])
            .arg("--cert")
            .arg(&credentials.certificate)
            .arg("--key")
            .arg(&credentials.key)
            .arg(format!("https://localhost:{}/", self.site.port));
        let finished = finish(&mut curl);
        // A refusal is an alert (curl fails) or, from nginx, a page with the status 400.
        Some(match (finished.code, finished.out().as_str()) {
            (Some(0), "200" | "204") => Answer::LetIn,
            (Some(0), "400") | (Some(35 | 52 | 55 | 56), _) => Answer::Refused,
            _ => panic!("{}", finished.said()),
        })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.site.port
    }

    /// Everything that it has said.
    pub(crate) fn log(&self) -> String {
        self.daemon.log()
    }
}

impl Site {
    fn new(authority: &Authority, revocations: &Revocations, attempt: u32) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        let directory = authority.path(&format!("site-{attempt}-{port}"));
        fs::create_dir_all(&directory).unwrap();
        Self {
            port,
            fullchain: authority.path("ca-data/servers/localhost/fullchain.pem"),
            key: authority.path("ca-data/servers/localhost/key.pem"),
            root: authority.root(),
            revocations: revocations.clone(),
            directory,
        }
    }

    /// The CRLs of a server that knows nothing else.
    #[track_caller]
    pub(crate) fn crls(&self) -> &Path {
        match &self.revocations {
            Revocations::Crls(path) => path,
            Revocations::None | Revocations::Ocsp(_) => {
                panic!("this kind of server is configured with CRLs")
            }
        }
    }
}

/// An authority with a server's certificate and two people, with the chains that their clients send.
pub(crate) fn people() -> Option<(Authority, Credentials, Credentials)> {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let person = |name: &str| -> Option<Credentials> {
        let credentials = authority.credentials(&authority.issue_client(&[name]))?;
        let own = fs::read_to_string(&credentials.certificate).unwrap();
        let issuing = fs::read_to_string(authority.issuing()).unwrap();
        let certificate = authority.path(&format!("{name}.chain.pem"));
        fs::write(&certificate, own + &issuing).unwrap();
        Some(Credentials {
            certificate,
            ..credentials
        })
    };
    let (alice, bob) = (person("alice")?, person("bob")?);
    Some((authority, alice, bob))
}

/// Alice is let in; after her revocation and a reload with the new CRLs she is not, and Bob still is.
#[track_caller]
fn alice_is_let_in_until_she_is_revoked(kind: &'static Kind) {
    let Some((authority, alice, bob)) = people() else {
        return;
    };
    let crls = authority.path("crl.pem");
    let renew = || {
        let words = ["crl", "--bundle", "--out", path_text(&crls)];
        authority.pki(&words).ok();
    };
    renew();
    let Some(server) = Running::start(kind, &authority, &Revocations::Crls(crls.clone())) else {
        return;
    };
    for person in [&alice, &bob] {
        let Some(answer) = server.visit(&authority, person) else {
            return;
        };
        assert_eq!(answer, Answer::LetIn, "{}", kind.program);
    }
    let revoke = ["revoke", "alice", "--reason", "keyCompromise", "--yes"];
    authority.pki(&revoke).ok();
    // It is the CRL that does it: until the server has the new one, nothing changes.
    assert_eq!(server.visit(&authority, &alice), Some(Answer::LetIn));
    renew();
    server.reload();
    assert_eq!(server.visit(&authority, &alice), Some(Answer::Refused));
    assert_eq!(server.visit(&authority, &bob), Some(Answer::LetIn));
}

/// With the issuing CA's CRL alone nobody is let in: these servers ask for the status of every certificate of the chain.
#[track_caller]
fn nobody_is_let_in_without_the_roots_crl(kind: &'static Kind) {
    let Some((authority, alice, _)) = people() else {
        return;
    };
    let crls = authority.path("issuing-only.pem");
    authority.pki(&["crl", "--out", path_text(&crls)]).ok();
    let Some(server) = Running::start(kind, &authority, &Revocations::Crls(crls)) else {
        return;
    };
    if let Some(answer) = server.visit(&authority, &alice) {
        assert_eq!(answer, Answer::Refused, "{}", kind.program);
    }
}
