//! `pki bundle check` and `forget`: files that other programs wrote are examined, and the commands that mend them do.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::authority::PKI;
use crate::support::{Authority, Finished, Tree, finish, hermetic, path_text, tool};

const PASSWORD: &str = "marmalade-zeppelin-77";

/// Key, certificate and chain of a client as OpenSSL takes them, and a password in a file.
struct Parts {
    authority: Authority,
}

impl Parts {
    #[track_caller]
    fn new() -> Option<Self> {
        let authority = Authority::init(&["--no-passphrase"]);
        let alice = authority.issue_client(&["alice"]);
        let credentials = authority.credentials(&alice)?;
        for (name, from) in [
            ("key.pem", &credentials.key),
            ("certificate.pem", &credentials.certificate),
            ("chain.pem", credentials.chain.as_ref().unwrap()),
        ] {
            fs::copy(from, authority.path(name)).unwrap();
        }
        fs::write(authority.path("password"), PASSWORD).unwrap();
        Some(Self { authority })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.authority.path(name)
    }

    /// A bundle that OpenSSL writes with these options; none where it is missing.
    #[track_caller]
    fn openssl(&self, name: &str, options: &str) -> Option<()> {
        let words = "pkcs12 -export -inkey key.pem -in certificate.pem -certfile chain.pem -name alice \
                     -passout file:password -out";
        let words: Vec<&str> = words
            .split_whitespace()
            .chain([name])
            .chain(options.split_whitespace())
            .collect();
        self.authority.openssl(&words).map(|it| drop(it.ok()))
    }

    fn check(&self, name: &str, options: &[&str]) -> Finished {
        let words = ["bundle", "check", name, "--password-file", "password"];
        self.authority.pki(&[&words[..], options].concat())
    }

    #[track_caller]
    fn document(&self, name: &str) -> Value {
        self.check(name, &["--json"]).ok().json()
    }

    /// Runs a command line as a person would who pasted it into a shell.
    #[track_caller]
    fn pasted(&self, line: &str) -> Finished {
        assert!(line.starts_with("pki export "), "{line}");
        let binaries = Path::new(PKI).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = hermetic("/bin/sh", self.authority.home());
        shell
            .env("PATH", format!("{}:{path}", binaries.display()))
            .env("PKI_CA_DATA", self.path("there-is-no-ca"))
            .args(["-c", line]);
        finish(&mut shell)
    }
}

#[track_caller]
fn platform<'a>(document: &'a Value, word: &str) -> &'a Value {
    let mut platforms = document["platforms"].as_array().unwrap().iter();
    platforms.find(|it| it["platform"] == word).unwrap()
}

#[test]
fn what_mends_a_file_of_openssl_mends_it() {
    let Some(parts) = Parts::new() else { return };
    for (options, word, reason) in [
        ("-legacy", "openssl", "RC2 with 40 bits"),
        ("-legacy -macalg sha256", "macos", "MAC of the SHA-2 family"),
        ("", "macos", "macOS 15 and later does not"),
        ("", "windows-2016", "AES"),
        ("-nomac", "firefox", "without a MAC"),
        ("-keypbe NONE", "macos", "not encrypted"),
        ("-iter 700000", "windows", "700,000 iterations"),
    ] {
        let Some(()) = parts.openssl("it is old.p12", options) else {
            return;
        };
        let refused = parts.check("it is old.p12", &["--for", word, "--json"]);
        let document = refused.exits(3).json();
        let verdict = platform(&document, word);
        assert_eq!(verdict["imports"], false, "{verdict:#}");
        let reasons = verdict["reasons"].to_string();
        assert!(reasons.contains(reason), "{options}: {reasons}");
        let mend = verdict["mend"].as_str().unwrap();
        let written = parts.pasted(mend).ok().out();
        let checked = parts.check(written.trim(), &["--for", word, "--json"]);
        let document = checked.ok().json();
        let verdict = platform(&document, word);
        assert_eq!(verdict["imports"], true, "{options}: {verdict:#}");
        assert_eq!(verdict["mend"], Value::Null, "{options}");
        fs::remove_file(parts.path(written.trim())).unwrap();
    }
}

#[test]
fn openssl_opens_without_its_legacy_provider_what_was_mended_for_it() {
    let Some(parts) = Parts::new() else { return };
    let opens = |name: &str| {
        let words = ["pkcs12", "-noenc", "-passin", "file:password", "-in", name];
        Some(parts.authority.openssl(&words)?.code == Some(0))
    };
    let Some(()) = parts.openssl("old.p12", "-legacy") else {
        return;
    };
    assert_eq!(opens("old.p12"), Some(false));
    let document = parts.document("old.p12");
    let mend = platform(&document, "openssl")["mend"].as_str().unwrap();
    parts.pasted(mend).ok();
    assert_eq!(opens("old-openssl.p12"), Some(true));
    // The name that it proposes next is free again.
    let document = parts.document("old.p12");
    let mend = platform(&document, "openssl")["mend"].as_str().unwrap();
    assert!(mend.ends_with("old-openssl-2.p12"), "{mend}");
}

#[test]
fn a_table_says_what_is_in_it_and_json_says_the_same() {
    let Some(parts) = Parts::new() else { return };
    let Some(()) = parts.openssl("old.p12", "-legacy") else {
        return;
    };
    let told = parts.check("old.p12", &[]).ok().out();
    for line in [
        "encoding      DER",
        "private keys  pbeWithSHAAnd3-KeyTripleDES-CBC",
        "certificates  pbeWithSHAAnd40BitRC2-CBC",
        "MAC           HMAC-SHA-1, 2048 iterations",
        "password      ASCII",
        "PLATFORM      IMPORTS  WHY",
        "macos         yes",
        "What mends it:",
    ] {
        let words = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert!(
            told.lines().any(|it| words(it) == words(line)),
            "{line}:\n{told}"
        );
    }
    let document = parts.document("old.p12");
    let serial_number = document["identities"][0]["serial_number"].as_str().unwrap();
    let identity =
        format!("CN=alice, p256, serial number {serial_number}, called alice, under CN=");
    assert!(told.contains(&identity), "{told}");
    assert_eq!(document["path"], "old.p12");
    assert_eq!(document["encoding"], "DER");
    let encryption = &document["encryption"];
    assert_eq!(
        encryption["private_keys"][0],
        "pbeWithSHAAnd3-KeyTripleDES-CBC"
    );
    assert_eq!(encryption["certificates"][0], "pbeWithSHAAnd40BitRC2-CBC");
    assert_eq!(document["mac"]["algorithm"], "HMAC-SHA-1");
    assert_eq!(document["mac"]["iterations"], 2048);
    assert_eq!(document["password"]["empty"], false);
    assert_eq!(document["password"]["ascii"], true);
    let identity = &document["identities"][0];
    assert_eq!(identity["subject"], "CN=alice");
    assert_eq!(identity["key_algorithm"], "p256");
    assert_eq!(identity["friendly_name"], "alice");
    assert_eq!(identity["chain"].as_array().unwrap().len(), 2);
    assert_eq!(identity["fingerprint_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(document["platforms"].as_array().unwrap().len(), 11);
    for platform in document["platforms"].as_array().unwrap() {
        for importer in platform["importers"].as_array().unwrap() {
            assert!(importer["importer"].is_string() && importer["imports"].is_boolean());
            assert!(importer["reasons"].is_array());
        }
        assert!(platform.get("mend").is_some());
    }
    for secret in [told, document.to_string()] {
        assert!(!secret.contains(PASSWORD));
    }
}

#[test]
fn without_a_platform_the_exit_code_is_0_and_with_one_only_that_one_decides() {
    let Some(parts) = Parts::new() else { return };
    let Some(()) = parts.openssl("new.p12", "") else {
        return;
    };
    parts.check("new.p12", &[]).ok();
    parts.check("new.p12", &["--for", "firefox"]).ok();
    parts.check("new.p12", &["--for", "java-8"]).exits(3);
}

#[test]
fn passwords_that_a_platform_refuses_are_found_and_mended_by_another() {
    let Some(parts) = Parts::new() else { return };
    for (password, word, sound) in [("", "ios", "firefox"), ("Grüße 12", "java", "windows")] {
        fs::write(parts.path("password"), password).unwrap();
        // OpenSSL reads no empty password from a file.
        let pass = format!("-passout pass:{password}").replace("pass:Grüße 12", "file:password");
        let Some(()) = parts.openssl("parts.p12", &pass) else {
            return;
        };
        parts.check("parts.p12", &["--for", sound]).ok();
        let refused = parts.check("parts.p12", &["--for", word, "--json"]);
        let document = refused.exits(3).json();
        assert_eq!(document["password"]["empty"], password.is_empty());
        assert_eq!(document["password"]["ascii"], password.is_ascii());
        let mend = platform(&document, word)["mend"].as_str().unwrap();
        assert!(mend.contains(" --new-password "), "{mend}");
        let told = parts.pasted(mend).ok().out();
        let drawn = told
            .lines()
            .find_map(|line| line.strip_prefix("password  "));
        fs::write(parts.path("password"), drawn.unwrap()).unwrap();
        let mended = format!("parts-{word}.p12");
        parts.check(&mended, &["--for", word]).ok();
    }
}

#[test]
fn what_cannot_be_mended_has_a_reason_and_no_command() {
    let Some(parts) = Parts::new() else { return };
    let key_only = "pkcs12 -export -nocerts -inkey key.pem -passout file:password -out key.p12";
    let Some(written) = parts
        .authority
        .openssl(&key_only.split(' ').collect::<Vec<_>>())
    else {
        return;
    };
    written.ok();
    let document = parts.check("key.p12", &["--for", "any", "--json"]);
    let document = document.exits(3).json();
    assert_eq!(document["keys_without_certificate"], 1);
    let any = platform(&document, "any");
    assert!(any["reasons"][0].as_str().unwrap().contains("private key"));
    assert_eq!(any["mend"], Value::Null);
    // Without its chain it imports, and that is said.
    let alone =
        "pkcs12 -export -inkey key.pem -in certificate.pem -passout file:password -out alone.p12";
    let words: Vec<_> = alone.split(' ').collect();
    parts.authority.openssl(&words).unwrap().ok();
    let told = parts.check("alone.p12", &["--for", "firefox"]).ok().out();
    assert!(told.contains("firefox   yes, but"), "{told}");
    assert!(told.contains("pki export --chain FILE"), "{told}");
    // It is asked about Firefox, so nothing is told of others.
    assert!(!told.contains("macos"), "{told}");
}

#[test]
fn a_certificate_that_has_ended_imports_and_is_of_no_use() {
    let authority = Authority::init(&["--no-passphrase"]);
    let alice = authority.issue_client(&["alice", "--validity", "1d"]);
    fs::write(authority.path("password"), &alice.password).unwrap();
    let words = ["bundle", "check", path_text(&alice.bundle), "--json"];
    let words = [&words[..], &["--password-file", "password"]].concat();
    let reasons = |finished: Finished| {
        let document = finished.ok().json();
        let any = platform(&document, "any").clone();
        assert_eq!(any["imports"], true, "{any:#}");
        any["reasons"].to_string()
    };
    assert_eq!(reasons(authority.pki(&words)), "[]");
    let Some(later) = authority.pki_at("+3d", &words) else {
        return;
    };
    assert!(reasons(later).contains("has ended"));
}

#[test]
fn a_cipher_that_is_not_read_is_named() {
    let Some(parts) = Parts::new() else { return };
    let Some(certtool) = tool("certtool") else {
        return;
    };
    let mut certtool = hermetic(certtool, parts.authority.home());
    certtool.args([
        "--to-p12",
        "--outder",
        "--p12-name=alice",
        "--load-privkey",
        "key.pem",
        "--load-certificate",
        "certificate.pem",
        "--pkcs-cipher",
        "arcfour",
        "--password",
        PASSWORD,
        "--outfile",
        "rc4.p12",
    ]);
    finish(&mut certtool).ok();
    let refused = parts.check("rc4.p12", &["--json"]).exits(1).json();
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("1.2.840.113549.1.12.1.1"), "{message}");
    assert!(refused["error"]["hint"].is_string());
}

#[test]
fn a_wrong_password_and_a_file_that_is_no_bundle_are_refused_and_no_password_is_told() {
    let Some(parts) = Parts::new() else { return };
    let Some(()) = parts.openssl("good.p12", "") else {
        return;
    };
    fs::write(parts.path("password"), "another-secret-5").unwrap();
    let refused = parts.check("good.p12", &["--json"]).exits(1);
    assert_eq!(refused.json()["error"]["kind"], "wrong-passphrase");
    assert!(!refused.said().contains("another-secret-5"));
    let refused = parts.check("certificate.pem", &["--json"]).exits(1).json();
    assert_eq!(refused["error"]["kind"], "malformed");
}

#[test]
fn forget_refuses_a_link_because_the_key_would_stay() {
    let authority = Authority::init(&["--no-passphrase"]);
    let alice = authority.issue_client(&["alice"]);
    let elsewhere = authority.path("elsewhere.p12");
    fs::rename(&alice.bundle, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &alice.bundle).unwrap();
    let before = Tree::of(authority.home());
    let refused = authority.pki(&["bundle", "forget", "alice", "--json"]);
    let refused = refused.exits(1).json();
    assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("elsewhere.p12"), "{message}");
    assert!(refused["error"]["hint"].is_string());
    before.assert_unchanged(authority.home(), "forgetting a link");
    let log = authority.json(&["audit", "--limit", "1"]);
    assert_ne!(log["entries"][0]["action"], "forget");
}

#[test]
fn forget_skips_what_it_cannot_read_and_names_the_copies_that_remain() {
    let authority = Authority::init(&["--no-passphrase"]);
    let old = authority.issue_client(&["alice"]);
    let new = authority.client(&authority.json(&["renew", "alice"]));
    let beside = |name: &str| old.bundle.with_file_name(name);
    fs::create_dir(beside("a-directory.p12")).unwrap();
    fs::write(beside("z.p12"), "no bundle").unwrap();
    let serial = old.certificate["serial_number"].as_str().unwrap();
    let forgotten = authority.pki(&["bundle", "forget", "alice"]).ok();
    for words in [
        "a-directory.p12 is not a file",
        "z.p12: the file is not a PKCS#12",
        &format!("pki bundle forget {serial}"),
    ] {
        assert!(forgotten.err().contains(words), "{}", forgotten.err());
    }
    assert!(!new.bundle.exists() && old.bundle.exists());
    let phone = authority.issue_client(&["alice", "--device", "phone"]);
    let forgotten = authority.json(&["bundle", "forget", serial]);
    let remaining = forgotten["remaining"].as_array().unwrap();
    assert_eq!(remaining.len(), 1, "{forgotten:#}");
    assert_eq!(
        remaining[0]["serial_number"],
        phone.certificate["serial_number"]
    );
    assert!(!old.bundle.exists() && phone.bundle.exists());
}

#[test]
fn forget_removes_nothing_that_the_log_could_not_tell() {
    let authority = Authority::init(&["--no-passphrase"]);
    let alice = authority.issue_client(&["alice"]);
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END";
    let Some(_) = authority.sql(full) else {
        return;
    };
    authority.pki(&["bundle", "forget", "alice"]).exits(1);
    assert!(alice.bundle.exists());
}

#[test]
fn forget_removes_the_copy_of_that_certificate_alone_and_the_log_tells() {
    let authority = Authority::init(&["--no-passphrase"]);
    let old = authority.issue_client(&["alice"]);
    let new = authority.client(&authority.json(&["renew", "alice"]));
    let phone = authority.issue_client(&["alice", "--device", "phone"]);
    let serial = new.certificate["serial_number"].as_str().unwrap();
    let forgotten = authority.json(&["bundle", "forget", serial]);
    assert_eq!(
        forgotten["certificate"]["serial_number"],
        new.certificate["serial_number"]
    );
    assert_eq!(forgotten["removed"].as_array().unwrap().len(), 1);
    assert!(!new.bundle.exists());
    assert!(old.bundle.exists() && phone.bundle.exists());
    let before = Tree::of(authority.home());
    let again = authority
        .pki(&["bundle", "forget", serial, "--json"])
        .exits(1)
        .json();
    assert_eq!(again["error"]["kind"], "not-found", "{again:#}");
    assert!(again["error"]["hint"].is_string());
    before.assert_unchanged(authority.home(), "forgetting what is not there");
    let log = authority.json(&["audit", "--limit", "1"]);
    assert_eq!(log["entries"][0]["action"], "forget");
    assert_eq!(
        log["entries"][0]["detail"]["serial_number"],
        new.certificate["serial_number"]
    );
    authority.pki(&["audit", "--verify"]).ok();
    // It is still valid, and what was handed over would still log in.
    assert_eq!(authority.json(&["show", serial])["status"], "valid");
}
