//! `pki serve` as a child process: started on free ports, stopped when the test is over.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use super::process::wait_for;
use super::{Authority, tools};

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// The mutual-TLS side, `https://localhost:PORT`.
    pub(crate) https: String,
    /// The plain side, `http://127.0.0.1:PORT`.
    pub(crate) http: String,
    /// Where proxies ask; nothing where they cannot.
    pub(crate) verify: Option<String>,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts `pki serve` with these options and waits until it says that it is ready.
    #[track_caller]
    pub(crate) fn start(authority: &Authority, options: &[&str]) -> Self {
        Self::spawn(&mut authority.command(&Self::words(options)))
    }

    /// The same without the passphrase.
    #[track_caller]
    pub(crate) fn start_locked(authority: &Authority, options: &[&str]) -> Self {
        Self::spawn(&mut authority.locked_command(&Self::words(options)))
    }

    /// The same with more in its environment.
    #[track_caller]
    pub(crate) fn start_in(
        authority: &Authority,
        options: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = authority.command(&Self::words(options));
        Self::spawn(command.envs(environment.iter().copied()))
    }

    /// Starts it with a clock that the test moves by writing an offset such as `+2h` into a file.
    ///
    /// Only the clock on the wall moves: tokio's timers run by the other one.
    #[track_caller]
    pub(crate) fn start_with_clock(
        authority: &Authority,
        options: &[&str],
    ) -> Option<(Self, Clock)> {
        Self::with_clock(authority, authority.command(&Self::words(options)))
    }

    /// The same without the passphrase.
    #[track_caller]
    pub(crate) fn start_locked_with_clock(authority: &Authority) -> Option<(Self, Clock)> {
        Self::with_clock(authority, authority.locked_command(&Self::words(&[])))
    }

    #[track_caller]
    fn with_clock(authority: &Authority, mut command: Command) -> Option<(Self, Clock)> {
        let clock = Clock(authority.path("clock"));
        clock.set("+0");
        command
            .env("LD_PRELOAD", tools::faketime_library()?)
            .env("FAKETIME_TIMESTAMP_FILE", &clock.0)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Some((Self::spawn(&mut command), clock))
    }

    /// The port of the mutual-TLS side.
    pub(crate) fn port(&self) -> &str {
        self.https.trim_end_matches('/').rsplit(':').next().unwrap()
    }

    /// Everything the server has written to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log holds this text.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_for(&format!("`{text}` in the server's log"), || {
            self.log().contains(text).then_some(())
        });
    }

    /// How often the log holds this text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        self.log().matches(text).count()
    }

    /// Asks it to stop, as a terminal or a service manager would, and returns its exit code.
    #[track_caller]
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        wait_for("the server stops", || self.child.try_wait().unwrap()).code()
    }

    /// The process, for a look at `/proc`.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn words<'a>(options: &[&'a str]) -> Vec<&'a str> {
        let mut words = vec!["serve", "--json", "--http", "127.0.0.1:0"];
        if !options.contains(&"--listen") {
            words.extend(["--listen", "127.0.0.1:0"]);
        }
        words.extend(options);
        words
    }

    #[track_caller]
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pki serve starts");
        let ready = Arc::new(Mutex::new(String::new()));
        let log = Arc::new(Mutex::new(String::new()));
        follow(child.stdout.take(), Arc::clone(&ready));
        follow(child.stderr.take(), Arc::clone(&log));
        let mut server = Self {
            child,
            https: String::new(),
            http: String::new(),
            verify: None,
            log,
        };
        let urls: Value = wait_for("the server says that it is ready", || {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("pki serve ended ({status}):\n{}", server.log());
            }
            let line = ready.lock().unwrap();
            line.ends_with('\n')
                .then(|| serde_json::from_str(&line).expect("a JSON line"))
        });
        server.https = urls["https"].as_str().expect("an https URL").to_owned();
        server.http = urls["http"].as_str().expect("an http URL").to_owned();
        server.verify = urls["verify"].as_str().map(str::to_owned);
        server
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("a child can be signalled");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The clock of a server.
pub(crate) struct Clock(std::path::PathBuf);

impl Clock {
    /// Sets it off from the real one by this much.
    pub(crate) fn set(&self, offset: &str) {
        let next = self.0.with_extension("next");
        std::fs::write(&next, offset).expect("the clock can be written");
        std::fs::rename(&next, &self.0).expect("the clock can be replaced");
    }
}

fn follow(stream: Option<impl Read + Send + 'static>, text: Arc<Mutex<String>>) {
    let stream = stream.expect("a pipe");
    thread::spawn(move || {
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while lines
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            text.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}
