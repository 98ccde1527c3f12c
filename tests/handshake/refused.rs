//! The older ways are refused, and what is left in their place is taken.

use super::hello::{Answer, TLS_1_2, offer};
use super::with_an_rsa_key;
use crate::support::{Authority, Server, finish, hermetic, tool};

const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// What a server with an RSA key could answer to, by what is wrong with it (TLS Cipher Suites at IANA).
const OLD: [(&str, &[u16]); 6] = [
    (
        "RSA key transport",
        &[
            0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d, 0xc09c, 0xc0a0,
        ],
    ),
    ("RC4", &[0x0004, 0x0005, 0xc007, 0xc011]),
    ("3DES", &[0x000a, 0x0016, 0xc008, 0xc012]),
    ("CBC", &[0xc009, 0xc00a, 0xc013, 0xc014, 0xc027, 0xc028]),
    ("DHE", &[0x0033, 0x0039, 0x0067, 0x009e, 0x009f, 0xccaa]),
    (
        "no encryption, export, static or anonymous keys",
        &[
            0x0002, 0x003b, 0x0003, 0x0008, 0xc010, 0xc00e, 0xc031, 0x0034, 0xc018,
        ],
    ),
];

/// All that rustls' provider has for an RSA key in TLS 1.2.
const NEW: [u16; 3] = [0xc030, 0xc02f, 0xcca8];

#[test]
fn the_server_refuses_every_older_cipher_suite_even_with_an_rsa_key() {
    let (_authority, server) = with_an_rsa_key();
    let refused = Answer::Alert(HANDSHAKE_FAILURE);
    for (kind, suites) in OLD {
        for suite in suites {
            let answer = offer(&server, TLS_1_2, &[*suite]);
            assert_eq!(answer, refused, "{kind}: {suite:#06x}");
        }
        // Nor does offering many help.
        assert_eq!(offer(&server, TLS_1_2, suites), refused, "{kind}");
    }
    // The same hello with one good suite is answered: it was the suites that were refused.
    for suite in NEW {
        assert_eq!(offer(&server, TLS_1_2, &[suite]), Answer::Chose(suite));
    }
    let all: Vec<_> = OLD
        .iter()
        .flat_map(|(_, suites)| *suites)
        .copied()
        .collect();
    let among_many = [all, vec![NEW[0]]].concat();
    assert_eq!(offer(&server, TLS_1_2, &among_many), Answer::Chose(NEW[0]));
}

#[test]
fn the_server_refuses_every_version_before_1_2() {
    let (_authority, server) = with_an_rsa_key();
    for version in [0x0300, 0x0301, 0x0302] {
        let answer = offer(&server, version, &NEW);
        assert_eq!(answer, Answer::Alert(PROTOCOL_VERSION), "{version:#06x}");
    }
}

#[test]
fn openssl_gets_in_by_elliptic_curves_and_by_nothing_older() {
    let (authority, server) = with_an_rsa_key();
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let root = authority.root();
    let connect = |more: &[&str]| {
        let mut client = hermetic(&openssl, authority.home());
        client.args(["s_client", "-brief", "-connect"]);
        client.arg(format!("127.0.0.1:{}", server.port()));
        client.args([
            "-servername",
            "localhost",
            "-verify_return_error",
            "-CAfile",
        ]);
        finish(client.arg(&root).args(more))
    };
    for cipher in [
        "AES128-SHA",
        "AES256-GCM-SHA384",
        "DHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-SHA",
    ] {
        let cipher = format!("{cipher}:@SECLEVEL=0");
        let refused = connect(&["-tls1_2", "-cipher", &cipher]);
        assert_ne!(refused.code, Some(0), "{cipher}");
        assert!(
            refused.err().contains("alert number 40"),
            "{}",
            refused.said()
        );
    }
    for group in ["P-521", "ffdhe2048", "ffdhe4096"] {
        let refused = connect(&["-tls1_3", "-groups", group]);
        assert!(
            refused.err().contains("alert number 40"),
            "{}",
            refused.said()
        );
    }
    for version in ["-tls1_2", "-tls1_3"] {
        for (group, told) in [
            ("X25519", "X25519"),
            ("P-256", "prime256v1"),
            ("P-384", "secp384r1"),
        ] {
            let taken = connect(&[version, "-groups", group]).ok();
            assert!(taken.err().contains(told), "{version} {}", taken.said());
        }
    }
}

#[test]
fn our_own_client_agrees_on_the_hybrid_of_elliptic_curves_and_ml_kem() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let mut login = authority.locked_command(&["login", "alice", &server.https, "--json"]);
    let document = finish(login.env("PKI_BUNDLE_PASSWORD", &alice.password)).ok();
    let session = document.json()["session"].clone();
    assert_eq!(session["key_exchange_group"], "X25519MLKEM768");
    assert_eq!(session["forward_secrecy"], true);
}
