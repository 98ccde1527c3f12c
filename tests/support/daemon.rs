//! A program that runs until the test is over: started with its words in a file, looked at, told to read its files again, ended.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::process::{POLL, wait_for};

/// A running program, the leader of a group of its own; it has ended when this is dropped.
pub(crate) struct Daemon {
    child: Child,
    name: String,
    log: PathBuf,
    stop: Signal,
}

impl Daemon {
    /// Starts it; what it says goes to the file `log`, and on the signal `stop` it ends.
    #[track_caller]
    pub(crate) fn spawn(command: &mut Command, log: &Path, stop: Signal) -> Self {
        let file = fs::File::create(log).expect("a log can be written");
        let child = command
            .stdout(file.try_clone().expect("a handle can be copied"))
            .stderr(file)
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program()));
        Self {
            child,
            name: command.get_program().to_string_lossy().into_owned(),
            log: log.to_path_buf(),
            stop,
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it has said.
    pub(crate) fn log(&self) -> String {
        let octets = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&octets).into_owned()
    }

    /// Waits until it takes connections on a port of loopback; no where it has ended, because that was taken by somebody else
    /// between the question for a free one and its start.
    #[track_caller]
    pub(crate) fn listens(&mut self, port: u16) -> bool {
        let listens = wait_for(&format!("{} listens or ends", self.name), || {
            if self.has_ended() {
                return Some(false);
            }
            let connected = TcpStream::connect(("127.0.0.1", port));
            connected.ok().map(|_| true)
        });
        let log = self.log();
        assert!(
            listens || log.contains("in use"),
            "{} ended:\n{log}",
            self.name
        );
        listens
    }

    /// Says whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The processes that it has started: of most servers those that answer.
    pub(crate) fn workers(&self) -> Vec<String> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("a process can be looked at");
        children.split_whitespace().map(str::to_owned).collect()
    }

    /// Waits until none of these workers is left, and others are there.
    #[track_caller]
    pub(crate) fn replaces(&self, workers: &[String]) {
        assert!(!workers.is_empty(), "{} has no workers", self.name);
        wait_for(&format!("{} has new workers", self.name), || {
            let now = self.workers();
            let all_new = now.iter().all(|worker| !workers.contains(worker));
            (!now.is_empty() && all_new).then_some(())
        });
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended; then the next visit says so.
        let _ = rustix::process::kill_process(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.signal(self.stop);
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(POLL);
        }
        // What it started ends with it; mostly nothing is left.
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
