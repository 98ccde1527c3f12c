//! What a TLS alert means to whoever tried to log in with a certificate, and what to do next.
//!
//! An alert is all that a server says when it ends a handshake, and it was never meant for people: many reasons share one
//! (RFC 8446 §6.2). So each meaning names the reasons that lead to it here and elsewhere, and where the true one is written down.
//! What is said of OpenSSL, with which Apache and HAProxy verify, is measured by a test against its own server; what is
//! said of Java and Go is what their sources say.

/// What an alert means around client certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Who is at fault and which reasons lead to the alert, in a few sentences.
    pub fact: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

/// Says what an alert means: by its name at IANA (`unknown_ca`) or its number (`48`); nothing for one that has no name.
pub fn meaning(alert: &str) -> Option<Meaning> {
    let by_number = alert.parse::<u8>().ok();
    let (.., fact, hint) = MEANINGS
        .iter()
        .find(|(number, name, ..)| *name == alert || Some(*number) == by_number)?;
    Some(Meaning { fact, hint })
}

/// Where a server writes down what its alert does not say.
const LOG: &str = "Ask whoever keeps the server for the line in its log: pki serve writes the reason there, Apache and HAProxy \
     what OpenSSL found.";

const AGAIN: &str = "Try again. If it stays, try another network, and look for a proxy or a virus scanner in between.";

const OTHER_PROGRAM: &str = "The fault is in one of the two programs, not in the certificate: update both, and try another one.";

const VERSION: &str = "Try with --tls 1.2 and --tls 1.3; ask whoever keeps the server which versions and cipher suites it speaks.";

/// Number, name, fact, hint; in the order of the registry (RFC 8446 §6, TLS Alerts at IANA).
const MEANINGS: &[(u8, &str, &str, &str)] = &[
    (
        0,
        "close_notify",
        "The other end closed the connection in good order; nothing was refused.",
        "Try again. If it stays, look at the server's log.",
    ),
    (
        10,
        "unexpected_message",
        "A message came that does not belong there. One way to it: a server asks for a certificate after the TLS 1.3 \
         handshake, of a client that did not offer to answer then, as no browser does (RFC 8446 §4.6.2).",
        "Let the server ask in the first handshake, for the whole host instead of one path; otherwise one of the two \
         programs is at fault.",
    ),
    (
        20,
        "bad_record_mac",
        "A record could not be decrypted: it was changed on the way, or one of the two programs is at fault. It says nothing \
         of a certificate.",
        AGAIN,
    ),
    (
        21,
        "decryption_failed",
        "A record could not be decrypted, in the words of TLS 1.0. It says nothing of a certificate.",
        AGAIN,
    ),
    (
        22,
        "record_overflow",
        "A record was longer than TLS allows: what arrived may not be TLS at all. It says nothing of a certificate.",
        AGAIN,
    ),
    (
        30,
        "decompression_failure",
        "A record could not be decompressed. It says nothing of a certificate.",
        OTHER_PROGRAM,
    ),
    (
        40,
        "handshake_failure",
        "The server broke off without saying why. Either it requires a certificate and was given none, as OpenSSL, Apache \
         and HAProxy say it in TLS 1.2; or the two ends have no cipher suite, group or signature scheme in common; \
         or pki serve could not read its inventory.",
        "If a certificate was to be presented, look why it was not; else compare what the ends offer. The server's log tells \
         which it was.",
    ),
    (
        41,
        "no_certificate",
        "No certificate was presented, in the words of SSL 3.0.",
        "Present a certificate, and let the server speak TLS 1.2 or 1.3.",
    ),
    (
        42,
        "bad_certificate",
        "The client's certificate was refused as damaged, or as not signed by whom it names. pki serve: malformed, \
         bad-signature. OpenSSL, Apache, HAProxy: it cannot be read, is not valid yet, or its key or hash is too weak. Java: no certificate was presented. Go: almost any reason, and in TLS 1.2 no certificate.",
        LOG,
    ),
    (
        43,
        "unsupported_certificate",
        "The client's certificate is not meant for logging in. pki serve: wrong-key-usage, wrong-extended-key-usage. OpenSSL, \
         Apache, HAProxy: its extKeyUsage or keyUsage does not allow TLS client authentication, as with a server's certificate.",
        "Choose a client certificate; pki issue-client makes them with the right usages.",
    ),
    (
        44,
        "certificate_revoked",
        "The client's certificate, or the CA that issued it, was revoked or is on hold. pki serve: revoked. OpenSSL, Apache, \
         HAProxy: it stands in the server's CRL.",
        "Ask whoever keeps the certificate authority why; pki renew or pki issue-client makes a new one, pki unrevoke lifts a hold.",
    ),
    (
        45,
        "certificate_expired",
        "Something is not valid now. pki serve: expired, not-yet-valid, of the certificate or the CA that issued it. OpenSSL, \
         Apache, HAProxy: the certificate has expired, or the server's copy of the CRL has, which locks everybody out at once. \
         Go: expired or not yet valid.",
        "Look at the certificate's validity and at both clocks; if they are right, or all are refused, give the server a fresh \
         CRL (pki crl), else renew the certificate (pki renew).",
    ),
    (
        46,
        "certificate_unknown",
        "The client's certificate was refused for a reason that has no alert of its own. pki serve: path-length, \
         name-constraint. OpenSSL, Apache, HAProxy: a name outside the CA's name constraints, among others. Java: \
         any reason.",
        LOG,
    ),
    (
        47,
        "illegal_parameter",
        "A field of a handshake message was out of range or contradicts another. It says nothing of the certificate's \
         validity.",
        OTHER_PROGRAM,
    ),
    (
        48,
        "unknown_ca",
        "The server found no way from the client's certificate to a CA that it trusts. pki serve: unknown-issuer. OpenSSL, \
         Apache, HAProxy: another or no CA in the server's file, an issuing certificate that neither client nor server has, a \
         chain that is too long, or no CRL for one of the CAs where CRLs are checked. rustls: also a status that is not known, or an \
         expired CRL.",
        "Choose a certificate of the CA that this server trusts. For the server: its file of CAs needs root and issuing \
         certificate (/ca/root.crt, /ca/issuing.crt), and where it checks CRLs, pki crl --bundle.",
    ),
    (
        49,
        "access_denied",
        "The client's certificate is good, and the server decided not to let it in. pki serve: not-issued-here, which means that its \
         inventory does not know this certificate.",
        "Ask whoever keeps the certificate authority whether the inventory was restored from an older copy; pki issue-client makes a certificate \
         that it knows.",
    ),
    (
        50,
        "decode_error",
        "A message could not be read, because its lengths are wrong: it was cut short, or one of the two programs is at fault.",
        "Import the bundle again; if it stays, try another program.",
    ),
    (
        51,
        "decrypt_error",
        "A signature did not verify. Either the client signed with a key that is not that of its certificate; or (OpenSSL, Apache, \
         HAProxy, rustls) the certificate or the CRL was signed by another key than that of the CA whose name it bears, as with \
         an older CA of the same name.",
        "Import the bundle again, so that key and certificate belong together; compare the CA's fingerprint on both sides \
         (pki show root).",
    ),
    (
        52,
        "too_many_cids_requested",
        "More connection IDs were asked for than DTLS allows. It says nothing of a certificate.",
        OTHER_PROGRAM,
    ),
    (
        60,
        "export_restriction",
        "A key was too long for the export laws of the 1990s. No living program sends it.",
        OTHER_PROGRAM,
    ),
    (
        70,
        "protocol_version",
        "The two ends have no version of TLS in common. It says nothing of a certificate. pki serve speaks TLS 1.2 and 1.3 only.",
        VERSION,
    ),
    (
        71,
        "insufficient_security",
        "The server demands stronger cipher suites than the client offers. It says nothing of a certificate.",
        VERSION,
    ),
    (
        80,
        "internal_error",
        "The server failed at something that has nothing to do with the client: its own configuration, its files, its memory. \
         OpenSSL also says so where its store of CAs or CRLs cannot be read.",
        LOG,
    ),
    (
        86,
        "inappropriate_fallback",
        "The client came a second time with an older version than it can speak, and the server will not have that (RFC 7507).",
        VERSION,
    ),
    (
        90,
        "user_canceled",
        "Somebody gave up: the window that asks for a certificate was closed, or the program ended.",
        "Log in again and choose a certificate.",
    ),
    (
        100,
        "no_renegotiation",
        "A TLS 1.2 server asked for a certificate later, for one path, by renegotiation, and the client does not do that. \
         It is a warning, and what follows is refused or waits.",
        "Let the server ask in the first handshake, for the whole host instead of one path.",
    ),
    (
        109,
        "missing_extension",
        "A TLS 1.3 message lacks an extension that must be there, such as signature_algorithms in CertificateRequest. It says \
         nothing of the certificate's validity.",
        OTHER_PROGRAM,
    ),
    (
        110,
        "unsupported_extension",
        "A message answers with an extension that was not asked for. It says nothing of the certificate's validity.",
        OTHER_PROGRAM,
    ),
    (
        111,
        "certificate_unobtainable",
        "The client named a URL in the place of its certificate, and the server could not fetch it (RFC 6066 §5). No browser does \
         that.",
        "Present the certificate itself.",
    ),
    (
        112,
        "unrecognized_name",
        "The server does not answer to the host name that the client asked for. It says nothing of a client's certificate.",
        "Look at the name in the URL; a server behind a proxy may want another one.",
    ),
    (
        113,
        "bad_certificate_status_response",
        "The OCSP answer about a certificate is not valid, or says that it is revoked. A client says so of a server's stapled \
         answer.",
        "Let whoever keeps the server look at its OCSP answer and at both clocks.",
    ),
    (
        114,
        "bad_certificate_hash_value",
        "A certificate that was fetched from a URL is not the one that was meant (RFC 6066 §5). No browser does that.",
        "Present the certificate itself.",
    ),
    (
        115,
        "unknown_psk_identity",
        "The server knows no pre-shared key of the name that the client gave. It says nothing of a certificate.",
        "Log in without a pre-shared key.",
    ),
    (
        116,
        "certificate_required",
        "The server requires a client certificate and was given none. The browser had none from an issuer that the server named, \
         or was told once to send none and has kept to it.",
        "Import the bundle, close the browser wholly, and choose the certificate when it asks; pki login NAME tells \
         which issuers the server names.",
    ),
    (
        117,
        "general_error",
        "The other end failed for a reason that has no alert of its own.",
        LOG,
    ),
    (
        120,
        "no_application_protocol",
        "The two ends have no application protocol in common, such as h2 or http/1.1. It says nothing of a certificate.",
        "The port may serve something else than web pages: look at the URL.",
    ),
    (
        121,
        "ech_required",
        "The server could not read the encrypted ClientHello, and the client insists on one. It says nothing of a \
         certificate.",
        AGAIN,
    ),
];

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::judge::Reason;
    use crate::session;

    #[test]
    fn every_alert_that_has_a_name_has_a_meaning_and_no_other() {
        for number in 0..=u8::MAX {
            let name = session::alert(number);
            let by_number = meaning(&number.to_string());
            let is_named = name != number.to_string();
            assert_eq!(by_number.is_some(), is_named, "{number}");
            assert_eq!(meaning(&name), by_number, "{name}");
        }
        assert_eq!(MEANINGS.len(), 37);
    }

    #[test]
    fn what_is_no_alert_means_nothing() {
        for word in [
            "",
            "256",
            "-1",
            "999",
            "unknown ca",
            "UNKNOWN_CA",
            "revoked",
        ] {
            assert_eq!(meaning(word), None, "{word}");
        }
    }

    #[test]
    fn each_meaning_is_made_of_whole_sentences() {
        for (number, name, fact, hint) in MEANINGS {
            for text in [fact, hint] {
                assert!(text.ends_with('.'), "{number} {name}: {text}");
                assert!(text.starts_with(char::is_uppercase), "{name}: {text}");
                assert!(
                    !text.contains("  ") && !text.contains('\n'),
                    "{name}: {text}"
                );
            }
        }
    }

    /// Which alert our server sends for which reason is tested beside its verifier.
    #[test]
    fn every_reason_of_ours_is_named_under_one_alert() {
        for reason in Reason::ALL {
            let word = reason.as_str();
            let under: Vec<_> = (MEANINGS.iter())
                .filter(|(.., fact, _)| is_named(fact, word))
                .map(|(_, name, ..)| *name)
                .collect();
            assert_eq!(under.len(), 1, "{word}: {under:?}");
        }
        assert!(is_named("pki serve: revoked.", "revoked"));
        assert!(!is_named("it was revoked", "revoked"));
    }

    /// Whether a text names a reason among those of `pki serve`, which stand behind a colon up to the sentence's end.
    fn is_named(fact: &str, word: &str) -> bool {
        let Some((_, reasons)) = fact.split_once("pki serve: ") else {
            return false;
        };
        let reasons = reasons.split('.').next().unwrap();
        reasons.split(", ").any(|reason| reason == word)
    }
}
