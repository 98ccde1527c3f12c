//! Servers of others from the configurations that `pki server-config` writes: each is started as it stands, in front of a small
//! application where it is a proxy, and let go when the test is over.

mod again;
mod anchor;
mod apart;
mod beside;
mod command;
mod forged;
mod kind;
mod let_in;
mod names;
mod programs;
mod refreshed;
mod refreshers;
pub(crate) mod system;
mod units;
mod upgraded;
mod visit;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::support::process::wait_for;
use crate::support::tools::fixture;
use crate::support::{Authority, Credentials, Daemon, Finished, finish, hermetic, path_text, tool};
use kind::{Kind, Reading};

/// A server that runs from its generated configuration, with all that belongs to it.
pub(crate) struct Running {
    server: Daemon,
    /// What answers it whether a certificate lets somebody in, where it asks that.
    _verify: Option<Daemon>,
    /// The application behind it.
    _application: Option<Daemon>,
    kind: &'static Kind,
    port: u16,
    directory: PathBuf,
}

impl Running {
    /// Starts a server by its word, with the certificate `localhost`; none where a program is missing.
    ///
    /// `anchor` is a directory as `pki probe --probe-anchor` makes it, which the server is told to trust too.
    #[track_caller]
    pub(crate) fn start(word: &str, authority: &Authority, anchor: Option<&Path>) -> Option<Self> {
        Self::start_changed(word, authority, anchor, &|_| ())
    }

    /// The same with a configuration that is changed in its directory before the server reads it.
    #[track_caller]
    pub(crate) fn start_changed(
        word: &str,
        authority: &Authority,
        anchor: Option<&Path>,
        change: &dyn Fn(&Path),
    ) -> Option<Self> {
        let kind = Kind::of(word);
        let program = kind.program()?;
        let certificate = authority.path("ca-data/servers/localhost/fullchain.pem");
        if !certificate.is_file() {
            let words = ["issue-server", "localhost", "127.0.0.1"];
            authority.pki(&words).ok();
        }
        let application = match kind.is_proxy {
            true => Some(application(authority)?),
            false => None,
        };
        // The port may be taken by somebody else between the question and the start: then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            let upstream = application.as_ref().map(|(_, port)| *port);
            let directory = configure(kind, authority, port, upstream, anchor);
            change(&directory);
            let verify = match kind.verify {
                Some(unit) => Some(verification(authority, &directory, unit)?),
                None => None,
            };
            // Not every throw-away hierarchy here has a root for the system.
            let of_system = anchor.map(|anchor| anchor.join("system.pem"));
            let mut command = match of_system.filter(|root| root.is_file()) {
                Some(root) => system::trusting(&root, word, &program, authority)?,
                None => hermetic(&program, authority.home()),
            };
            // Half as long until Java has begun, which is most of what it does here.
            command.env(
                "JDK_JAVA_OPTIONS",
                "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
            );
            command.args((kind.arguments)(&directory));
            let log = authority.path(&format!("{word}.log"));
            let mut server = Daemon::spawn(&mut command, &log, Signal::TERM);
            if server.listens(port) {
                if let Reading::ByOthers(_) = kind.reading {
                    wait_for("somebody answers", || {
                        (!server.workers().is_empty()).then_some(())
                    });
                }
                return Some(Self {
                    server,
                    _verify: verify,
                    _application: application.map(|(daemon, _)| daemon),
                    kind,
                    port,
                    directory,
                });
            }
        }
        panic!("no port was free for {word}");
    }

    /// Its URL, which ends with a slash.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where its configuration lies.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The process that was started.
    pub(crate) fn id(&self) -> u32 {
        self.server.id()
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        let own = fs::read(self.directory.join("error.log")).unwrap_or_default();
        self.server.log() + &String::from_utf8_lossy(&own)
    }

    /// The processes that answer for it.
    pub(crate) fn workers(&self) -> Vec<String> {
        self.server.workers()
    }

    /// Runs its refresh script, and waits until it answers by what that fetched.
    #[track_caller]
    pub(crate) fn refresh(&self, authority: &Authority) {
        self.reads_what_comes_of(|| drop(self.run_refresh(authority).ok()));
    }

    /// Does what runs its refresh script, and waits until it answers by what that fetched.
    #[track_caller]
    fn reads_what_comes_of(&self, refresh: impl FnOnce()) {
        let (before, loaded) = (self.reading(), self.loaded());
        refresh();
        if self.loaded() != loaded {
            self.has_read_since(&before);
        }
    }

    /// Runs its refresh script, whatever comes of it.
    #[track_caller]
    pub(crate) fn run_refresh(&self, authority: &Authority) -> Finished {
        let mut script = hermetic(self.directory.join("refresh"), authority.home());
        finish(script.env("PKI_PASSPHRASE", crate::support::PASSPHRASE))
    }

    /// Lets it read its files again as they lie there now.
    #[track_caller]
    pub(crate) fn reload(&self) {
        let before = self.reading();
        let signal = match self.kind.reading {
            Reading::ByOthers(signal) => signal,
            Reading::ByItself(_) => Signal::HUP,
            Reading::WhenTold => panic!("{} takes no signal", self.kind.word),
        };
        self.server.signal(signal);
        self.has_read_since(&before);
    }

    /// What changes when it reads its files.
    fn reading(&self) -> Vec<String> {
        match self.kind.reading {
            Reading::ByOthers(_) => self.workers(),
            Reading::ByItself(said) => {
                let log = self.log();
                log.matches(said).map(str::to_owned).collect()
            }
            Reading::WhenTold => Vec::new(),
        }
    }

    /// Waits until it has read its files since that moment, and serves by them.
    #[track_caller]
    fn has_read_since(&self, before: &[String]) {
        let word = self.kind.word;
        match self.kind.reading {
            Reading::ByOthers(_) => self.server.replaces(before),
            Reading::ByItself(_) => {
                wait_for(&format!("{word} reads its files"), || {
                    (self.reading().len() > before.len()).then_some(())
                });
            }
            Reading::WhenTold => {}
        }
        wait_for(&format!("{word} listens again"), || {
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }

    /// What the script remembers of the files that the server read last.
    fn loaded(&self) -> Option<String> {
        fs::read_to_string(self.directory.join(".loaded")).ok()
    }
}

/// Writes the configuration where it is written by itself, and returns where that is.
#[track_caller]
fn configure(
    kind: &Kind,
    authority: &Authority,
    port: u16,
    upstream: Option<u16>,
    anchor: Option<&Path>,
) -> PathBuf {
    let listen = format!("127.0.0.1:{port}");
    let upstream = upstream.map(|port| format!("http://127.0.0.1:{port}"));
    let mut words = vec!["server-config", kind.word, "--listen", &listen];
    if let Some(upstream) = &upstream {
        words.extend(["--upstream", upstream]);
    }
    if let Some(anchor) = anchor {
        words.extend(["--probe-anchor", path_text(anchor)]);
    }
    let document = authority.json(&words);
    assert_eq!(document["proven"], true, "{document}");
    PathBuf::from(document["directory"].as_str().expect("a directory"))
}

/// Starts `application.py`; none where Python is missing.
#[track_caller]
pub(crate) fn application(authority: &Authority) -> Option<(Daemon, u16)> {
    let mut python = hermetic(tool("python3")?, authority.home());
    python
        .arg(fixture("sites/application.py"))
        .arg("127.0.0.1:0");
    let log = authority.path("application.log");
    let application = Daemon::spawn(&mut python, &log, Signal::TERM);
    let port = wait_for("the application says its port", || {
        application.log().lines().next()?.parse().ok()
    });
    Some((application, port))
}

/// Starts what a unit of systemd would, and waits for the socket that stands in it; none where a program is missing.
#[track_caller]
fn verification(authority: &Authority, directory: &Path, unit: &str) -> Option<Daemon> {
    let mut command = units::command_of(&directory.join(unit), authority)?;
    let log = authority.path("verify.log");
    let mut daemon = Daemon::spawn(&mut command, &log, Signal::TERM);
    wait_for("pki serve answers proxies", || {
        assert!(!daemon.has_ended(), "pki serve ended:\n{}", daemon.log());
        let socket = directory.join("verify.sock");
        std::os::unix::net::UnixStream::connect(socket).ok()
    });
    Some(daemon)
}

fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    free.local_addr().unwrap().port()
}

/// Starts each proxy as it is written, and looks at it as somebody of that CA; a missing program leaves the rest out.
#[track_caller]
fn at_each_proxy(name: &str, look: impl Fn(&str, &Running, &Authority, &Credentials)) {
    let authority = Authority::init(&[]);
    let Some(who) = person(&authority, name) else {
        return;
    };
    for word in kind::PROXIES {
        let Some(server) = Running::start(word, &authority, None) else {
            return;
        };
        look(word, &server, &authority, &who);
    }
}

/// Somebody with a certificate of this CA, and with the chain that a client sends.
#[track_caller]
pub(crate) fn person(authority: &Authority, name: &str) -> Option<Credentials> {
    let credentials = authority.credentials(&authority.issue_client(&[name]))?;
    let own = fs::read_to_string(&credentials.certificate).unwrap();
    let issuing = fs::read_to_string(authority.issuing()).unwrap();
    let certificate = authority.path(&format!("{name}.chain.pem"));
    fs::write(&certificate, own + &issuing).unwrap();
    Some(Credentials {
        certificate,
        ..credentials
    })
}
