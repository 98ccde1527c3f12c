//! Whose key, which key, from where, for how long: the certificates' keys beside the connection's own.

mod identity;
#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests;

use maud::{Markup, html};

use super::super::Judgement;
use super::text::value;
use crate::inventory::Summary;
use crate::judge::Verdict;
use crate::session::{DerivedKey, Session};

/// What the two kinds of keys of one connection are told from.
pub(super) struct Keys<'a> {
    pub(super) session: &'a Session,
    pub(super) verdict: Verdict,
    /// The client's certificate, where it presented a readable one in this handshake or the one that this resumes.
    pub(super) client: Option<&'a Summary>,
    /// Whether it presented any, readable or not.
    has_presented: bool,
    /// The server's certificate, where it is still the one that was presented.
    pub(super) server: Option<&'a Summary>,
    /// Whether the server writes the session's secrets into a file.
    pub(super) is_logged: bool,
}

impl<'a> Keys<'a> {
    /// Tells of one judged connection to a server that now has this certificate.
    pub(super) fn of(
        judgement: &'a Judgement,
        session: &'a Session,
        server: Option<&'a Summary>,
        is_logged: bool,
    ) -> Self {
        let presented = session.handshake.server_certificate.first();
        // In a resumed handshake none was presented; then it is the server's own all the same.
        let server = server.filter(|now| {
            presented.is_none_or(|then| then.fingerprint_sha256 == now.fingerprint_sha256)
        });
        Self {
            session,
            verdict: judgement.verdict,
            client: judgement.certificate(),
            has_presented: !judgement.chain.is_empty(),
            server,
            is_logged,
        }
    }

    /// Identity keys and session keys side by side.
    pub(super) fn two_kinds(&self) -> Markup {
        html! {
            section aria-labelledby="keys" {
                h2 id="keys" { "Two kinds of keys" }
                p {
                    "A certificate's key says who somebody is, and encrypts nothing. What encrypts your data are other keys, which both ends "
                    "made for this connection alone, without sending them and without asking you."
                }
                table class="kinds" role="table" {
                    caption { "The keys of this connection" }
                    thead role="rowgroup" {
                        tr role="row" {
                            td role="cell" {}
                            th role="columnheader" scope="col" { "Identity keys" }
                            th role="columnheader" scope="col" { "Session keys" }
                        }
                    }
                    tbody role="rowgroup" {
                        (row("Whose", &self.whose(), &html! { "This connection's. Both ends hold the same ones." }))
                        (row("Made", &self.made(), &self.session_made()))
                        (row("Kept", &self.kept(), &self.session_kept()))
                        (row("Until", &self.until(), &self.session_until()))
                        (row("Used for", &html! {
                            "A signature, once in a handshake, that proves whose certificate it is. They encrypt nothing and decrypt nothing."
                        }, &self.session_used()))
                        (row("Used here", &self.used(), &self.session_cipher()))
                    }
                }
            }
        }
    }

    fn session_made(&self) -> Markup {
        let group = self.session.key_exchange_group.as_deref();
        html! {
            "Anew by both ends in this handshake, "
            @match (self.session.resumed, group) {
                (false, Some(group)) => { "from the exchange in " (in_group(group)) " and both randoms" }
                (true, Some(group)) => { "from an earlier session's secret, a new exchange in " (in_group(group)) " and both new randoms" }
                (true, None) => "from an earlier session's master secret and both new randoms",
                (false, None) => "from a secret and both randoms",
            }
            ". Never sent."
        }
    }

    fn session_kept(&self) -> Markup {
        html! {
            @if self.is_logged {
                strong { "This server writes their secrets into a file (--keylog)." }
                " Otherwise they are in the memory of both programs only."
            } @else {
                "In the memory of both programs; this server writes them nowhere."
            }
        }
    }

    /// What stays for a later connection: in TLS 1.3 a secret that leads to no older key (RFC 8446 §7.1), in TLS 1.2 the one from
    /// which all keys come (RFC 5246 §F.1.4).
    fn session_until(&self) -> Markup {
        html! {
            "This connection closes. "
            @if self.is_tls_1_3() {
                "A secret by which a later one may resume it stays in both ends' memory for longer; it opens no recording of this one."
            } @else {
                "The master secret stays in both ends' memory for longer, so that a later one may resume it: whoever gets hold of it opens a recording of this one, too."
            }
        }
    }

    fn is_tls_1_3(&self) -> bool {
        self.session.protocol.as_deref() == Some("TLSv1.3")
    }

    fn session_used(&self) -> Markup {
        let from = match self.is_tls_1_3() {
            true => "All that follows the two hellos",
            false => "All that follows the handshake",
        };
        html! { (from) ": encrypted, and guarded against changes, in each direction with a key of its own." }
    }

    fn session_cipher(&self) -> Markup {
        let mut writing = self.session.handshake.keys.iter();
        let key = writing.find(|key| key.algorithm.is_some());
        html! {
            @if let Some((key, algorithm)) = key.and_then(|key| Some((key, key.algorithm?))) {
                (algorithm) ", keys of " (key.octets * 8) " bits, in both directions."
            } @else {
                "For what you read here."
            }
        }
    }

    /// The keys that were derived, by their names.
    pub(super) fn derived(&self) -> Markup {
        let keys = &self.session.handshake.keys;
        html! {
            @if !keys.is_empty() {
                table class="derived" role="table" {
                    caption { "The keys that both ends derived. Their values are secret; their names and sizes are not." }
                    thead role="rowgroup" {
                        tr role="row" {
                            @for title in ["Name", "Size", "What for"] {
                                th role="columnheader" scope="col" { (title) }
                            }
                        }
                    }
                    tbody role="rowgroup" {
                        @for key in keys {
                            tr role="row" {
                                th role="rowheader" scope="row" data-field="keys.name" { code { (key.name) } }
                                td role="cell" { span data-field="keys.octets" { (key.octets) } " octets" }
                                td role="cell" { (purpose(key)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn in_group(group: &str) -> Markup {
    let field = "session.key_exchange_group";
    html! { span data-field=(field) { (value(field, group)) } }
}

fn purpose(key: &DerivedKey) -> String {
    let with = key.algorithm.map(|algorithm| format!(" ({algorithm})"));
    let origin = match key.from_earlier {
        true => "; taken over from the connection that this one resumes",
        false => "",
    };
    format!("{}{}{origin}", key.purpose, with.unwrap_or_default())
}

fn row(what: &str, identity: &Markup, session: &Markup) -> Markup {
    html! {
        tr role="row" {
            th role="rowheader" scope="row" { (what) }
            td role="cell" data-column="Identity keys" { (identity) }
            td role="cell" data-column="Session keys" { (session) }
        }
    }
}
