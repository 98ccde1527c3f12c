//! A handshake told in order: each message, who sends it, how it is protected, what it is for and what stood in it.
//!
//! The page and the terminal tell the same story; only its looks are theirs.

mod facts;
mod hellos;
mod proof;

use super::handshake::{Handshake, Share};
use super::{End, Session};
use facts::{facts, one, share};
use hellos::hellos;
use proof::{
    certificate_request, client_certificate, client_proof, finished, server_certificate,
    server_proof, signature,
};

/// One message, or two that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The message's name in RFC 8446 or RFC 5246.
    pub message: &'static str,
    /// Who sends it.
    pub from: End,
    /// What protects it on the wire.
    pub protection: Protection,
    /// What it is for, in one or two sentences.
    pub purpose: &'static str,
    /// Whose private key is used here, if one is.
    pub private_key: Option<End>,
    /// What stood in it.
    pub facts: Vec<Fact>,
}

/// What protects a message on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Nothing: whoever records the connection can read it.
    Clear,
    /// The handshake's own keys, derived after the hellos (RFC 8446 §2).
    Handshake,
    /// The keys that application data is protected with.
    Session,
}

impl Protection {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "in the clear",
            Self::Handshake => "encrypted with the handshake's keys",
            Self::Session => "encrypted with the session's keys",
        }
    }
}

/// One thing that stood in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its key in the JSON, with dots where it lies deeper: `client_hello.random`.
    pub field: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// Its values, in the order of the wire.
    pub values: Vec<String>,
}

/// What a resumed session takes over from the one that it resumes, and what it makes anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inheritance {
    /// Taken over.
    pub kept: &'static [&'static str],
    /// Made anew.
    pub renewed: &'static [&'static str],
}

impl Session {
    /// Tells the handshake of this connection, message by message.
    pub fn story(&self) -> Vec<Step> {
        let told = &self.handshake;
        let Some(hello) = &told.client_hello else {
            return Vec::new();
        };
        let mut steps = hellos(told, hello, self.alpn.as_ref());
        match (self.is_tls_1_3(), self.resumed) {
            (true, resumed) => tls_1_3(told, self.alpn.as_ref(), resumed, &mut steps),
            (false, false) => tls_1_2(told, &mut steps),
            (false, true) => steps
                .extend([End::Server, End::Client].map(|end| finished(end, Protection::Session))),
        }
        steps.extend(self.alert());
        steps
    }

    /// The last word of a server that refused.
    fn alert(&self) -> Option<Step> {
        let alert = self.handshake.alert.as_ref()?;
        let protection = match (self.is_tls_1_3(), self.handshake.complete) {
            // The server's Finished lies behind it (RFC 8446 §4.4.4).
            (true, _) | (false, true) => Protection::Session,
            (false, false) => Protection::Clear,
        };
        Some(Step {
            message: "Alert",
            from: End::Server,
            protection,
            purpose: "The server ends the connection, and says why in one word.",
            private_key: None,
            facts: facts([("alert", "Alert", vec![alert.clone()])]),
        })
    }

    /// What resuming kept and renewed; nothing, where this is a full handshake.
    pub fn inheritance(&self) -> Option<Inheritance> {
        if !self.resumed {
            return None;
        }
        Some(match self.is_tls_1_3() {
            // RFC 8446 §2.2, §4.2.9: psk_dhe_ke, the one mode that both ends here offer.
            true => Inheritance {
                kept: &[
                    "who the client is, as the full handshake proved it, or that it showed no certificate",
                    "the server's certificate, as the client verified it then",
                    "a secret from which the new keys are derived, besides the new exchange",
                ],
                renewed: &[
                    "both randoms",
                    "the key exchange, so that the old secret alone opens nothing",
                    "every key that encrypts, and the exporter's value",
                ],
            },
            // RFC 5246 §7.3: the same master secret, hashed with new randoms.
            false => Inheritance {
                kept: &[
                    "who the client is, as the full handshake proved it, or that it showed no certificate",
                    "the server's certificate, as the client verified it then",
                    "the master secret: no new exchange took place",
                ],
                renewed: &[
                    "both randoms",
                    "every key that encrypts and the exporter's value, derived from the old master secret and the new randoms",
                ],
            },
        })
    }

    /// Why recorded traffic of this connection stays closed to who gets hold of the private keys later, or why not.
    pub fn forward_secrecy_reason(&self) -> &'static str {
        let kind = self.handshake.key_exchange.as_ref().map(|it| it.kind);
        match (self.resumed, self.forward_secrecy, kind) {
            _ if !self.handshake.complete => {
                "The handshake was broken off: nothing was sent that keys of this connection protect, but for the end of the handshake itself."
            }
            (true, true, _) => {
                "The keys come from the earlier session's secret and from an ephemeral exchange of this connection. Neither that secret nor a certificate's private key opens a recording without the exchange."
            }
            (false, true, Some("ECDHE and ML-KEM")) => {
                "The keys come from an exchange of this connection alone, by elliptic curves and ML-KEM together. Neither certificate's private key opens a recording, and the ML-KEM part is meant to withstand quantum computers."
            }
            (false, true, _) => {
                "The keys come from an ephemeral Diffie-Hellman exchange of this connection alone. Neither certificate's private key opens a recording."
            }
            (_, false, _) => {
                "The keys come from an earlier connection's master secret: whoever gets hold of that secret, which both ends keep in memory, opens this connection too. The certificates' private keys open neither."
            }
        }
    }

    fn is_tls_1_3(&self) -> bool {
        self.protocol.as_deref() == Some("TLSv1.3")
    }
}

fn tls_1_3(told: &Handshake, alpn: Option<&String>, resumed: bool, steps: &mut Vec<Step>) {
    let sealed = Protection::Handshake;
    steps.push(Step {
        message: "EncryptedExtensions",
        from: End::Server,
        protection: sealed,
        purpose: "What else was agreed, for nobody else to see.",
        private_key: None,
        facts: facts([("session.alpn", "Application protocol", one(alpn))]),
    });
    if !resumed {
        steps.extend(certificate_request(told, sealed));
        steps.extend(server_certificate(told, sealed));
        steps.extend(server_proof(told));
    }
    if told.complete {
        steps.push(finished(End::Server, sealed));
    }
    if told.certificate_request.is_some() {
        steps.push(client_certificate(told, sealed));
        steps.extend(client_proof(told, sealed));
    }
    if told.complete {
        steps.push(finished(End::Client, sealed));
    }
}

fn tls_1_2(told: &Handshake, steps: &mut Vec<Step>) {
    let open = Protection::Clear;
    steps.extend(server_certificate(told, open));
    let said = |message, purpose| Step {
        message,
        from: End::Server,
        protection: open,
        purpose,
        private_key: None,
        facts: Vec::new(),
    };
    if told.certificate_status == Some(true) {
        let purpose = "The authority's word of these days that the server's certificate is not revoked, by OCSP, so that the client need not ask.";
        steps.push(said("CertificateStatus", purpose));
    }
    let exchange = told.key_exchange.as_ref();
    let of = |share_of: Option<&Share>| share_of.map(share).into_iter().collect::<Vec<_>>();
    if let Some(exchange) = exchange {
        let mut facts = facts([
            (
                "key_exchange.group",
                "Group chosen",
                vec![exchange.group.clone()],
            ),
            (
                "key_exchange.server",
                "Key share sent",
                of(exchange.server.as_ref()),
            ),
        ]);
        facts.extend(signature(
            "server_signature",
            told.server_signature.as_ref(),
        ));
        steps.push(Step {
            message: "ServerKeyExchange",
            from: End::Server,
            protection: open,
            purpose: "The server's half of the key exchange, made for this connection and signed with the key of its certificate. That key does nothing else here.",
            private_key: Some(End::Server),
            facts,
        });
    }
    steps.extend(certificate_request(told, open));
    steps.extend(exchange.map(|_| {
        said(
            "ServerHelloDone",
            "The server has said all that it says for now.",
        )
    }));
    if told.certificate_request.is_some() {
        steps.push(client_certificate(told, open));
    }
    if let Some(client) = exchange.and_then(|it| it.client.as_ref()) {
        steps.push(Step {
            message: "ClientKeyExchange",
            from: End::Client,
            protection: open,
            purpose: "The client's half. Both ends can now compute the same secret, which nobody sends.",
            private_key: None,
            facts: facts([("key_exchange.client", "Key share sent", of(Some(client)))]),
        });
    }
    steps.extend(client_proof(told, open));
    steps.extend(
        told.client_finished
            .then(|| finished(End::Client, Protection::Session)),
    );
    steps.extend(
        told.complete
            .then(|| finished(End::Server, Protection::Session)),
    );
}
