//! `pki serve --upstream`: real applications behind our gateway, and clients that are not ours before it.

mod authority;
mod crowd;
mod forged;
mod nginx;
mod outlived;
mod passing;
mod refused;
mod smuggled;
mod streams;
mod trouble;
mod websocket;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::support::process::{finish_with_input, wait_for};
use crate::support::server::Clock;
use crate::support::tools::fixture;
use crate::support::{Authority, Credentials, Finished, Server, finish, hermetic, tool};

/// A program that runs beside the test: what it says is kept, and it ends with the test.
pub(crate) struct Companion {
    child: Child,
    stdin: Option<ChildStdin>,
    said: Arc<Mutex<String>>,
}

impl Companion {
    #[track_caller]
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a companion starts");
        let said = Arc::new(Mutex::new(String::new()));
        follow(child.stdout.take(), Arc::clone(&said));
        follow(child.stderr.take(), Arc::clone(&said));
        Self {
            stdin: child.stdin.take(),
            child,
            said,
        }
    }

    /// Everything it has said so far.
    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// How often it has said this.
    fn count(&self, text: &str) -> usize {
        self.said().matches(text).count()
    }

    /// From here on, what it has said so far does not count.
    fn forget(&self) {
        self.said.lock().unwrap().clear();
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        wait_for(&format!("`{text}` in\n{}", self.said()), || {
            self.said().contains(text).then_some(())
        });
    }

    /// Waits until it has ended, and gives all that it said.
    #[track_caller]
    fn wait_for_the_end(&mut self) -> String {
        self.stdin = None;
        wait_for("a companion ends", || self.child.try_wait().unwrap());
        self.said()
    }

    #[track_caller]
    fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it listens");
        writeln!(stdin, "{line}").expect("it listens");
    }

    /// The same where it may have ended.
    fn tell_perhaps(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// The same with octets, as `raw.py` takes them.
    #[track_caller]
    fn send(&mut self, octets: &str) {
        self.tell(&Value::from(octets).to_string());
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stream: Option<impl Read + Send + 'static>, text: Arc<Mutex<String>>) {
    let mut stream = BufReader::new(stream.expect("a pipe"));
    thread::spawn(move || {
        loop {
            let read = match stream.fill_buf() {
                Ok(octets) if !octets.is_empty() => {
                    text.lock()
                        .unwrap()
                        .push_str(&String::from_utf8_lossy(octets));
                    octets.len()
                }
                _ => return,
            };
            stream.consume(read);
        }
    });
}

/// An application, our gateway before it, and alice.
pub(crate) struct Site {
    pub(crate) authority: Authority,
    pub(crate) application: Companion,
    pub(crate) server: Server,
    pub(crate) alice: Credentials,
}

/// Which application.
#[derive(Clone, Copy)]
enum Kind {
    Python,
    /// The same on a socket of the file system.
    PythonOnSocket,
    Node,
}

impl Site {
    /// None where a program is missing.
    #[track_caller]
    fn of(kind: Kind, options: &[&str]) -> Option<Self> {
        let authority = Authority::init(&[]);
        let (application, upstream) = application(&authority, kind)?;
        Self::before(&upstream, authority, application, options)
    }

    /// The same with a clock that the test moves.
    #[track_caller]
    fn with_clock(kind: Kind) -> Option<(Self, Clock)> {
        let authority = Authority::init(&[]);
        let (application, upstream) = application(&authority, kind)?;
        let alice = person(&authority, "alice")?;
        let (server, clock) = Server::start_with_clock(&authority, &["--upstream", &upstream])?;
        let site = Self {
            authority,
            application,
            server,
            alice,
        };
        Some((site, clock))
    }

    #[track_caller]
    fn before(
        upstream: &str,
        authority: Authority,
        application: Companion,
        options: &[&str],
    ) -> Option<Self> {
        let alice = person(&authority, "alice")?;
        let server = Server::start(&authority, &[&["--upstream", upstream], options].concat());
        Some(Self {
            authority,
            application,
            server,
            alice,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.https)
    }

    /// curl with alice's certificate and these words.
    #[track_caller]
    fn curl(&self, words: &[&str]) -> Finished {
        self.curl_as(Some(&self.alice), words)
    }

    #[track_caller]
    fn curl_as(&self, credentials: Option<&Credentials>, words: &[&str]) -> Finished {
        finish(&mut self.curl_command(credentials, words))
    }

    #[track_caller]
    fn curl_command(&self, credentials: Option<&Credentials>, words: &[&str]) -> Command {
        let curl = tool("curl").expect("an earlier test looked for it");
        let mut curl = hermetic(curl, self.authority.home());
        curl.args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
            .arg(self.authority.root());
        if let Some(credentials) = credentials {
            curl.arg("--cert").arg(whole_chain(credentials));
            curl.arg("--key").arg(&credentials.key);
        }
        curl.args(words);
        curl
    }

    /// What the application says that it was asked, by curl with these words for `/echo`.
    #[track_caller]
    fn echo(&self, words: &[&str]) -> Value {
        let url = self.url("/echo");
        self.curl(&[words, &[&url]].concat()).ok().json()
    }

    /// A client that sends octets as they stand, over one connection.
    #[track_caller]
    fn raw(&self) -> Companion {
        Companion::start(self.raw_command())
    }

    /// What comes back for each of these octets on a connection of its own, until the server ends that.
    #[track_caller]
    fn answers(&self, requests: &[impl AsRef<str>]) -> Vec<String> {
        let lines = requests
            .iter()
            .map(|octets| format!("{}\n", Value::from(octets.as_ref())));
        let lines: String = lines.collect();
        let mut command = self.raw_command();
        let said = finish_with_input(command.arg("each"), Some(lines.as_bytes()));
        // Where a connection broke, it stands here why; it is shown where a test fails.
        eprintln!("{}", said.err());
        let answers = said.ok().out();
        let answers = answers
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let answers: Vec<_> = answers.collect();
        assert_eq!(answers.len(), requests.len());
        answers
    }

    /// The same for one.
    #[track_caller]
    fn answer(&self, octets: &str) -> String {
        self.answers(&[octets]).remove(0)
    }

    fn raw_command(&self) -> Command {
        let python = tool("python3").expect("an earlier test looked for it");
        let mut command = hermetic(python, self.authority.home());
        command
            .arg(fixture("gateway/raw.py"))
            .args([self.server.port(), "localhost"])
            .arg(self.authority.root())
            .arg(&self.alice.certificate)
            .arg(&self.alice.key);
        command
    }

    /// A client in Node.
    #[track_caller]
    fn client(&self, what: &str, path: &str) -> Option<Companion> {
        let mut command = hermetic(tool("node")?, self.authority.home());
        command
            .arg(fixture("gateway/client.js"))
            .args([what, &self.url(path)])
            .arg(self.authority.root())
            .arg(&self.alice.certificate)
            .arg(&self.alice.key);
        Some(Companion::start(command))
    }

    /// The most memory that the gateway has had so far, in KiB.
    fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let words: Vec<_> = line.unwrap().split_whitespace().collect();
        words[1].parse().unwrap()
    }
}

/// An application, and where it answers.
#[track_caller]
fn application(authority: &Authority, kind: Kind) -> Option<(Companion, String)> {
    let socket = format!("unix:{}", authority.path("app.sock").display());
    let (program, file, words) = match kind {
        Kind::Python => ("python3", "application.py", vec![]),
        Kind::PythonOnSocket => ("python3", "application.py", vec![socket.as_str()]),
        Kind::Node => ("node", "application.js", vec![]),
    };
    let mut command = hermetic(tool(program)?, authority.home());
    command.arg(fixture(&format!("gateway/{file}"))).args(words);
    let application = Companion::start(command);
    let port = wait_for("the application says where it listens", || {
        let said = application.said();
        Some(
            said.lines()
                .next()
                .filter(|_| said.contains('\n'))?
                .to_owned(),
        )
    });
    let upstream = match kind {
        Kind::PythonOnSocket => socket,
        _ => format!("http://127.0.0.1:{port}"),
    };
    Some((application, upstream))
}

/// Somebody's certificate, key and chain.
#[track_caller]
fn person(authority: &Authority, name: &str) -> Option<Credentials> {
    authority.credentials(&authority.issue_client(&[name]))
}

/// The certificate and what lies above it in one file, as curl takes them.
fn whole_chain(credentials: &Credentials) -> PathBuf {
    let path = credentials.certificate.with_extension("whole.pem");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let chain = credentials.chain.as_deref().map(read).unwrap_or_default();
    fs::write(&path, read(&credentials.certificate) + &chain).unwrap();
    path
}

/// The values of a field in what the application was asked, whatever the case of its name.
fn values<'a>(told: &'a Value, name: &str) -> Vec<&'a str> {
    let fields = told["headers"].as_array().unwrap().iter();
    fields
        .filter(|field| field[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .map(|field| field[1].as_str().unwrap())
        .collect()
}

/// All names of fields in what the application was asked.
fn names(told: &Value) -> Vec<String> {
    let fields = told["headers"].as_array().unwrap().iter();
    fields
        .map(|field| field[0].as_str().unwrap().to_lowercase())
        .collect()
}
