//! `pki export`: public parts, bundles of ours, and any bundle of others, refused where a platform would refuse it.

use std::fs;

use serde_json::Value;

use crate::support::{Authority, Client, Finished, finish, hermetic, path_text, tool};

const PASSWORD: &str = "marmalade-zeppelin-77";

/// A directory with a password, and without a CA of its own.
fn without_a_ca() -> Authority {
    let directory = Authority::none();
    fs::write(directory.path("password"), PASSWORD).unwrap();
    directory
}

/// Copies a bundle of alice's from another CA into it, under our password.
fn foreign_bundle(directory: &Authority, name: &str) -> (Authority, Client) {
    let elsewhere = Authority::init(&["--no-passphrase"]);
    fs::write(elsewhere.path("password"), PASSWORD).unwrap();
    let out = directory.path(name);
    let out = ["--out", path_text(&out), "--password-file", "password"];
    let document = elsewhere.json(&[&["issue-client", "alice"], &out[..]].concat());
    let client = Client {
        certificate: document["certificate"].clone(),
        bundle: directory.path(name),
        password: PASSWORD.to_owned(),
    };
    (elsewhere, client)
}

fn export(directory: &Authority, words: &[&str]) -> Finished {
    let password = ["--password-file", "password"];
    directory.pki(&[&["export"], words, &password[..]].concat())
}

/// What `openssl pkcs12 -info` says of a bundle; none where it is missing.
#[track_caller]
fn opened(directory: &Authority, name: &str) -> Option<Finished> {
    let words = ["pkcs12", "-legacy", "-info", "-noenc", "-in", name];
    let opened = directory.openssl(&[&words[..], &["-passin", "file:password"]].concat())?;
    Some(opened.ok())
}

#[test]
fn a_foreign_bundle_is_written_again_without_a_ca() {
    let directory = without_a_ca();
    let _elsewhere = foreign_bundle(&directory, "old.p12");
    for (number, words) in [
        &["./old.p12", "--for", "macos"][..],
        &["--bundle", "old.p12", "--for", "macos"],
        &["--bundle", "old.p12", "--form", "p12", "--for", "macos"],
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("new{number}.p12");
        export(&directory, &[words, &["--out", &out]].concat()).ok();
        let Some(opened) = opened(&directory, &out) else {
            return;
        };
        assert!(opened.err().contains("MAC: sha1"), "{}", opened.err());
        assert_eq!(opened.out().matches("BEGIN CERTIFICATE").count(), 3);
        assert_eq!(opened.out().matches("BEGIN PRIVATE KEY").count(), 1);
    }
    assert!(!directory.data().exists());
}

#[test]
fn public_forms_of_a_bundle_hold_no_key() {
    let directory = without_a_ca();
    let (elsewhere, alice) = foreign_bundle(&directory, "old.p12");
    let pem = export(&directory, &["./old.p12", "--form", "pem"])
        .ok()
        .out();
    assert_eq!(
        pem,
        elsewhere
            .pki(&["export", "alice", "--form", "pem"])
            .ok()
            .out()
    );
    let chain = export(&directory, &["./old.p12", "--form", "chain"])
        .ok()
        .out();
    assert_eq!(
        chain,
        elsewhere
            .pki(&["export", "alice", "--form", "chain"])
            .ok()
            .out()
    );
    let Some(credentials) = elsewhere.credentials(&alice) else {
        return;
    };
    let key = pem::parse(fs::read(credentials.key).unwrap()).unwrap();
    // ECPrivateKey (RFC 5915 §3): version 1 and the octets of the private key.
    let start = [2, 1, 1, 4, 32];
    let place = key
        .contents()
        .windows(5)
        .position(|it| it == start)
        .unwrap()
        + 5;
    let secret = &key.contents()[place..place + 32];
    let holds_it = |octets: &[u8]| octets.windows(32).any(|it| it == secret);
    assert!(holds_it(key.contents()));
    for form in ["pem", "der", "chain", "p7b"] {
        let written = export(&directory, &["./old.p12", "--form", form]).ok();
        let blocks = pem::parse_many(&written.stdout).unwrap();
        assert_eq!(blocks.is_empty(), form == "der" || form == "p7b", "{form}");
        assert!(!holds_it(&written.stdout), "{form}");
        for block in blocks {
            assert_eq!(block.tag(), "CERTIFICATE", "{form}");
            assert!(!holds_it(block.contents()), "{form}");
        }
    }
}

#[test]
fn a_reference_chooses_among_the_keys_of_a_bundle_and_none_is_lost_without_one() {
    let directory = without_a_ca();
    let authority = Authority::init(&["--no-passphrase"]);
    fs::write(authority.path("password"), PASSWORD).unwrap();
    let Some(keytool) = tool("keytool") else {
        return;
    };
    let mut serials = Vec::new();
    for name in ["alice", "bob"] {
        let words = ["issue-client", name, "--password-file", "password"];
        let document = authority.json(&words);
        serials.push(document["certificate"]["serial_number"].clone());
        let mut keytool = hermetic(&keytool, directory.home());
        keytool.args([
            "-importkeystore",
            "-noprompt",
            "-srcstorepass:file",
            "password",
        ]);
        keytool.args(["-destkeystore", "store.p12", "-deststoretype", "PKCS12"]);
        keytool.args(["-deststorepass:file", "password", "-srckeystore"]);
        let bundle = authority.data().join(format!("clients/{name}/{name}.p12"));
        finish(keytool.arg(bundle)).ok();
    }
    let store = ["--bundle", "store.p12", "--for", "android", "--out"];
    export(&directory, &[&store[..], &["both.p12"]].concat()).ok();
    let Some(both) = opened(&directory, "both.p12") else {
        return;
    };
    assert_eq!(both.out().matches("BEGIN PRIVATE KEY").count(), 2);
    // Two end entities, and the chain that they share once.
    assert_eq!(both.out().matches("BEGIN CERTIFICATE").count(), 4);
    // One by its serial number, one by a file of which no inventory knows.
    let pem = authority
        .pki(&["export", "bob", "--form", "pem"])
        .ok()
        .out();
    fs::write(directory.path("bob.pem"), pem).unwrap();
    for (reference, name) in [(serials[0].as_str().unwrap(), "alice"), ("bob.pem", "bob")] {
        let out = format!("{name}.p12");
        export(&directory, &[&[reference], &store[..], &[&out]].concat()).ok();
        let one = opened(&directory, &out).unwrap().out();
        assert_eq!(one.matches("BEGIN PRIVATE KEY").count(), 1);
        assert_eq!(one.matches("BEGIN CERTIFICATE").count(), 3);
        assert!(one.contains(&format!("friendlyName: {name}")), "{one}");
    }
    let many = export(&directory, &["./store.p12", "--form", "pem", "--json"]);
    let refused = many.exits(1).json();
    assert_eq!(refused["error"]["kind"], "ambiguous", "{refused:#}");
    assert!(refused["error"]["hint"].is_string());
}

#[test]
fn trusted_certificates_of_a_java_keystore_are_still_trusted() {
    let directory = without_a_ca();
    let (elsewhere, _) = foreign_bundle(&directory, "store.p12");
    let other = Authority::init(&["--no-passphrase"]);
    let Some(keytool) = tool("keytool") else {
        return;
    };
    // One that is in alice's chain too, and one that is nobody's.
    for (alias, from) in [("own-root", &elsewhere), ("other-root", &other)] {
        let root = from.data().join("root.pem");
        let mut keytool = hermetic(&keytool, directory.home());
        keytool.args(["-importcert", "-noprompt", "-alias", alias, "-file"]);
        keytool.arg(root).args(["-keystore", "store.p12"]);
        finish(keytool.args(["-storepass:file", "password"])).ok();
    }
    let list = |name: &str| {
        let mut keytool = hermetic(&keytool, directory.home());
        keytool.args(["-list", "-keystore", name, "-storepass:file", "password"]);
        let listed = finish(&mut keytool).ok().out();
        let mut entries: Vec<_> = listed
            .lines()
            .filter(|line| line.contains("Entry"))
            .map(|line| {
                let mut words = line.split(", ");
                let alias = words.next().map(str::to_owned);
                (
                    alias,
                    words.find(|it| it.ends_with("Entry")).map(str::to_owned),
                )
            })
            .collect();
        entries.sort();
        entries
    };
    let before = list("store.p12");
    assert_eq!(before.len(), 3);
    for (from, to) in [("store.p12", "new.p12"), ("new.p12", "newer.p12")] {
        export(
            &directory,
            &["--bundle", from, "--for", "java", "--out", to],
        )
        .ok();
        assert_eq!(list(to), before);
    }
}

#[test]
fn what_cannot_go_along_is_told_and_a_key_alone_is_refused() {
    let directory = without_a_ca();
    let (elsewhere, alice) = foreign_bundle(&directory, "old.p12");
    let Some(keytool) = tool("keytool") else {
        return;
    };
    let mut keytool = hermetic(keytool, directory.home());
    keytool.args([
        "-genseckey",
        "-keyalg",
        "AES",
        "-keysize",
        "128",
        "-alias",
        "secret",
    ]);
    keytool.args([
        "-storetype",
        "PKCS12",
        "-keystore",
        "old.p12",
        "-storepass:file",
        "password",
    ]);
    finish(&mut keytool).ok();
    let words = ["./old.p12", "--for", "macos", "--out", "new.p12"];
    let said = export(&directory, &words).ok().err();
    assert!(said.contains("1.2.840.113549.1.12.10.1.5"), "{said}");
    let Some(credentials) = elsewhere.credentials(&alice) else {
        return;
    };
    let key = path_text(&credentials.key);
    let words = [
        "pkcs12", "-export", "-nocerts", "-inkey", key, "-out", "key.p12",
    ];
    let words = [&words[..], &["-passout", "file:password"]].concat();
    directory.openssl(&words).unwrap().ok();
    let refused = export(&directory, &["./key.p12", "--for", "macos", "--json"]);
    let refused = refused.exits(1).json();
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("not its certificate"), "{message}");
}

#[test]
fn what_a_platform_would_refuse_is_not_written() {
    let directory = without_a_ca();
    let _elsewhere = foreign_bundle(&directory, "old.p12");
    fs::write(directory.path("empty"), "").unwrap();
    fs::write(directory.path("umlaut"), "Grüße 12").unwrap();
    for (platform, file) in [
        ("macos", "empty"),
        ("ios", "empty"),
        ("java", "umlaut"),
        ("java-8", "umlaut"),
    ] {
        let words = ["./old.p12", "--for", platform, "--new-password-file", file];
        let words = [&words[..], &["--out", "new.p12", "--json"]].concat();
        let refused = export(&directory, &words).exits(1).json();
        assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
        let hint = refused["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("--new-password"), "{hint}");
        assert!(!directory.path("new.p12").exists());
    }
    let words = [
        "./old.p12",
        "--for",
        "windows",
        "--new-password-file",
        "umlaut",
    ];
    let words = [&words[..], &["--out", "new.p12"]].concat();
    export(&directory, &words).ok();
}

#[test]
fn a_drawn_password_is_told_once_and_opens_the_bundle() {
    let directory = without_a_ca();
    let _elsewhere = foreign_bundle(&directory, "old.p12");
    let words = [
        "./old.p12",
        "--for",
        "ios",
        "--new-password",
        "--out",
        "new.p12",
    ];
    let document = export(&directory, &[&words[..], &["--json"]].concat())
        .ok()
        .json();
    let drawn = document["password"].as_str().unwrap();
    fs::write(directory.path("password"), drawn).unwrap();
    let Some(opened) = opened(&directory, "new.p12") else {
        return;
    };
    assert!(opened.err().contains("Iteration 2048"), "{}", opened.err());
    // Kept, it is told by nobody.
    let words = ["./new.p12", "--for", "ios", "--out", "newer.p12", "--json"];
    let document = export(&directory, &words).ok().json();
    assert_eq!(document["password"], Value::Null);
    export(&directory, &["./new.p12", "--for", "ios", "--new-password"]).exits(2);
}

#[test]
fn what_will_be_of_no_use_is_warned_of_and_written() {
    let directory = without_a_ca();
    let (elsewhere, alice) = foreign_bundle(&directory, "old.p12");
    let Some(credentials) = elsewhere.credentials(&alice) else {
        return;
    };
    let (key, certificate) = (&credentials.key, &credentials.certificate);
    let words = [
        "pkcs12",
        "-export",
        "-inkey",
        path_text(key),
        "-in",
        path_text(certificate),
    ];
    let words = [
        &words[..],
        &["-passout", "file:password", "-out", "alone.p12"],
    ]
    .concat();
    directory.openssl(&words).unwrap().ok();
    let written = export(
        &directory,
        &["./alone.p12", "--for", "firefox", "--out", "new.p12"],
    );
    let said = written.ok().err();
    assert!(
        said.contains("pki: warning: an end entity without"),
        "{said}"
    );
}

#[test]
fn words_that_do_not_fit_together_are_a_usage_error() {
    let directory = without_a_ca();
    let _elsewhere = foreign_bundle(&directory, "old.p12");
    for words in [
        &["--form", "p12"][..],
        &["./old.p12"],
        &["./old.p12", "--bundle", "old.p12", "--for", "ios"],
        &[
            "./old.p12",
            "--form",
            "pem",
            "--new-password-file",
            "password",
        ],
    ] {
        let refused = export(&directory, &[words, &["--json"]].concat()).exits(2);
        assert!(refused.json()["error"]["hint"].is_string(), "{words:?}");
    }
}

#[test]
fn issuing_and_renewing_for_a_platform_refuse_what_it_would_refuse() {
    let authority = Authority::init(&["--no-passphrase"]);
    let issue = |name: &str, platform: &str, password: &str| {
        let words = ["issue-client", name, "--for", platform, "--json"];
        let mut command = authority.command(&words);
        finish(command.env("PKI_BUNDLE_PASSWORD", password))
    };
    for (platform, password) in [("macos", ""), ("ios", ""), ("java", "ü"), ("java-8", "ü")] {
        let refused = issue("alice", platform, password).exits(1).json();
        assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    }
    authority.pki(&["show", "alice"]).exits(1);
    for (name, platform, password, warning) in [
        ("ann", "any", "", "macOS and iOS refuse"),
        ("bob", "any", "ü", "Java refuses"),
        ("cyd", "windows", "ü", ""),
    ] {
        let issued = issue(name, platform, password).ok().err();
        match warning.is_empty() {
            true => assert!(!issued.contains("warning"), "{issued}"),
            false => assert!(issued.contains(warning), "{issued}"),
        }
    }
    let renew = |platform: &str| {
        let mut command = authority.command(&["renew", "ann", "--for", platform, "--json"]);
        finish(command.env("PKI_BUNDLE_PASSWORD", ""))
    };
    let refused = renew("ios").exits(1).json();
    assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    let renewed = renew("android").ok().json();
    assert_eq!(renewed["bundle"]["platform"], "android");
}
