//! Why a good certificate is not let in, as far as that shows, and what mends it.

use serde::Serialize;

use super::{Matter, Software, mends};
use crate::login::visit::{Answer, End, Visit};

/// What nginx writes into its page where it did not accept the certificate that it got.
const NGINX_REFUSAL: &str = "The SSL certificate error";
/// How many CAs at least a list has that no site of its own wrote.
const MANY: usize = 20;

/// Why a good certificate is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptOut {
    /// What was seen, and what it tells.
    pub why: String,
    /// What mends it.
    pub mend: &'static str,
}

impl KeptOut {
    /// Tells it of a visit with a certificate that is valid and that a CA with one of these names (in DER) issued; `seen` says in a
    /// sentence that it was not let in, or why that cannot be told.
    pub(in crate::probe) fn of(
        seen: &str,
        visit: &Visit,
        ours: &[&[u8]],
        software: Option<Software>,
    ) -> Self {
        let (tells, mend) = told(visit, ours, software);
        let why = match tells.is_empty() {
            true => seen.to_owned(),
            false => format!("{seen}; {tells}"),
        };
        Self { why, mend }
    }
}

fn told(visit: &Visit, ours: &[&[u8]], software: Option<Software>) -> (String, &'static str) {
    let welcome = Matter::Welcome.mend(software);
    let fresh_lists = mends::fresh_lists(software);
    let say = |fact: &str, mend| (fact.to_owned(), mend);
    if let End::Answered(answer) = &visit.end
        && is_of_the_page(answer.status)
    {
        return say(
            "",
            "Give the URL of a page that shows the name of who is logged in.",
        );
    }
    if let End::Answered(answer) = &visit.end
        && let Some((fact, mend)) = behind(answer.status)
    {
        return say(fact, mend);
    }
    match &visit.end {
        End::NotTls => {
            return say(
                "this port does not speak TLS",
                "Give the port that does: https:// goes to 443 where the URL names none, and this one may speak plain HTTP.",
            );
        }
        End::Silent if !visit.is_spoken() => {
            return say(
                "something accepts connections there and says nothing",
                "Give the port that speaks TLS, and see that no firewall lies between.",
            );
        }
        _ => {}
    }
    let Some(request) = &visit.request else {
        return match visit.is_spoken() {
            true => say(
                "the server asks for no certificate in the handshake",
                Matter::Demand.mend(software),
            ),
            false => say("", welcome),
        };
    };
    let named = &request.acceptable_issuers;
    let is_named = named.iter().any(|it| ours.contains(&it.as_slice()));
    if !named.is_empty() && !is_named {
        let whose = match named.len() {
            1 => "the server names another CA as the only one that it accepts".to_owned(),
            few if few < MANY => format!(
                "the server names {few} CAs that it accepts, and this one is not among them"
            ),
            many => format!(
                "the server names {many} CAs that it accepts, as those of a whole system, and this one is not among them"
            ),
        };
        return (whose, Matter::Store.mend(software));
    }
    let named = match is_named {
        true => "the server names this CA among those that it accepts, and",
        false => "the server names no CA that it accepts, and",
    };
    match &visit.end {
        End::Alert(alert) => match (&**alert, is_named) {
            ("certificate_expired", _) => say(
                "the certificate has not expired: a CRL that the server reads has ended, which keeps everybody out, or its clock is wrong",
                fresh_lists,
            ),
            ("unknown_ca", true) => (
                format!(
                    "{named} says that it does not know it: it lacks the CRL of a CA of the chain, or has that of another CA, or allows no chain of this length"
                ),
                fresh_lists,
            ),
            ("unknown_ca", false) => say(
                "the server does not trust this CA",
                Matter::Store.mend(software),
            ),
            _ => (format!("{named} {}", unclear()), fresh_lists),
        },
        End::Closed(_) => (format!("{named} {}", unclear()), fresh_lists),
        End::Answered(answer) if is_of_nginx(answer) => {
            (format!("{named} {}", unclear()), fresh_lists)
        }
        End::Answered(_) => say(
            "the handshake let it pass: the application does not let in this name, or is not told by the server who came",
            "Let the application let in this name at this path, and see that the server tells it whose certificate it verified.",
        ),
        End::NotTls | End::Silent | End::Broken(_) => say("", welcome),
    }
}

/// What a status tells that says nothing of any certificate (RFC 9110 §15), and what there is to do.
fn behind(status: u16) -> Option<(&'static str, &'static str)> {
    Some(match status {
        421 => (
            "the server says that it is not the one for the host in the URL",
            "Give the URL with a name that is one of the site's, as its configuration writes it (RFC 9110 §15.5.20).",
        ),
        500 => (
            "the application, or what the server asks about the certificate, has failed",
            "Look into the logs of the server and of the application, and at pki serve --verify where the server asks that; then probe again.",
        ),
        502..=504 => (
            "what is behind the server does not answer: the application, or whom the server asks about certificates",
            "Start the application, and pki serve --verify where the server asks that, or name in its configuration where they are; then probe again.",
        ),
        _ => return None,
    })
}

/// A CRL that has ended looks so in most servers.
fn unclear() -> &'static str {
    "does not say why it refuses: the certificate is valid now, and a CRL that has ended, or is missing for one CA of the chain, looks just so"
}

fn is_of_nginx(answer: &Answer) -> bool {
    matches!(answer.status, 400 | 495) && answer.body.contains(NGINX_REFUSAL)
}

/// Whether the status is no refusal: then it is the page that does not tell who is let in.
fn is_of_the_page(status: u16) -> bool {
    status < 400 || matches!(status, 404 | 405 | 406 | 410)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::login::visit::Request;

    const OURS: &[u8] = b"issuing CA";

    /// A visit to a server that names these CAs, or asks for no certificate.
    fn visit(named: Option<&[&[u8]]>, end: End) -> Visit {
        Visit {
            address: SocketAddr::from(([127, 0, 0, 1], 443)),
            server_chain: vec![b"a certificate".to_vec()],
            request: named.map(|names| Request {
                acceptable_issuers: names.iter().map(|name| name.to_vec()).collect(),
                signature_schemes: Vec::new(),
                certificate_types: Vec::new(),
            }),
            presented: named.is_some(),
            version: None,
            resumed: false,
            is_http2: false,
            end,
        }
    }

    fn alert(name: &str) -> End {
        End::Alert(name.to_owned())
    }

    fn page(status: u16, body: &str) -> End {
        End::Answered(Answer {
            status,
            body: body.to_owned(),
            ..Answer::default()
        })
    }

    fn kept_out(visit: &Visit, software: Option<Software>) -> KeptOut {
        KeptOut::of("it is not let in", visit, &[OURS, b"root"], software)
    }

    #[test]
    fn an_alert_that_speaks_of_an_end_means_the_crl_for_the_certificate_has_none() {
        let told = kept_out(&visit(Some(&[b"root"]), alert("certificate_expired")), None);
        assert!(
            told.why
                .starts_with("it is not let in; the certificate has not expired: a CRL"),
            "{told:?}"
        );
        assert!(told.mend.contains("pki crl --bundle"), "{told:?}");
    }

    #[test]
    fn who_names_this_ca_and_does_not_say_why_may_have_a_crl_that_has_ended() {
        let nginx = page(400, "<center>The SSL certificate error</center>");
        for end in [alert("certificate_unknown"), nginx] {
            let told = kept_out(&visit(Some(&[OURS]), end), Some(Software::Nginx));
            assert!(told.why.contains("a CRL that has ended"), "{told:?}");
            assert!(told.mend.contains("`ssl_crl`"), "{told:?}");
        }
        let told = kept_out(&visit(Some(&[OURS]), alert("unknown_ca")), None);
        assert!(told.why.contains("lacks the CRL of a CA"), "{told:?}");
    }

    #[test]
    fn who_names_others_or_does_not_know_this_ca_has_the_wrong_ones() {
        let others: &[&[u8]] = &[b"another"];
        let told = kept_out(
            &visit(Some(others), alert("unknown_ca")),
            Some(Software::Apache),
        );
        assert!(told.why.contains("another CA as the only one"), "{told:?}");
        assert!(told.mend.contains("`SSLCACertificateFile`"), "{told:?}");
        let many: Vec<&[u8]> = vec![b"another"; MANY];
        let told = kept_out(&visit(Some(&many), page(400, "")), None);
        assert!(
            told.why.contains("20 CAs that it accepts, as those"),
            "{told:?}"
        );
        let told = kept_out(&visit(Some(&[]), alert("unknown_ca")), None);
        assert!(told.why.contains("does not trust this CA"), "{told:?}");
    }

    #[test]
    fn an_application_that_is_down_and_another_host_have_nothing_to_do_with_a_crl() {
        for (status, fact, mend) in [
            (
                502,
                "behind the server does not answer",
                "Start the application",
            ),
            (
                503,
                "behind the server does not answer",
                "Start the application",
            ),
            (
                504,
                "behind the server does not answer",
                "Start the application",
            ),
            (500, "has failed", "Look into the logs"),
            (421, "not the one for the host", "Give the URL"),
        ] {
            let told = kept_out(
                &visit(Some(&[OURS]), page(status, "")),
                Some(Software::Nginx),
            );
            assert!(told.why.contains(fact), "{status} {told:?}");
            assert!(told.mend.starts_with(mend), "{status} {told:?}");
            assert!(!told.why.contains("CRL"), "{told:?}");
        }
    }

    #[test]
    fn who_asks_for_nothing_or_answers_by_itself_is_not_suspected_of_an_old_crl() {
        let told = kept_out(&visit(None, page(403, "")), Some(Software::Apache));
        assert!(told.why.contains("asks for no certificate"), "{told:?}");
        assert!(told.mend.contains("`SSLVerifyClient require`"), "{told:?}");
        let told = kept_out(&visit(Some(&[OURS]), page(403, "")), None);
        assert!(told.why.contains("the application does not"), "{told:?}");
        // What cannot be told has been said already.
        let told = kept_out(&visit(Some(&[OURS]), page(200, "")), None);
        assert_eq!(told.why, "it is not let in");
        assert!(told.mend.contains("shows the name"), "{told:?}");
    }
}
