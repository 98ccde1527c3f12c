//! The bundle that `issue-client` hands over is what it promises to be; `tests/matrix.rs` tells who imports it.

use std::fs;
use std::path::PathBuf;

use crate::support::{Authority, Client, Finished, Server, finish, hermetic, path_text, tool};

/// An authority, alice's bundle in it, and its password in a file.
fn alice(options: &[&str]) -> (Authority, Client, PathBuf) {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&[&["alice"], options].concat());
    let password = authority.path("password");
    fs::write(&password, &alice.password).unwrap();
    (authority, alice, password)
}

/// Makes an empty NSS database in HOME, as Chromium looks for it, with our root trusted for servers and clients.
#[track_caller]
pub(crate) fn nss_database(authority: &Authority) -> Option<String> {
    fs::create_dir_all(authority.path("home/.pki/nssdb")).unwrap();
    let database = format!("sql:{}", path_text(&authority.path("home/.pki/nssdb")));
    certutil(authority, &["-N", "--empty-password", "-d", &database])?.ok();
    let root = authority.root();
    let trust = [
        "-A",
        "-n",
        "Root",
        "-t",
        "CT,,",
        "-i",
        path_text(&root),
        "-d",
        &database,
    ];
    certutil(authority, &trust)?.ok();
    Some(database)
}

/// Imports a bundle as a person at a terminal would.
#[track_caller]
pub(crate) fn pk12util(authority: &Authority, database: &str, client: &Client) -> Option<Finished> {
    let password = authority.path("bundle-password");
    fs::write(&password, &client.password).unwrap();
    let mut command = hermetic(tool("pk12util")?, authority.home());
    command
        .arg("-i")
        .arg(&client.bundle)
        .arg("-w")
        .arg(&password);
    Some(finish(command.args(["-d", database])))
}

fn certutil(authority: &Authority, arguments: &[&str]) -> Option<Finished> {
    let mut command = hermetic(tool("certutil")?, authority.home());
    Some(finish(command.args(arguments)))
}

#[test]
fn nss_imports_the_bundle_and_would_use_it_for_a_login() {
    for options in [
        &[][..],
        &["--key-algorithm", "p384"],
        &["--key-algorithm", "rsa-2048"],
    ] {
        let (authority, alice, _) = alice(options);
        let Some(database) = nss_database(&authority) else {
            return;
        };
        let Some(imported) = pk12util(&authority, &database, &alice) else {
            return;
        };
        imported.ok();
        let listed = certutil(&authority, &["-L", "-d", &database])
            .unwrap()
            .ok()
            .out();
        // `u` says that NSS found the private key of this certificate.
        let own = listed.lines().find(|line| line.starts_with("alice "));
        assert!(own.is_some_and(|line| line.ends_with("u,u,u")), "{listed}");
        let usable = ["-V", "-u", "C", "-n", "alice", "-d", &database];
        certutil(&authority, &usable).unwrap().ok();
    }
}

#[test]
fn nss_imports_a_name_with_an_emoji() {
    let authority = Authority::init(&[]);
    for (name, platform) in [("Zoë 🦊", "any"), ("Zoë 🐺", "macos")] {
        let zoe = authority.issue_client(&[name, "--for", platform]);
        let Some(database) = nss_database(&authority) else {
            return;
        };
        pk12util(&authority, &database, &zoe).unwrap().ok();
        let listed = certutil(&authority, &["-L", "-d", &database]).unwrap();
        let listed = listed.ok().out();
        assert!(listed.contains(name), "{listed}");
        fs::remove_dir_all(authority.path("home")).unwrap();
    }
}

#[test]
fn openssl_sees_the_algorithms_that_each_form_promises() {
    let (mac, cipher) = ("MAC: sha256", "PBES2, PBKDF2, AES-256-CBC");
    let current = (mac, cipher, "PRF hmacWithSHA256");
    let old = ("MAC: sha1", "pbeWithSHA1And3-KeyTripleDES-CBC", "");
    for (platform, (mac, cipher, prf)) in [("any", current), ("macos", old)] {
        for (chosen, iterations) in [(false, 2_048), (true, 250_000)] {
            let authority = Authority::init(&[]);
            let password = authority.path("password");
            let from_file = ["--password-file", path_text(&password)];
            let out = authority.path("alice.p12");
            let mut words = vec!["issue-client", "alice", "--for", platform];
            words.extend(["--out", path_text(&out)]);
            if chosen {
                fs::write(&password, "correct horse battery staple").unwrap();
                words.extend(from_file);
            }
            let document = authority.json(&words);
            if let Some(drawn) = document["bundle"]["password"].as_str() {
                fs::write(&password, drawn).unwrap();
            }
            let words = ["pkcs12", "-info", "-noenc", "-in", "alice.p12"];
            let from = ["-passin", "file:password"];
            let Some(opened) = authority.openssl(&[&words[..], &from].concat()) else {
                return;
            };
            let opened = opened.ok();
            let how = opened.err();
            for expected in [
                format!("{mac}, Iteration {iterations}"),
                format!("{cipher}, Iteration {iterations}"),
                prf.to_owned(),
            ] {
                assert!(how.contains(&expected), "{platform}, {expected}: {how}");
            }
            assert!(!how.contains("RC2"), "{how}");
            assert_eq!(opened.out().matches("BEGIN CERTIFICATE").count(), 3);
        }
    }
}

/// Takes the payloads of a configuration profile apart, as Python's plistlib reads it, into `identity.p12` and `root.cer`.
const TAKE_APART: &str = "
import plistlib, sys
profile = plistlib.load(open(sys.argv[1], 'rb'))
assert profile['PayloadType'] == 'Configuration', profile
for payload in profile['PayloadContent']:
    open(payload['PayloadCertificateFileName'], 'wb').write(payload['PayloadContent'])
print(sorted(payload['PayloadType'] for payload in profile['PayloadContent']))
";

#[test]
fn a_configuration_profile_holds_the_identity_and_the_root_and_not_the_password() {
    let (authority, alice, password) = alice(&[]);
    let profile = authority.path("alice.mobileconfig");
    let words = ["export", "alice", "--form", "mobileconfig", "--out"];
    let password_file = ["--password-file", path_text(&password)];
    authority
        .pki(&[&words[..], &[path_text(&profile)], &password_file].concat())
        .ok();
    let text = fs::read_to_string(&profile).unwrap();
    assert!(!text.contains(&alice.password));
    assert!(!text.contains("<key>Password</key>"), "{text}");
    let Some(python) = tool("python3") else {
        return;
    };
    let mut python = hermetic(python, authority.home());
    python
        .current_dir(authority.home())
        .args(["-c", TAKE_APART]);
    let said = finish(python.arg(&profile)).ok().out();
    assert_eq!(
        said.trim(),
        "['com.apple.security.pkcs1', 'com.apple.security.pkcs12', 'com.apple.security.root']"
    );
    let from = format!("file:{}", path_text(&password));
    let words = [
        "pkcs12",
        "-legacy",
        "-noenc",
        "-in",
        "identity.p12",
        "-passin",
        &from,
    ];
    let Some(opened) = authority.openssl(&words) else {
        return;
    };
    assert_eq!(opened.ok().out().matches("BEGIN CERTIFICATE").count(), 3);
    for (file, certificate) in [
        ("root.cer", authority.root()),
        ("issuing-1.cer", authority.issuing()),
    ] {
        let words = ["x509", "-inform", "DER", "-in", file];
        let inside = authority.openssl(&words).unwrap().ok().out();
        assert_eq!(inside, fs::read_to_string(certificate).unwrap());
    }
}

#[test]
fn the_root_alone_is_a_profile_that_python_reads() {
    let authority = Authority::init(&["--name", "Q&A <root>"]);
    let server = Server::start(&authority, &[]);
    let Some(curl) = tool("curl") else { return };
    let mut curl = hermetic(curl, authority.home());
    curl.args([
        "--silent",
        "--show-error",
        "--fail",
        "--output",
        "root.mobileconfig",
    ]);
    finish(curl.arg(format!("{}/ca/root.mobileconfig", server.http))).ok();
    let Some(python) = tool("python3") else {
        return;
    };
    let mut python = hermetic(python, authority.home());
    python.args(["-c", TAKE_APART, "root.mobileconfig"]);
    assert_eq!(
        finish(&mut python).ok().out().trim(),
        "['com.apple.security.root']"
    );
    let words = ["x509", "-inform", "DER", "-in", "root.cer"];
    let Some(root) = authority.openssl(&words) else {
        return;
    };
    assert_eq!(
        root.ok().out(),
        fs::read_to_string(authority.root()).unwrap()
    );
}

#[test]
fn a_profile_is_refused_with_an_empty_password_and_for_other_systems_than_apples() {
    let (authority, _, password) = alice(&[]);
    let empty = authority.path("empty");
    fs::write(&empty, "").unwrap();
    let profile = ["export", "alice", "--form", "mobileconfig", "--out", "x"];
    let files = [
        "--password-file",
        path_text(&password),
        "--new-password-file",
        path_text(&empty),
    ];
    let refused = authority.pki(&[&profile[..], &files].concat()).exits(1);
    assert!(
        refused.err().contains("whose password is empty"),
        "{}",
        refused.err()
    );
    for platform in ["windows", "java", "chrome"] {
        let words = [&profile[..], &["--for", platform]].concat();
        let refused = authority.pki(&words).exits(2);
        assert!(refused.err().contains("pki: hint: "), "{}", refused.err());
    }
    assert!(!authority.path("x").exists());
}
