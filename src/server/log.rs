//! What the server has to say about its connections: one line each, and never a secret.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use time::OffsetDateTime;

use crate::certificate::Fingerprint;
use crate::error::Error;
use crate::judge::Verdict;
use crate::name::one_line;
use crate::validity::format_instant;

/// Takes what happens; the command decides what becomes of it.
pub trait Log: Send + Sync {
    /// Takes one event. It is called on the server's own threads and must not wait.
    fn write(&self, event: &Event);
}

/// Something that happened on a connection.
///
/// Displayed it is one line: time, peer, then the verdict with reason and subject, or what went wrong.
#[derive(Debug)]
pub struct Event {
    /// When.
    pub at: OffsetDateTime,
    /// Who was at the other end.
    pub peer: Peer,
    /// What.
    pub happening: Happening,
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A client, or a proxy that asks over the network.
    Address(SocketAddr),
    /// A proxy on this machine that asks through a Unix socket.
    Socket,
}

/// What can happen on a connection.
#[derive(Debug)]
pub enum Happening {
    /// A login was judged.
    Login {
        /// What was decided.
        verdict: Verdict,
        /// The subject of the client's certificate (RFC 4514), where it could be read.
        subject: Option<String>,
        /// The SHA-256 of what was presented as the client's certificate.
        certificate: Option<Fingerprint>,
        /// This connection was judged before, and alike.
        repeated: bool,
    },
    /// A proxy asked in a way that is not answered.
    Misuse(&'static str),
    /// A handshake came to nothing, for another reason than its certificate.
    Handshake(String),
    /// A client over HTTP/2 sent so much that came to nothing that it is read slowly where it goes on.
    Slowed,
    /// The server could not do its work.
    Trouble(Error),
}

impl<F: Fn(&Event) + Send + Sync> Log for F {
    fn write(&self, event: &Event) {
        self(event);
    }
}

impl Peer {
    /// Its address, where it has one.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address.ip()),
            Self::Socket => None,
        }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Socket => f.write_str("unix"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", format_instant(self.at), self.peer)?;
        match &self.happening {
            Happening::Login {
                verdict, subject, ..
            } => {
                let reason = verdict.reason().map_or("-", |reason| reason.as_str());
                let subject = subject.as_deref().unwrap_or("-");
                write!(f, "{} {reason} {}", verdict.as_str(), one_line(subject))
            }
            Happening::Misuse(problem) => write!(f, "a proxy asked amiss: {problem}"),
            Happening::Handshake(problem) => write!(f, "handshake failed: {}", one_line(problem)),
            Happening::Slowed => {
                f.write_str("slowed: too many frames of HTTP/2 for so few answers")
            }
            Happening::Trouble(error) => write!(f, "trouble: {}", one_line(error.message())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Reason;

    fn line(happening: Happening) -> String {
        Event {
            at: OffsetDateTime::UNIX_EPOCH,
            peer: SocketAddr::from(([127, 0, 0, 1], 50_000)).into(),
            happening,
        }
        .to_string()
    }

    #[test]
    fn a_refusal_is_one_line_with_reason_and_subject() {
        let refused = line(Happening::Login {
            verdict: Verdict::Refused(Reason::Revoked),
            subject: Some("CN=alice".to_owned()),
            certificate: None,
            repeated: false,
        });
        assert_eq!(
            refused,
            "1970-01-01T00:00:00Z 127.0.0.1:50000 refused revoked CN=alice"
        );
        let absent = line(Happening::Login {
            verdict: Verdict::NoCertificate,
            subject: None,
            certificate: None,
            repeated: false,
        });
        assert_eq!(
            absent,
            "1970-01-01T00:00:00Z 127.0.0.1:50000 no-certificate - -"
        );
    }

    #[test]
    fn a_proxy_at_a_socket_has_no_address() {
        let event = Event {
            at: OffsetDateTime::UNIX_EPOCH,
            peer: Peer::Socket,
            happening: Happening::Misuse("Why."),
        };
        assert_eq!(
            event.to_string(),
            "1970-01-01T00:00:00Z unix a proxy asked amiss: Why."
        );
    }

    #[test]
    fn who_is_slowed_is_told_with_the_reason() {
        assert_eq!(
            line(Happening::Slowed),
            "1970-01-01T00:00:00Z 127.0.0.1:50000 slowed: too many frames of HTTP/2 for so few answers"
        );
    }

    #[test]
    fn a_foreign_name_stays_on_its_line() {
        let refused = line(Happening::Login {
            verdict: Verdict::Refused(Reason::UnknownIssuer),
            subject: Some("CN=a\nb\u{202e}c".to_owned()),
            certificate: None,
            repeated: false,
        });
        assert!(!refused.contains('\n'));
        assert!(!refused.contains('\u{202e}'));
    }
}
