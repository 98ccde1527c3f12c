//! What an HTTP status means where client certificates are asked for.

use super::visit::Answer;
use crate::judge::Reason;

/// What a status says of the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// Whoever came was let in, as far as the certificate goes.
    LetIn,
    /// A certificate is wanted, and none came.
    Wanted,
    /// What came is refused.
    Refused,
    /// It leads elsewhere, and what counts is what is said there.
    Elsewhere,
    /// It says nothing of a certificate: something failed.
    Failed,
}

/// What a status means, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What it says of the certificate.
    pub sense: Sense,
    /// What it means.
    pub fact: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

/// What nginx writes into the page of its 400 where `ssl_verify_client on` got no certificate.
const NGINX_NONE: &str = "No required SSL certificate was sent";
/// What it writes there where it did not accept the one that it got.
const NGINX_ERROR: &str = "The SSL certificate error";

/// Status, text in the page (empty: any), and what it means; the first that fits counts.
const MEANINGS: &[(u16, &str, Meaning)] = &[
    (
        400,
        NGINX_NONE,
        Meaning {
            sense: Sense::Wanted,
            fact: "nginx got no certificate, and ssl_verify_client on requires one.",
            hint: "Present a certificate; nginx lets the handshake pass and says so over HTTP only then.",
        },
    ),
    (
        400,
        NGINX_ERROR,
        Meaning {
            sense: Sense::Refused,
            fact: "nginx got a certificate and could not verify it: unknown issuer, revoked, expired, not for clients, or a CRL \
                   that has ended or is missing for one CA of the chain (ssl_crl needs that of the root too).",
            hint: "nginx's error log at the level info says which; give it fresh CRLs with pki crl --bundle.",
        },
    ),
    (
        400,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "The server did not understand the request; by itself that says nothing of a certificate.",
            hint: "Look at the server's log; a proxy in front of it may expect another host name.",
        },
    ),
    (
        401,
        "",
        Meaning {
            sense: Sense::Wanted,
            fact: "The application wants to know who comes: by a certificate, or by a password.",
            hint: "Present a certificate; if one was presented, the application did not get it or does not take it for a login.",
        },
    ),
    (
        403,
        "",
        Meaning {
            sense: Sense::Refused,
            fact: "The server knows enough and lets nobody in this way: no certificate, or one without the right for this path. \
                   Apache answers so where it would have to ask later and cannot.",
            hint: "Look at the rule of this path on the server, and at its log.",
        },
    ),
    (
        421,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "The request came over a connection that was made for another host name (RFC 9110 §15.5.20): with HTTP/2 a \
                   browser uses one connection for every name of the server's certificate.",
            hint: "Give hosts that ask for certificates a server certificate, or an address, of their own.",
        },
    ),
    (
        495,
        "",
        Meaning {
            sense: Sense::Refused,
            fact: "nginx got a certificate and could not verify it.",
            hint: "nginx's error log at the level info says why; see whether its CRLs have ended.",
        },
    ),
    (
        496,
        "",
        Meaning {
            sense: Sense::Wanted,
            fact: "nginx got no certificate, and requires one.",
            hint: "Present a certificate.",
        },
    ),
    (
        497,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "nginx got HTTP without TLS on a port for TLS.",
            hint: "Use https:// all the way; a proxy in between may strip TLS.",
        },
    ),
    (
        407,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "A proxy in between wants to know who comes; it is not the server.",
            hint: "Log in to the proxy, or go past it.",
        },
    ),
    (
        502,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "A proxy answered, and the server behind it did not: that server may require a certificate of the proxy.",
            hint: "Look at the proxy's log; it does not pass the visitor's certificate on by itself.",
        },
    ),
    (
        503,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "The server cannot answer now; pki serve answers so where its inventory cannot be read.",
            hint: "Look at the server's log.",
        },
    ),
    (
        504,
        "",
        Meaning {
            sense: Sense::Failed,
            fact: "A proxy answered, and the server behind it did not in time.",
            hint: "Look at the proxy's log.",
        },
    ),
];

/// What the other statuses of the 500s mean.
const SERVER_FAILED: Meaning = Meaning {
    sense: Sense::Failed,
    fact: "The server failed, or something behind it did (RFC 9110 §15.6).",
    hint: "Look at the server's log, and at that of the application behind it.",
};

/// Says what an answer means; nothing where its status is one of everyday.
pub fn meaning(answer: &Answer) -> Option<Meaning> {
    if let Some(reason) = reason(answer) {
        return Some(Meaning {
            sense: Sense::Refused,
            fact: reason.message(),
            hint: reason.hint(),
        });
    }
    let fits = |(status, text, _): &&(u16, &str, Meaning)| {
        *status == answer.status && answer.body.contains(text)
    };
    let found = MEANINGS.iter().find(fits).map(|(.., meaning)| *meaning);
    let is_the_servers = (500..600).contains(&answer.status);
    found.or(is_the_servers.then_some(SERVER_FAILED))
}

/// The reason that `pki serve` gives in its own word.
pub fn reason(answer: &Answer) -> Option<Reason> {
    let word = answer.reason.as_deref()?;
    Reason::ALL.into_iter().find(|it| it.as_str() == word)
}

/// What an answer says of the certificate.
///
/// A path that is not there, or not for GET, was looked for after the certificate had been accepted.
pub fn sense(answer: &Answer) -> Sense {
    match (meaning(answer), answer.status) {
        (Some(meaning), _) => meaning.sense,
        (None, 200..300 | 404 | 405 | 410) => Sense::LetIn,
        (None, 300..400) => Sense::Elsewhere,
        (None, _) => Sense::Failed,
    }
}

/// Says whether two answers are the same to whoever reads them; of one that was cut off, the beginning counts.
pub fn is_same(one: &Answer, other: &Answer) -> bool {
    let (shorter, longer) = match one.body.len() < other.body.len() {
        true => (&one.body, &other.body),
        false => (&other.body, &one.body),
    };
    one.status == other.status
        && one.location == other.location
        && longer.starts_with(shorter.as_str())
        && shorter.is_empty() == longer.is_empty()
}

/// Says whether an alert may mean the client's certificate, or the want of one: others tell of the protocol.
pub fn is_about_certificates(alert: &str) -> bool {
    matches!(
        alert,
        "handshake_failure"
            | "no_certificate"
            | "bad_certificate"
            | "unsupported_certificate"
            | "certificate_revoked"
            | "certificate_expired"
            | "certificate_unknown"
            | "unknown_ca"
            | "access_denied"
            | "decrypt_error"
            | "certificate_required"
    )
}

/// Says whether the server itself, not an application, answers that a certificate is required.
pub fn wants_certificate(answer: &Answer) -> bool {
    matches!(answer.status, 400 | 496) && sense(answer) == Sense::Wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            body: body.to_owned(),
            ..Answer::default()
        }
    }

    #[test]
    fn the_page_of_nginx_tells_its_two_reasons_for_400_apart() {
        assert_eq!(
            sense(&answer(
                400,
                "<center>No required SSL certificate was sent</center>"
            )),
            Sense::Wanted
        );
        assert_eq!(
            sense(&answer(400, "<center>The SSL certificate error</center>")),
            Sense::Refused
        );
        assert_eq!(sense(&answer(400, "Bad Request")), Sense::Failed);
    }

    #[test]
    fn answers_are_the_same_by_status_location_and_as_much_of_the_body_as_came() {
        let to = |location: &str| Answer {
            location: Some(location.to_owned()),
            ..answer(302, "")
        };
        assert!(is_same(&to("/login"), &to("/login")));
        assert!(!is_same(&to("/login"), &to("/home")));
        assert!(is_same(&answer(200, "a page"), &answer(200, "a pa")));
        assert!(!is_same(&answer(200, "a page"), &answer(200, "alice")));
        assert!(!is_same(&answer(200, "a page"), &answer(200, "")));
        assert!(!is_same(&answer(200, ""), &answer(404, "")));
    }

    #[test]
    fn only_the_server_itself_requires_a_certificate_by_its_status() {
        assert!(wants_certificate(&answer(400, NGINX_NONE)));
        assert!(wants_certificate(&answer(496, "")));
        assert!(!wants_certificate(&answer(401, "")));
        assert!(!wants_certificate(&answer(400, "")));
    }

    #[test]
    fn what_is_not_about_certificates_was_let_in_or_failed() {
        assert_eq!(sense(&answer(204, "")), Sense::LetIn);
        assert_eq!(sense(&answer(302, "")), Sense::Elsewhere);
        for status in [402, 406, 421, 429, 451] {
            assert_eq!(sense(&answer(status, "")), Sense::Failed, "{status}");
        }
        assert_eq!(sense(&answer(405, "")), Sense::LetIn);
        assert_eq!(sense(&answer(410, "")), Sense::LetIn);
        assert_eq!(sense(&answer(404, "")), Sense::LetIn);
        assert_eq!(sense(&answer(500, "")), Sense::Failed);
        assert_eq!(sense(&answer(502, "")), Sense::Failed);
        assert_eq!(sense(&answer(403, "")), Sense::Refused);
    }

    #[test]
    fn every_status_of_the_500s_is_a_failure_in_plain_words() {
        for status in 500..600 {
            let told = meaning(&answer(status, "")).map(|it| it.sense);
            assert_eq!(told, Some(Sense::Failed), "{status}");
        }
    }
}
