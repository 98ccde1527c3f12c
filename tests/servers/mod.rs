//! Web servers of others, with our chain and our CRLs or our OCSP responder: they let in whom we let in.
//!
//! Each is started from a configuration of its own, on a port from the system, and stopped when the test is over.

pub(crate) mod apache;
pub(crate) mod haproxy;
pub(crate) mod nginx;
pub(crate) mod s_server;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal};

use crate::support::process::wait_for;
use crate::support::{Authority, Credentials, finish, hermetic, path_text, tool};

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
    child: Child,
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
            command
                .args((kind.arguments)(&site, &configuration))
                .process_group(0);
            let log = site.directory.join("log");
            let mut running = Self {
                child: spawn(&mut command, &log),
                kind,
                site,
            };
            if running.is_ready() {
                return Some(running);
            }
            let log = fs::read_to_string(&log).unwrap_or_default();
            assert!(log.contains("in use"), "{} ended:\n{log}", kind.program);
        }
        panic!("no port was free for {}", kind.program);
    }

    /// Lets it read its files again, and waits until none of the workers with the older ones is left.
    #[track_caller]
    pub(crate) fn reload(&self) {
        let before = self.workers();
        assert!(!before.is_empty(), "{} has no workers", self.kind.program);
        self.signal(self.kind.reload);
        wait_for(&format!("{} has new workers", self.kind.program), || {
            let now = self.workers();
            let all_new = now.iter().all(|worker| !before.contains(worker));
            (!now.is_empty() && all_new).then_some(())
        });
    }

    /// The processes that answer for it.
    fn workers(&self) -> Vec<String> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("a process can be looked at");
        children.split_whitespace().map(str::to_owned).collect()
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

    fn is_ready(&mut self) -> bool {
        let address = ("127.0.0.1", self.site.port);
        wait_for(&format!("{} listens or ends", self.kind.program), || {
            if self.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            TcpStream::connect(address).ok().map(|_| true)
        })
    }

    fn signal(&self, signal: Signal) {
        // It may have ended; then the next visit says so.
        let _ = rustix::process::kill_process(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(self.kind.stop);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while std::time::Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(crate::support::process::POLL);
        }
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
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

fn spawn(command: &mut Command, log: &Path) -> Child {
    let log = fs::File::create(log).unwrap();
    let spawned = command
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .stdin(Stdio::null())
        .spawn();
    spawned.expect("a server starts")
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
