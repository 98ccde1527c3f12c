//! `pki sign-csr`: other people's keys, under our names and our extensions.

use std::fs;
use std::path::Path;

use crate::support::tls::Session;
use crate::support::tools::fixture;
use crate::support::{Authority, Credentials, Server, Tls, Tree, path_text, visit};

/// A request by OpenSSL as `NAME.csr`, its key as `NAME.key`; none where OpenSSL is missing.
fn request(authority: &Authority, name: &str, more: &[&str]) -> Option<()> {
    let (key, csr) = (format!("{name}.key"), format!("{name}.csr"));
    let words = [
        "req",
        "-new",
        "-noenc",
        "-subj",
        "/CN=asked-for/O=Evil",
        "-keyout",
        &key,
        "-out",
        &csr,
    ];
    authority.openssl(&[&words[..], more].concat())?.ok();
    Some(())
}

const P256: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// `openssl x509 -text` of a certificate.
fn text(authority: &Authority, certificate: &Path) -> String {
    let words = ["x509", "-noout", "-text", "-in", path_text(certificate)];
    authority.openssl(&words).unwrap().ok().out()
}

/// Panics unless signing this request is refused, said in JSON under one of these kinds, and nothing changed.
#[track_caller]
fn assert_refused(authority: &Authority, csr: &Path, kinds: &[&str]) {
    let before = Tree::of(authority.home());
    let words = [
        "sign-csr",
        path_text(csr),
        "--profile",
        "client",
        "--name",
        "carol",
        "--json",
    ];
    let refused = authority.pki(&words).exits(1).json();
    let kind = refused["error"]["kind"].as_str().unwrap();
    assert!(kinds.contains(&kind), "{refused:#}");
    assert!(refused["error"]["hint"].is_string(), "{refused:#}");
    before.assert_unchanged(authority.home(), "a refused request");
}

#[test]
fn a_request_is_signed_under_our_name_whatever_hash_it_was_signed_with() {
    // rcgen takes the key's type from the signature's algorithm: P-256 with SHA-384 is where that breaks.
    for (name, key, hash, kind) in [
        ("p256-sha256", &P256[..], "-sha256", "prime256v1"),
        ("p256-sha384", &P256[..], "-sha384", "prime256v1"),
        (
            "p384-sha256",
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
            "-sha256",
            "secp384r1",
        ),
        (
            "rsa-sha512",
            &["-newkey", "rsa:2048"],
            "-sha512",
            "rsaEncryption",
        ),
    ] {
        let authority = Authority::init(&[]);
        let Some(()) = request(&authority, name, &[key, &[hash]].concat()) else {
            return;
        };
        let csr = format!("{name}.csr");
        let out = authority.path("signed.pem");
        let words = [
            "sign-csr",
            &csr,
            "--profile",
            "client",
            "--name",
            "carol",
            "--out",
            path_text(&out),
        ];
        let document = authority.json(&words);
        assert_eq!(document["certificate"]["name"], "carol", "{name}");
        assert_eq!(document["certificate"]["subject"], "CN=carol", "{name}");
        assert!(text(&authority, &out).contains(kind), "{name}");
        let (root, issuing) = (authority.root(), authority.issuing());
        authority
            .openssl(&[
                "verify",
                "-x509_strict",
                "-purpose",
                "sslclient",
                "-CAfile",
                path_text(&root),
                "-untrusted",
                path_text(&issuing),
                path_text(&out),
            ])
            .unwrap()
            .ok();
        let credentials = Credentials {
            certificate: out,
            key: authority.path(&format!("{name}.key")),
            chain: Some(authority.issuing()),
        };
        let server = Server::start(&authority, &[]);
        let visit = visit(
            &authority,
            &server,
            Some(&credentials),
            Tls::V1_3,
            Session::Fresh,
        );
        visit.unwrap().assert_judged(200, "accepted", None);
    }
}

/// SHA-512 with P-256 is rare and sound. Whether it is taken is ours to choose; to call it forged would be false.
#[test]
fn a_good_signature_of_a_rare_kind_is_not_called_a_bad_one() {
    let authority = Authority::init(&[]);
    let Some(()) = request(&authority, "rare", &[&P256[..], &["-sha512"]].concat()) else {
        return;
    };
    let words = [
        "sign-csr",
        "rare.csr",
        "--profile",
        "client",
        "--name",
        "carol",
    ];
    let answer = authority.pki(&words);
    assert!(
        !answer.err().contains("not signed with the key"),
        "{}",
        answer.err()
    );
}

#[test]
fn der_is_read_as_well_as_pem() {
    let authority = Authority::init(&[]);
    let Some(()) = request(&authority, "carol", &P256) else {
        return;
    };
    let words = [
        "req",
        "-in",
        "carol.csr",
        "-outform",
        "DER",
        "-out",
        "carol.der",
    ];
    authority.openssl(&words).unwrap().ok();
    authority
        .pki(&[
            "sign-csr",
            "carol.der",
            "--profile",
            "client",
            "--name",
            "carol",
        ])
        .ok();
}

#[test]
fn what_a_client_asks_for_is_not_what_it_gets() {
    let authority = Authority::init(&[]);
    let asked = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=keyCertSign",
        "-addext",
        "extendedKeyUsage=serverAuth,codeSigning",
        "-addext",
        "subjectAltName=DNS:evil.example,email:root@evil.example",
    ];
    for name in ["carol", "again"] {
        let Some(()) = request(&authority, name, &[&P256[..], &asked].concat()) else {
            return;
        };
    }
    let sign = "sign-csr carol.csr --profile client --name carol --out signed.pem";
    let renew = "renew carol --csr again.csr --out renewed.pem";
    for (words, out) in [(sign, "signed.pem"), (renew, "renewed.pem")] {
        let words: Vec<_> = words.split(' ').collect();
        let said = authority.pki(&words).ok().err();
        let told = "also asks for the extensions basicConstraints, keyUsage, extKeyUsage; the profile decides";
        assert!(said.contains(told), "{said}");
        let signed = text(&authority, &authority.path(out));
        assert!(signed.contains("TLS Web Client Authentication"), "{signed}");
        assert!(signed.contains("CA:FALSE"), "{signed}");
        for unwanted in [
            "CA:TRUE",
            "Certificate Sign",
            "Server Authentication",
            "Code Signing",
            "evil",
            "asked-for",
        ] {
            assert!(!signed.contains(unwanted), "{unwanted}: {signed}");
        }
    }
}

#[test]
fn a_server_gets_the_names_it_asks_for_and_no_other_power() {
    let authority = Authority::init(&[]);
    let asked = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "extendedKeyUsage=clientAuth,codeSigning",
        "-addext",
        "subjectAltName=DNS:web.example.com,IP:10.0.0.1",
    ];
    let Some(()) = request(&authority, "web", &[&P256[..], &asked].concat()) else {
        return;
    };
    let out = authority.path("signed.pem");
    let words = [
        "sign-csr",
        "web.csr",
        "--profile",
        "server",
        "--out",
        path_text(&out),
    ];
    let signing = authority.pki(&words).ok();
    assert!(
        signing.said().contains("web.example.com"),
        "{}",
        signing.said()
    );
    let signed = text(&authority, &out);
    assert!(
        signed.contains("DNS:web.example.com, IP Address:10.0.0.1"),
        "{signed}"
    );
    assert!(signed.contains("TLS Web Server Authentication"), "{signed}");
    for unwanted in ["CA:TRUE", "Client Authentication", "Code Signing"] {
        assert!(!signed.contains(unwanted), "{unwanted}: {signed}");
    }
}

#[test]
fn a_request_without_proof_of_possession_is_refused() {
    let authority = Authority::init(&[]);
    let Some(()) = request(&authority, "carol", &P256) else {
        return;
    };
    let words = [
        "req",
        "-in",
        "carol.csr",
        "-outform",
        "DER",
        "-out",
        "carol.der",
    ];
    authority.openssl(&words).unwrap().ok();
    let mut der = fs::read(authority.path("carol.der")).unwrap();
    // The last octet belongs to the signature's s.
    *der.last_mut().unwrap() ^= 1;
    fs::write(authority.path("forged.der"), &der).unwrap();
    assert_refused(
        &authority,
        &authority.path("forged.der"),
        &["not-permitted", "malformed", "invalid-input"],
    );
}

#[test]
fn weak_keys_are_refused() {
    let authority = Authority::init(&[]);
    let refusals = ["not-permitted", "invalid-input"];
    if let Some(()) = request(&authority, "short", &["-newkey", "rsa:1024"]) {
        assert_refused(&authority, &authority.path("short.csr"), &refusals);
    }
    // Made by fixtures/weak_keys.py: each signature is good, each key is known to be broken.
    for weak in ["roca", "close-primes", "small-exponent"] {
        let csr = fixture(&format!("fixtures/{weak}.csr"));
        assert!(csr.is_file(), "{}", csr.display());
        assert_refused(&authority, &csr, &refusals);
    }
    // The same maker's sound key passes: it is the weakness that is refused, not the maker.
    let sound = fixture("fixtures/sound.csr");
    let words = [
        "sign-csr",
        path_text(&sound),
        "--profile",
        "client",
        "--name",
        "sound",
    ];
    authority.pki(&words).ok();
}

#[test]
fn something_that_is_no_request_is_malformed() {
    let authority = Authority::init(&[]);
    fs::write(
        authority.path("noise.csr"),
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    )
    .unwrap();
    assert_refused(&authority, &authority.path("noise.csr"), &["malformed"]);
    fs::write(authority.path("empty.csr"), "").unwrap();
    assert_refused(&authority, &authority.path("empty.csr"), &["malformed"]);
    assert_refused(&authority, &authority.root(), &["malformed"]);
    assert_refused(
        &authority,
        &authority.path("absent.csr"),
        &["not-found", "file"],
    );
}
