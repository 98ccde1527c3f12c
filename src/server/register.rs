//! Writes logins down in the inventory, behind the server's back: no login waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::{Event, Happening, Log};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Inventory, Login};

/// How many logins may wait to be written; further ones are counted and dropped.
const WAITING: usize = 4096;
/// How long a login waits for others that are written in the same transaction.
const GATHERING: Duration = Duration::from_millis(200);
/// How many logins are written in one transaction.
const BATCH: usize = 1000;
/// How often it is told at the most that logins came too fast.
const SILENCE: Duration = Duration::from_secs(60);
/// How long the end waits for what is still to be written, as when another program holds the inventory.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes the server's events and keeps the logins among them: one row a connection, one more when its verdict changes.
pub struct Register {
    sender: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
    ended: Mutex<Receiver<()>>,
}

enum Message {
    Login(Login),
    End,
}

/// The other end of the channel, in a thread of its own.
struct Writer<T> {
    inventory: Inventory,
    tell: T,
    dropped: Arc<AtomicU64>,
    /// How many could not be written since the inventory began to refuse.
    refused: Option<usize>,
    told: Option<Instant>,
}

impl Register {
    /// Writes into this inventory, which nobody else uses, and tells in a sentence when it cannot.
    ///
    /// # Errors
    /// Says that the system gives no thread.
    pub fn open(inventory: Inventory, tell: impl Fn(&str) + Send + 'static) -> Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let (end, ended) = sync_channel(1);
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            inventory,
            tell,
            dropped: dropped.clone(),
            refused: None,
            told: None,
        };
        let work = move || {
            writer.run(&receiver);
            // Nobody waits any more where the end took too long.
            let _ = end.send(());
        };
        let started = thread::Builder::new()
            .name("register".to_owned())
            .spawn(work);
        started.map_err(|cause| {
            Error::new(
                ErrorKind::Internal,
                format!("no thread could be started: {cause}"),
            )
            .with_hint("Look at the limits on threads.")
        })?;
        Ok(Self {
            sender,
            dropped,
            ended: Mutex::new(ended),
        })
    }

    /// Writes what still waits, and ends; within five seconds, whoever holds the inventory.
    pub fn close(&self) {
        let deadline = Instant::now() + PATIENCE;
        while let Err(TrySendError::Full(_)) = self.sender.try_send(Message::End) {
            if Instant::now() > deadline {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

impl Log for Register {
    fn write(&self, event: &Event) {
        let Happening::Login {
            verdict,
            subject,
            certificate,
            repeated: false,
        } = &event.happening
        else {
            return;
        };
        let login = Login {
            at: event.at,
            peer: event.peer.ip(),
            verdict: verdict.as_str(),
            reason: verdict.reason().map(|reason| reason.as_str()),
            certificate: *certificate,
            subject: subject.clone(),
        };
        if self.sender.try_send(Message::Login(login)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<T: Fn(&str)> Writer<T> {
    fn run(mut self, receiver: &Receiver<Message>) {
        let mut going_on = true;
        while going_on {
            let Ok(Message::Login(first)) = receiver.recv() else {
                break;
            };
            let mut batch = vec![first];
            let deadline = Instant::now() + GATHERING;
            while batch.len() < BATCH {
                let left = deadline.saturating_duration_since(Instant::now());
                match receiver.recv_timeout(left) {
                    Ok(Message::Login(login)) => batch.push(login),
                    Err(RecvTimeoutError::Timeout) => break,
                    Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => {
                        going_on = false;
                        break;
                    }
                }
            }
            self.write(&batch);
            self.tell_of_dropped(false);
        }
        self.tell_of_dropped(true);
    }

    fn write(&mut self, batch: &[Login]) {
        match (
            self.inventory
                .record_logins(batch, OffsetDateTime::now_utc()),
            self.refused,
        ) {
            (Ok(()), None) => {}
            (Ok(()), Some(refused)) => {
                self.refused = None;
                (self.tell)(&format!(
                    "logins are recorded again; {refused} of them were not"
                ));
            }
            (Err(_), Some(refused)) => self.refused = Some(refused + batch.len()),
            (Err(cause), None) => {
                self.refused = Some(batch.len());
                (self.tell)(&format!("logins are not recorded: {}", cause.message()));
            }
        }
    }

    fn tell_of_dropped(&mut self, ending: bool) {
        if !ending && self.told.is_some_and(|told| told.elapsed() < SILENCE) {
            return;
        }
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            self.told = Some(Instant::now());
            (self.tell)(&format!(
                "{dropped} logins were not recorded: they come faster than they can be written"
            ));
        }
    }
}
