//! OpenSSL's client while it runs.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::io::FdFlags;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Join};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::Url;
use super::super::visit::{self, End, Question};
use super::Messages;

/// How long the rest of what it has written is waited for once it has been stopped.
const REST: Duration = Duration::from_secs(1);
/// The most that is kept of its messages, in octets; two handshakes take some 30 KiB.
const LIMIT: usize = 4 << 20;
/// AlertDescription no_renegotiation (RFC 5246 §7.2.2).
const NO_RENEGOTIATION: u8 = 100;

/// A connection that OpenSSL's client has made, or is about to; it ends with this value.
#[derive(Debug)]
pub struct Conversation {
    child: Child,
    stream: Join<ChildStdout, ChildStdin>,
    written: Arc<Mutex<Vec<u8>>>,
    /// Changes with every message, and is gone when no more come.
    news: watch::Receiver<usize>,
    reader: JoinHandle<()>,
}

/// What became of a wish to negotiate anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renegotiated {
    /// A second handshake came to its end.
    Completed,
    /// The server sent this alert instead, as IANA names it.
    Alert(String),
    /// The server ended the connection instead.
    Closed,
    /// The server had done nothing when the time was over.
    Silent,
    /// This end did not ask for it: the connection was gone before, or this version of the client takes no such command.
    NotAsked,
}

impl Conversation {
    /// Starts the client, which inherits the pipe that it is to write its messages to.
    pub(super) fn begin(start: impl FnOnce(&OwnedFd) -> io::Result<Child>) -> io::Result<Self> {
        let (messages, theirs) = rustix::pipe::pipe()?;
        rustix::io::fcntl_setfd(&messages, FdFlags::CLOEXEC)?;
        let mut child = start(&theirs)?;
        // Its own copy is the only one left, so that the pipe ends with it.
        drop(theirs);
        let messages = Receiver::from_owned_fd(messages)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let written = Arc::new(Mutex::new(Vec::new()));
        let (tell, news) = watch::channel(0);
        let reader = tokio::spawn(read(messages, written.clone(), tell));
        Ok(Self {
            child,
            stream: tokio::io::join(stdout, stdin),
            written,
            news,
            reader,
        })
    }

    /// Asks, and tells how that ends.
    pub async fn ask(&mut self, url: &Url, question: &Question) -> End {
        visit::ask(&mut self.stream, url, question).await
    }

    /// The messages until now.
    pub fn messages(&self) -> Messages {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        Messages::new(&written)
    }

    /// Whether the connection is over: no more messages come.
    pub fn has_ended(&self) -> bool {
        self.reader.is_finished()
    }

    /// Waits until the messages show this, or no more come; says whether they do.
    ///
    /// Nothing when the time is over.
    pub async fn shows(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&Messages) -> bool,
    ) -> Option<bool> {
        let wait = async {
            loop {
                self.news.borrow_and_update();
                if wanted(&self.messages()) {
                    return true;
                }
                if self.news.changed().await.is_err() {
                    return wanted(&self.messages());
                }
            }
        };
        timeout(patience, wait).await.ok()
    }

    /// Asks the server for another handshake over the same connection, in TLS 1.2 (RFC 5246 §7.4.1.2).
    ///
    /// # Errors
    /// Fails where the client has ended.
    pub async fn renegotiate(&mut self, patience: Duration) -> io::Result<Renegotiated> {
        let before = self.messages().handshakes();
        let hellos = self.messages().hellos();
        // A line that begins with this letter is a command. It must come as one piece, with nothing before it.
        let input = self.stream.writer_mut();
        input.write_all(b"R\n").await?;
        input.flush().await?;
        let is_decided = |messages: &Messages| {
            messages.handshakes() > before
                || messages.alert().is_some()
                || messages.warns(NO_RENEGOTIATION)
                || messages.is_closed()
        };
        let shown = self.shows(patience, is_decided).await;
        let messages = self.messages();
        Ok(if messages.handshakes() > before {
            Renegotiated::Completed
        } else if messages.hellos() == hellos {
            Renegotiated::NotAsked
        } else if messages.warns(NO_RENEGOTIATION) {
            Renegotiated::Alert("no_renegotiation".to_owned())
        } else if let Some(alert) = messages.alert() {
            Renegotiated::Alert(alert)
        } else if shown.is_none() {
            Renegotiated::Silent
        } else {
            Renegotiated::Closed
        })
    }

    /// Ends it, and gives all messages.
    pub async fn end(mut self) -> Messages {
        // It may have ended by itself.
        let _ = self.child.kill().await;
        // What was written until then counts.
        let _ = timeout(REST, &mut self.reader).await;
        self.messages()
    }
}

async fn read(mut messages: Receiver, written: Arc<Mutex<Vec<u8>>>, tell: watch::Sender<usize>) {
    let mut some = vec![0; 16 << 10];
    while let Ok(count @ 1..) = messages.read(&mut some).await {
        let total = {
            let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
            let room = LIMIT.saturating_sub(written.len());
            written.extend(some.iter().take(count.min(room)));
            written.len()
        };
        tell.send_replace(total);
    }
}
