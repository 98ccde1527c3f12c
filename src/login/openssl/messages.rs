//! What `-msg` writes of the messages that went over a connection, decrypted.

use crate::hexadecimal;
use crate::session;

/// AlertLevel fatal (RFC 5246 §7.2).
const FATAL: u8 = 2;
/// AlertDescription close_notify.
const CLOSE_NOTIFY: u8 = 0;

/// The messages, as they were written.
#[derive(Debug, Clone, Default)]
pub struct Messages(String);

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whether this end sent it.
    pub ours: bool,
    /// Its content type as it is written: `Handshake`, `Alert`, `ChangeCipherSpec`.
    pub kind: String,
    /// What it is, as it is written: `Finished`, `fatal handshake failure`.
    pub name: String,
    /// The message itself, with its header.
    pub octets: Vec<u8>,
}

impl Messages {
    /// Takes what was written.
    pub fn new(written: &[u8]) -> Self {
        Self(String::from_utf8_lossy(written).into_owned())
    }

    /// Each message, in the order of the connection; the headers of records, and what cannot be read, are left out.
    pub fn iter(&self) -> impl Iterator<Item = Message> {
        let mut lines = self.0.lines().peekable();
        std::iter::from_fn(move || {
            loop {
                let head = lines.next()?;
                let mut digits = String::new();
                while let Some(line) = lines.next_if(|line| line.starts_with("    ")) {
                    digits.extend(line.split_whitespace());
                }
                if let Some(message) = read(head, &digits) {
                    return Some(message);
                }
            }
        })
    }

    /// Whether the first handshake came to its end.
    pub fn is_completed(&self) -> bool {
        self.handshakes() > 0
    }

    /// How many handshakes the server brought to an end.
    pub fn handshakes(&self) -> usize {
        let finished = |it: &Message| !it.ours && it.is_handshake("Finished");
        self.iter().filter(finished).count()
    }

    /// How many handshakes this end began.
    pub fn hellos(&self) -> usize {
        let hello = |it: &Message| it.ours && it.is_handshake("ClientHello");
        self.iter().filter(hello).count()
    }

    /// How often this end presented a certificate, and proved that it is its own.
    pub fn signatures(&self) -> usize {
        let signed = |it: &Message| it.ours && it.is_handshake("CertificateVerify");
        self.iter().filter(signed).count()
    }

    /// The first fatal alert that the server sent, as IANA names it.
    pub fn alert(&self) -> Option<String> {
        self.iter()
            .filter(|it| !it.ours && it.kind == "Alert")
            .find_map(|it| match *it.octets {
                [FATAL, number] => Some(session::alert(number)),
                _ => None,
            })
    }

    /// Whether the server sent a warning with this number (RFC 5246 §7.2).
    pub fn warns(&self, number: u8) -> bool {
        self.iter().any(|it| {
            !it.ours
                && it.kind == "Alert"
                && matches!(*it.octets, [level, it] if level != FATAL && it == number)
        })
    }

    /// Whether the server has closed the connection in good order.
    pub fn is_closed(&self) -> bool {
        self.warns(CLOSE_NOTIFY)
    }
}

impl Message {
    /// Says whether it is a handshake message of this name.
    pub fn is_handshake(&self, name: &str) -> bool {
        self.kind == "Handshake" && self.name == name
    }
}

/// Reads `<<< TLS 1.2, Handshake [length 0010], Finished` and the digits below.
fn read(head: &str, digits: &str) -> Option<Message> {
    let (ours, rest) = match head.strip_prefix(">>> ") {
        Some(rest) => (true, rest),
        None => (false, head.strip_prefix("<<< ")?),
    };
    let mut parts = rest.splitn(3, ", ").skip(1);
    let (kind, _) = parts.next()?.split_once(" [")?;
    if kind == "RecordHeader" {
        return None;
    }
    Some(Message {
        ours,
        kind: kind.to_owned(),
        name: parts.next().unwrap_or_default().to_owned(),
        octets: hexadecimal::decode(digits).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "<<< TLS 1.2, RecordHeader [length 0005]\n    16 03 03 00 04\n<<< TLS 1.2, Handshake [length 0010], Finished\n    14 00 00 0c\n    01\n>>> TLS 1.2, ChangeCipherSpec [length 0001]\n    01\n<<< TLS 1.2, Alert [length 0002], warning no renegotiation\n    01 64\n>>> TLS 1.2, Alert [length 0002], fatal handshake failure\n    02 28\n";

    #[test]
    fn messages_are_told_from_records_and_ours_from_theirs() {
        let messages = Messages::new(WRITTEN.as_bytes());
        let names: Vec<_> = messages
            .iter()
            .map(|it| (it.ours, it.kind, it.name, it.octets.len()))
            .collect();
        let line =
            |ours, kind: &str, name: &str, octets| (ours, kind.to_owned(), name.to_owned(), octets);
        assert_eq!(
            names,
            [
                line(false, "Handshake", "Finished", 5),
                line(true, "ChangeCipherSpec", "", 1),
                line(false, "Alert", "warning no renegotiation", 2),
                line(true, "Alert", "fatal handshake failure", 2),
            ]
        );
        assert_eq!(messages.handshakes(), 1);
        assert!(messages.warns(100) && !messages.is_closed());
        // What this end said is no word of the server's.
        assert_eq!(messages.alert(), None);
        assert_eq!(messages.signatures(), 0);
    }

    #[test]
    fn a_fatal_alert_of_the_servers_has_its_name_at_iana() {
        let written = "<<< TLS 1.3, Alert [length 0002], fatal certificate revoked\n    02 2c\n";
        let messages = Messages::new(written.as_bytes());
        assert_eq!(messages.alert().as_deref(), Some("certificate_revoked"));
        assert!(!messages.is_completed());
    }
}
