//! Whether a server asks for a certificate after the first handshake, found out with OpenSSL's client.
//!
//! rustls neither renegotiates nor offers post-handshake authentication, as no browser does the latter. `openssl s_client` does both,
//! and with `-msg` shows every handshake message.

use super::facts::Later;
use super::request::{self, CertificateRequest};
use crate::login::Version;
use crate::login::openssl::{Call, PATIENCE, Said};
use crate::login::visit::{End, Visit};

/// Asks for the URL's path, in one version, and looks for a request behind the first handshake.
pub(super) async fn look(call: Call<'_>) -> Later {
    match call.make().await {
        Ok(said) => read(&said, call.version),
        Err(cause) => Later::Unchecked(not_run(&cause)),
    }
}

/// Logs in by a second handshake, where the server has asked for one; `without` is the visit that ended without a certificate.
pub(super) async fn log_in(call: Call<'_>, asked: &CertificateRequest, without: &Visit) -> Visit {
    let (presented, end) = match call.make().await {
        Ok(said) => logged_in(said),
        Err(cause) => (true, End::Broken(not_run(&cause))),
    };
    Visit {
        request: Some(asked.clone()),
        presented,
        end,
        ..without.clone()
    }
}

fn not_run(cause: &std::io::Error) -> String {
    match cause.kind() {
        std::io::ErrorKind::NotFound => "openssl is not installed".to_owned(),
        _ => format!("openssl could not be run: {cause}"),
    }
}

/// Whether a certificate was presented, and how it ended.
fn logged_in(said: Said) -> (bool, End) {
    let presented = said.messages.signatures() > 0;
    if !said.messages.is_completed() {
        let end = End::Broken("openssl completed no handshake".to_owned());
        return (true, end);
    }
    let end = match (said.end, said.messages.alert()) {
        (answered @ End::Answered(_), _) => answered,
        (_, Some(alert)) => End::Alert(alert),
        (end, None) => end,
    };
    (presented, end)
}

/// Looks in the messages for a CertificateRequest that came after the server's first Finished.
fn read(said: &Said, version: Version) -> Later {
    let mut is_finished = false;
    for message in said.messages.iter().filter(|it| !it.ours) {
        if message.is_handshake("Finished") {
            is_finished = true;
        }
        if message.is_handshake("CertificateRequest") {
            if !is_finished {
                return Later::NotAsked;
            }
            let request = request::read(&message.octets, version);
            return Later::Asked(request.unwrap_or_default());
        }
    }
    match (is_finished, &said.end) {
        (false, _) => Later::Unchecked("openssl completed no handshake".to_owned()),
        // Who says nothing may yet ask.
        (true, End::Silent) => {
            Later::Unchecked(format!("no answer within {} seconds", PATIENCE.as_secs()))
        }
        (true, _) => Later::NotAsked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::openssl::Messages;

    const FIRST: &str = "<<< TLS 1.2, Handshake [length 0054], ServerHello\n    02 00\n";
    const FINISHED: &str = "<<< TLS 1.2, Handshake [length 0010], Finished\n    14 00\n";
    const REQUEST: &str = "<<< TLS 1.2, Handshake [length 000f], CertificateRequest\n    0d 00 00 0a 01 40 00 04 04 03 08 04\n    00 00\n<<< TLS 1.2, RecordHeader [length 0005]\n    16 03 03 00 04\n";

    fn told(messages: &str) -> Said {
        Said {
            messages: Messages::new(messages.as_bytes()),
            end: End::Closed("closed".to_owned()),
        }
    }

    #[test]
    fn a_request_behind_the_first_handshake_is_found_and_read() {
        let said = told(&[FIRST, FINISHED, "HTTP/1.1 \n", FIRST, REQUEST, FINISHED].concat());
        let Later::Asked(request) = read(&said, Version::Tls12) else {
            panic!("no request was found");
        };
        assert_eq!(request.type_names(), ["ecdsa_sign"]);
        assert_eq!(request.signature_schemes, [0x0403, 0x0804]);
        assert!(request.acceptable_issuers.is_empty());
    }

    #[test]
    fn one_in_the_first_handshake_is_none_behind_it() {
        let said = told(&[FIRST, REQUEST, FINISHED].concat());
        assert_eq!(read(&said, Version::Tls12), Later::NotAsked);
        let said = told(&[FIRST, FINISHED, "HTTP/1.1 200 OK\n"].concat());
        assert_eq!(read(&said, Version::Tls12), Later::NotAsked);
    }

    #[test]
    fn who_has_not_answered_may_yet_ask() {
        let silent = Said {
            end: End::Silent,
            ..told(&[FIRST, FINISHED].concat())
        };
        let Later::Unchecked(why) = read(&silent, Version::Tls13) else {
            panic!("silence was taken for an answer");
        };
        assert_eq!(why, "no answer within 15 seconds");
    }

    #[test]
    fn a_login_is_told_by_its_answer_or_by_the_alert() {
        const SIGNED: &str = ">>> TLS 1.2, Handshake [length 0054], CertificateVerify\n    0f 00\n";
        const ALERT: &str =
            "<<< TLS 1.2, Alert [length 0002], fatal certificate revoked\n    02 2c\n";
        let messages = [FIRST, FINISHED, FIRST, REQUEST, SIGNED];
        let (presented, end) = logged_in(told(&messages.concat()));
        assert!(presented && matches!(end, End::Closed(_)));
        let (presented, end) = logged_in(told(&[&messages[..], &[ALERT]].concat().concat()));
        assert!(presented);
        assert_eq!(end, End::Alert("certificate_revoked".to_owned()));
        let (presented, _) = logged_in(told(&messages[..4].concat()));
        assert!(!presented);
        assert!(matches!(logged_in(told(FIRST)).1, End::Broken(_)));
    }

    #[test]
    fn without_a_handshake_nothing_is_known() {
        assert!(matches!(
            read(&told(FIRST), Version::Tls12),
            Later::Unchecked(_)
        ));
        assert!(matches!(
            read(&told(""), Version::Tls13),
            Later::Unchecked(_)
        ));
    }
}
