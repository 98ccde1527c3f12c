//! A conversation of OpenSSL's client with a server, and what it shows of the handshakes.
//!
//! What the server says over HTTP comes by stdout and the list of messages by a pipe of its own: no page can pretend to be a message.
//! A private key goes the same way into the client, and stands neither in a file nor on a command line.

mod conversation;
mod files;
mod messages;

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

pub use conversation::{Conversation, Renegotiated};
pub use messages::{Message, Messages};

use super::visit::{End, Question};
use super::{Url, Version};
use files::{Files, device};

/// How long it may take: a handshake or two, and the beginning of an answer.
pub const PATIENCE: Duration = Duration::from_secs(15);

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
    /// The handshake messages.
    pub messages: Messages,
    /// How it ended.
    pub end: End,
}

impl Call<'_> {
    /// Makes the call: until the server has answered or ended the connection, or the time is over.
    ///
    /// # Errors
    /// Fails where the program cannot be started.
    pub async fn make(self) -> io::Result<Said> {
        let mut conversation = self.begin()?;
        let question = Question::default();
        let ask = conversation.ask(self.url, &question);
        let end = timeout(PATIENCE, ask).await.unwrap_or(End::Silent);
        Ok(Said {
            messages: conversation.end().await,
            end,
        })
    }

    /// Starts the client, which connects at once.
    ///
    /// # Errors
    /// Fails where the program cannot be started.
    pub fn begin(self) -> io::Result<Conversation> {
        Conversation::begin(|messages| {
            let mut command = self.command(messages);
            let files = self.presented.map(Files::of).transpose()?;
            if let Some(files) = &files {
                files.name(&mut command);
            }
            // Its own copies are the only ones left when `files` goes.
            command.spawn()
        })
    }

    fn command(&self, messages: &OwnedFd) -> Command {
        let mut command = Command::new("openssl");
        command
            // The end of its input ends it: it does not outlive this program. Without the first word it would write more than
            // the server says, with the first alone it would take no commands.
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
