//! The certificates' keys: whose, where they come from and lie, and until when they count.
//!
//! The inventory does not know who made a client's key, nor this server whether a copy of its bundle still lies there: what is
//! said is true either way.

use maud::{Markup, html};

use super::super::text::{chosen, value, when_of};
use super::Keys;
use crate::inventory::Summary;
use crate::judge::{Reason, Verdict};

/// Where a date of the client's certificate stands in the JSON.
fn date(field: &str, instant: &str) -> Markup {
    when_of(&format!("certificate.{field}"), instant)
}

impl Keys<'_> {
    pub(super) fn whose(&self) -> Markup {
        let whose = |it: &Summary| html! { (chosen(&it.subject)) " (" (it.key_algorithm) ")." };
        html! {
            @match (self.client, self.has_presented, self.session.resumed) {
                (Some(it), ..) => p { "Yours: " (whose(it)) },
                (None, true, _) => p { "You presented one that cannot be read." },
                (None, false, false) => p { "You presented none." },
                (None, false, true) => p { "You presented none when the session began that this connection resumes." },
            }
            @if let Some(it) = self.server { p { "The server's: " (whose(it)) } }
        }
    }

    pub(super) fn made(&self) -> Markup {
        html! {
            @if let Some(it) = self.client {
                p {
                    @match (it.profile, &it.issued_at) {
                        (Some(_), Some(issued_at)) => {
                            "Yours once, before its certificate was issued on " (date("issued_at", issued_at))
                            ": by the authority, for a bundle, or by whoever sent it a request (CSR)."
                        }
                        _ => {
                            "Yours once; this server does not know by whom. Its certificate says that it is valid from "
                            (date("not_before", &it.not_before)) "."
                        }
                    }
                }
            }
            @if let Some(it) = self.server {
                p { "The server's once, for the certificate issued on " (self.of_server("issued_at", it.issued_at.as_ref().unwrap_or(&it.not_before))) "." }
            }
            @if self.client.is_none() && self.server.is_none() { p { "Once, for a certificate." } }
        }
    }

    pub(super) fn kept(&self) -> Markup {
        html! {
            @if let Some(it) = self.client {
                p {
                    @match it.profile {
                        Some("client") => {
                            "Yours where you imported it, the browser or the system, and in your bundle if you were given one. Of that bundle the "
                            "authority may keep a copy, locked with its password, under " code { "clients/" } " in its directory, until "
                            code { "pki bundle forget" } " removes it."
                        }
                        Some(_) => "Yours where whoever made it keeps it.",
                        None => "Yours where you keep it; this server was only shown the certificate.",
                    }
                    " A login sends a signature, never the key."
                }
            }
            p { "The server's under " code { "servers/" } " in the authority's directory, on its machine." }
        }
    }

    pub(super) fn until(&self) -> Markup {
        html! {
            @if let Some(it) = self.client { p { (self.client_until(it)) } }
            @if let Some(it) = self.server { p { "The server's: " (self.of_server("not_after", &it.not_after)) "." } }
        }
    }

    fn client_until(&self, it: &Summary) -> Markup {
        let end = date("not_after", &it.not_after);
        let revoked = it.revoked_at.as_deref().map(|at| date("revoked_at", at));
        let is_held = it.reason_code == Some("certificateHold");
        html! {
            @match (it.profile, it.status, revoked) {
                (None, ..) => { "Yours, says its certificate: " (end) "." }
                (_, "revoked", Some(at)) if is_held => {
                    "Yours has been on hold since " (at) ". The hold can be lifted; then it is good until " (end) "."
                }
                (_, "revoked", Some(at)) => { "Yours was good until it was revoked on " (at) "." }
                _ if self.verdict == Verdict::Refused(Reason::Revoked) => {
                    "Yours is good no more, because the CA that signed it was revoked; else it would be until " (end) "."
                }
                (_, _, Some(at)) => { "Yours: " (end) ", but it counts as revoked from " (at) " on." }
                (_, "expired", _) => { "Yours was good until " (end) "." }
                (_, "not-yet-valid", _) => { "Yours: from " (date("not_before", &it.not_before)) " until " (end) "." }
                _ => { "Yours: " (end) "." }
            }
        }
    }

    pub(super) fn used(&self) -> Markup {
        let client = self.session.signature_scheme.as_deref();
        let server = self.session.handshake.server_signature.as_ref();
        let with = |field: &str, scheme: &str| html! { span data-field=(field) { (value(field, scheme)) } };
        html! {
            @if self.session.resumed {
                p { "None: what the full handshake proved is taken over." }
            } @else {
                @match client {
                    Some(scheme) => p { "Yours once: " (with("session.signature_scheme", scheme)) "." },
                    None => p { "None of yours." },
                }
                @if let Some(signed) = server {
                    p { "The server's once: " (with("server_signature.signature_scheme", &signed.signature_scheme)) "." }
                }
            }
        }
    }

    /// A date of the server's certificate. The JSON holds those that the certificate carries, where it was presented.
    fn of_server(&self, field: &str, instant: &str) -> Markup {
        let presented = !self.session.handshake.server_certificate.is_empty();
        html! {
            @if presented && field == "not_after" { (when_of("server_certificate.not_after", instant)) }
            @else { (super::super::text::when(instant)) }
        }
    }
}
