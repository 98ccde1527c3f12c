//! A conversation of OpenSSL's client with a server, and what it shows of the handshakes.
//!
//! What the server says over HTTP comes by stdout and the list of messages by a pipe of its own: no page can pretend to be a message.
//! A private key goes the same way into the client, and stands neither in a file nor on a command line.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Stdio;
use std::time::Duration;

use rustix::io::FdFlags;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::visit::{self, End};
use super::{Url, Version};

/// How long it may take: a handshake or two, and the beginning of an answer.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// How long the rest of what it has written is waited for once it has been stopped.
const REST: Duration = Duration::from_secs(1);
/// The most that is read of its messages, in octets; two handshakes take some 30 KiB.
const LIMIT: u64 = 4 << 20;
/// The most that a pipe surely holds before anybody reads it, in octets.
const PIPE: usize = 60 << 10;

/// What it is to do.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What is asked for.
    pub url: &'a Url,
    /// Where the server is.
    pub address: SocketAddr,
    /// The only version to speak.
    pub version: Version,
    /// What to log in with.
    pub presented: Option<&'a Credentials<'a>>,
    /// Where `openssl` is looked for.
    pub path: &'a OsStr,
}

/// What the client presents; its `Debug` shows nothing of the key.
pub struct Credentials<'a> {
    /// The certificates that are sent, each in DER, the client's own first.
    pub chain: Vec<&'a [u8]>,
    /// The key in PKCS#8.
    pub private_key: &'a [u8],
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Said {
    /// The handshake messages, as `-msg` writes them.
    pub messages: String,
    /// How it ended.
    pub end: End,
}

impl Call<'_> {
    /// Makes the call: until the server has answered or ended the connection, or the time is over.
    ///
    /// # Errors
    /// Fails where the program cannot be started.
    pub async fn make(self) -> io::Result<Said> {
        let (messages, theirs) = rustix::pipe::pipe()?;
        rustix::io::fcntl_setfd(&messages, FdFlags::CLOEXEC)?;
        let mut command = self.command(&theirs);
        let files = match self.presented {
            Some(presented) => Some(Files::of(presented)?),
            None => None,
        };
        if let Some(files) = &files {
            files.name(&mut command);
        }
        let mut child = command.spawn()?;
        // Its own copies are the only ones left, so that the pipe ends with it.
        drop((theirs, files));
        let messages = Receiver::from_owned_fd(messages)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let mut said = Vec::new();
        let mut messages = messages.take(LIMIT);
        let end = {
            let mut read = std::pin::pin!(messages.read_to_end(&mut said));
            let ask = visit::ask(tokio::io::join(stdout, stdin), self.url);
            let mut ask = std::pin::pin!(timeout(PATIENCE, ask));
            let ended = tokio::select! {
                ended = &mut ask => ended,
                _ = &mut read => ask.await,
            };
            ended.unwrap_or(End::Silent)
        };
        // It may have ended by itself.
        let _ = child.kill().await;
        // What was written until then counts.
        let _ = timeout(REST, messages.read_to_end(&mut said)).await;
        Ok(Said {
            messages: String::from_utf8_lossy(&said).into_owned(),
            end,
        })
    }

    fn command(&self, messages: &OwnedFd) -> Command {
        let mut command = Command::new("openssl");
        command
            // The end of its input ends it: it does not outlive this program.
            .args(["s_client", "-quiet", "-no_ign_eof", "-alpn", "http/1.1"])
            .args(["-msg", "-msgfile", &device(messages)])
            .arg("-connect")
            .arg(self.address.to_string())
            .args(match self.version {
                Version::Tls12 => &["-tls1_2"][..],
                Version::Tls13 => &["-tls1_3", "-enable_pha"],
            });
        match self.url.is_name() {
            true => command.args(["-servername", self.url.host()]),
            false => command.arg("-noservername"),
        };
        // Nothing else of the environment: a configuration of somebody's would change what is offered.
        command
            .env_clear()
            .env("PATH", self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// Certificate, chain and key, each in a pipe that the client inherits.
struct Files {
    certificate: OwnedFd,
    chain: Option<OwnedFd>,
    key: OwnedFd,
}

impl Files {
    fn of(presented: &Credentials<'_>) -> io::Result<Self> {
        let pem = |certificates: &[&[u8]]| {
            let block = |der: &&[u8]| pem::encode(&pem::Pem::new("CERTIFICATE", *der));
            certificates.iter().map(block).collect::<String>()
        };
        let block = pem::Pem::new("PRIVATE KEY", presented.private_key);
        let key = Zeroizing::new(pem::encode(&block));
        // The block holds a copy that nobody else wipes.
        drop(Zeroizing::new(block.into_contents()));
        let (own, others) = presented
            .chain
            .split_at_checked(1)
            .ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self {
            certificate: filled(pem(own).as_bytes())?,
            chain: match others {
                [] => None,
                others => Some(filled(pem(others).as_bytes())?),
            },
            key: filled(key.as_bytes())?,
        })
    }

    fn name(&self, command: &mut Command) {
        command.args(["-cert", &device(&self.certificate)]);
        command.args(["-key", &device(&self.key)]);
        if let Some(chain) = &self.chain {
            command.args(["-cert_chain", &device(chain)]);
        }
    }
}

/// A pipe that holds this, and ends behind it.
fn filled(content: &[u8]) -> io::Result<OwnedFd> {
    if content.len() > PIPE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let (pipe, end) = rustix::pipe::pipe()?;
    File::from(end).write_all(content)?;
    Ok(pipe)
}

/// The name under which a process opens what it has inherited.
fn device(inherited: &OwnedFd) -> String {
    format!("/dev/fd/{}", inherited.as_raw_fd())
}
