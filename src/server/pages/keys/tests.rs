use super::*;
use crate::judge::Reason;
use crate::session::{Handshake, Signed};

const ISSUED: &str = "2026-01-02T03:04:05Z";
const BEGINS: &str = "2026-01-02T02:59:05Z";
const ENDS: &str = "2027-02-03T03:04:05Z";
const REVOKED: &str = "2026-03-04T05:06:07Z";

fn certificate(subject: &str, profile: Option<&'static str>) -> Summary {
    Summary {
        name: None,
        device: None,
        profile,
        status: "valid",
        subject: subject.to_owned(),
        issuer: "CN=CA".to_owned(),
        serial_number: "0a".to_owned(),
        not_before: BEGINS.to_owned(),
        not_after: ENDS.to_owned(),
        subject_alt_names: Vec::new(),
        key_algorithm: "p256".to_owned(),
        fingerprint_sha256: "00".to_owned(),
        revoked_at: None,
        reason_code: None,
        supersedes: None,
        superseded_by: None,
        last_login_at: None,
        issued_at: profile.map(|_| ISSUED.to_owned()),
    }
}

/// What the client presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    Ours,
    None,
    Unreadable,
    Stranger,
    Revoked,
    Held,
    OfARevokedCa,
    Renewed,
    Expired,
    Early,
    Server,
}

impl Client {
    const ALL: [Self; 11] = [
        Self::Ours,
        Self::None,
        Self::Unreadable,
        Self::Stranger,
        Self::Revoked,
        Self::Held,
        Self::OfARevokedCa,
        Self::Renewed,
        Self::Expired,
        Self::Early,
        Self::Server,
    ];

    fn verdict(self) -> Verdict {
        match self {
            Self::Ours | Self::Renewed => Verdict::Accepted,
            Self::None => Verdict::NoCertificate,
            Self::Unreadable => Verdict::Refused(Reason::Malformed),
            Self::Stranger => Verdict::Refused(Reason::UnknownIssuer),
            Self::Revoked | Self::Held | Self::OfARevokedCa => Verdict::Refused(Reason::Revoked),
            Self::Expired => Verdict::Refused(Reason::Expired),
            Self::Early => Verdict::Refused(Reason::NotYetValid),
            Self::Server => Verdict::Refused(Reason::WrongExtendedKeyUsage),
        }
    }

    fn chain(self) -> Vec<Option<Summary>> {
        let ours = certificate("CN=alice", Some("client"));
        let revoked = |reason_code, status| Summary {
            revoked_at: Some(REVOKED.to_owned()),
            reason_code: Some(reason_code),
            status,
            ..ours.clone()
        };
        let told = match self {
            Self::None => return Vec::new(),
            Self::Unreadable => None,
            Self::Ours | Self::OfARevokedCa => Some(ours),
            Self::Stranger => Some(certificate("CN=alice", None)),
            Self::Revoked => Some(revoked("keyCompromise", "revoked")),
            Self::Held => Some(revoked("certificateHold", "revoked")),
            Self::Renewed => Some(revoked("superseded", "valid")),
            Self::Expired => Some(Summary {
                status: "expired",
                ..ours
            }),
            Self::Early => Some(Summary {
                status: "not-yet-valid",
                ..ours
            }),
            Self::Server => Some(certificate("CN=alice", Some("server"))),
        };
        vec![told]
    }

    /// The sentences of *Made*, *Kept* and *Until*.
    fn wanted(self) -> [String; 3] {
        const BY: &str = ": by the authority, for a bundle, or by whoever sent it a request (CSR).";
        const SENT: &str = " A login sends a signature, never the key.";
        const BUNDLE: &str = "Yours where you imported it, the browser or the system, and in your bundle if you were given one. Of that bundle the authority may keep a copy, locked with its password, under clients/ in its directory, until pki bundle forget removes it.";
        let issued = format!("Yours once, before its certificate was issued on {ISSUED}{BY}");
        let bundle = format!("{BUNDLE}{SENT}");
        match self {
            Self::None | Self::Unreadable => Default::default(),
            Self::Stranger => [
                format!(
                    "Yours once; this server does not know by whom. Its certificate says that it is valid from {BEGINS}."
                ),
                format!(
                    "Yours where you keep it; this server was only shown the certificate.{SENT}"
                ),
                format!("Yours, says its certificate: {ENDS}."),
            ],
            Self::Server => [
                issued,
                format!("Yours where whoever made it keeps it.{SENT}"),
                format!("Yours: {ENDS}."),
            ],
            Self::Ours => [issued, bundle, format!("Yours: {ENDS}.")],
            Self::Revoked => [
                issued,
                bundle,
                format!("Yours was good until it was revoked on {REVOKED}."),
            ],
            Self::Held => [
                issued,
                bundle,
                format!(
                    "Yours has been on hold since {REVOKED}. The hold can be lifted; then it is good until {ENDS}."
                ),
            ],
            Self::OfARevokedCa => [
                issued,
                bundle,
                format!(
                    "Yours is good no more, because the CA that signed it was revoked; else it would be until {ENDS}."
                ),
            ],
            Self::Renewed => [
                issued,
                bundle,
                format!("Yours: {ENDS}, but it counts as revoked from {REVOKED} on."),
            ],
            Self::Expired => [issued, bundle, format!("Yours was good until {ENDS}.")],
            Self::Early => [
                issued,
                bundle,
                format!("Yours: from {BEGINS} until {ENDS}."),
            ],
        }
    }
}

fn signed(scheme: &str) -> Signed {
    Signed {
        signature_scheme: scheme.to_owned(),
        over: "transcript",
        context: None,
        hash: None,
        hash_value: None,
        octets: 0,
    }
}

fn session(tls_1_3: bool, resumed: bool, client: Client) -> Session {
    let proves = !resumed && client != Client::None;
    let handshake = Handshake {
        server_signature: (!resumed).then(|| signed("rsa")),
        ..Handshake::default()
    };
    Session {
        protocol: Some(if tls_1_3 { "TLSv1.3" } else { "TLSv1.2" }.to_owned()),
        cipher_suite: None,
        key_exchange_group: (tls_1_3 || !resumed).then(|| "x25519".to_owned()),
        forward_secrecy: true,
        resumed,
        exporter_sha256: None,
        client_random: None,
        server_random: None,
        signature_scheme: proves.then(|| "ecdsa".to_owned()),
        server_name: None,
        alpn: None,
        acceptable_issuers: Vec::new(),
        handshake,
    }
}

/// What a person reads in the cells of a row, paragraph by paragraph.
fn row_of(html: &str, what: &str) -> [String; 2] {
    let head = format!("scope=\"row\">{what}</th>");
    let (_, row) = html.split_once(&head).unwrap_or_default();
    let cells: Vec<_> = row.split("<td").skip(1).take(2).collect();
    [0, 1].map(|cell| {
        let content = cells[cell].split_once('>').unwrap_or_default().1;
        let content = content.split("</td>").next().unwrap_or_default();
        let content = content.replace("</p>", "\n");
        let parts = content.split('<').enumerate();
        let text = parts.map(|(number, part)| match number {
            0 => part,
            _ => part.split_once('>').unwrap_or_default().1,
        });
        text.collect::<String>().trim().to_owned()
    })
}

#[test]
fn each_cell_says_what_is_true_of_this_connection_and_this_certificate() {
    for client in Client::ALL {
        for (tls_1_3, resumed, is_logged) in [
            (true, false, false),
            (true, false, true),
            (true, true, false),
            (false, false, false),
            (false, true, false),
            (false, true, true),
        ] {
            let session = session(tls_1_3, resumed, client);
            let judgement = Judgement {
                verdict: client.verdict(),
                chain: client.chain(),
            };
            let server = certificate("CN=server", Some("server"));
            let keys = Keys::of(&judgement, &session, Some(&server), is_logged);
            let html = keys.two_kinds().into_string();
            let [made, kept, until] = client.wanted();
            let join = |first: &str, second: &str| format!("{first}\n{second}").trim().to_owned();
            let whose = match (client, resumed) {
                (Client::None, false) => "You presented none.",
                (Client::None, true) => {
                    "You presented none when the session began that this connection resumes."
                }
                (Client::Unreadable, _) => "You presented one that cannot be read.",
                _ => "Yours: CN=alice (p256).",
            };
            let proof = match client {
                Client::None => "None of yours.",
                _ => "Yours once: ecdsa.",
            };
            let session_made = match (tls_1_3, resumed) {
                (_, false) => "from the exchange in x25519 and both randoms",
                (true, true) => {
                    "from an earlier session's secret, a new exchange in x25519 and both new randoms"
                }
                (false, true) => "from an earlier session's master secret and both new randoms",
            };
            let session_kept = match is_logged {
                true => {
                    "This server writes their secrets into a file (--keylog). Otherwise they are in the memory of both programs only."
                }
                false => "In the memory of both programs; this server writes them nowhere.",
            };
            let session_until = match tls_1_3 {
                true => {
                    "This connection closes. A secret by which a later one may resume it stays in both ends' memory for longer; it opens no recording of this one."
                }
                false => {
                    "This connection closes. The master secret stays in both ends' memory for longer, so that a later one may resume it: whoever gets hold of it opens a recording of this one, too."
                }
            };
            let begins = match tls_1_3 {
                true => "All that follows the two hellos",
                false => "All that follows the handshake",
            };
            for (what, identity, of_session) in [
                (
                    "Whose",
                    join(whose, "The server's: CN=server (p256)."),
                    "This connection's. Both ends hold the same ones.".to_owned(),
                ),
                (
                    "Made",
                    join(
                        &made,
                        &format!("The server's once, for the certificate issued on {ISSUED}."),
                    ),
                    format!("Anew by both ends in this handshake, {session_made}. Never sent."),
                ),
                (
                    "Kept",
                    join(
                        &kept,
                        "The server's under servers/ in the authority's directory, on its machine.",
                    ),
                    session_kept.to_owned(),
                ),
                (
                    "Until",
                    join(&until, &format!("The server's: {ENDS}.")),
                    session_until.to_owned(),
                ),
                (
                    "Used for",
                    "A signature, once in a handshake, that proves whose certificate it is. They encrypt nothing and decrypt nothing.".to_owned(),
                    format!("{begins}: encrypted, and guarded against changes, in each direction with a key of its own."),
                ),
                (
                    "Used here",
                    match resumed {
                        true => "None: what the full handshake proved is taken over.".to_owned(),
                        false => join(proof, "The server's once: rsa."),
                    },
                    "For what you read here.".to_owned(),
                ),
            ] {
                let case = format!("{client:?}, 1.3 {tls_1_3}, resumed {resumed}, {what}");
                assert_eq!(row_of(&html, what), [identity, of_session], "{case}");
            }
        }
    }
}

#[test]
fn without_certificates_to_tell_of_nothing_is_told_of_them() {
    let session = session(true, false, Client::None);
    let judgement = Judgement {
        verdict: Verdict::NoCertificate,
        chain: Vec::new(),
    };
    let keys = Keys::of(&judgement, &session, None, false);
    let html = keys.two_kinds().into_string();
    assert_eq!(row_of(&html, "Made")[0], "Once, for a certificate.");
    assert_eq!(row_of(&html, "Until")[0], "");
}
