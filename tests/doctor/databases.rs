//! What lies in the databases of browsers counts as it lies there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Told, Ward};
use crate::servers::s_server::{S_SERVER, configuration_with};
use crate::support::{Authority, Client, Server, finish, hermetic, path_text, tool};

/// A program that this file needs, by its name, in the authority's home.
#[track_caller]
pub(super) fn run(authority: &Authority, program: &str, words: &[&str]) {
    let mut command = hermetic(tool(program).unwrap(), authority.home());
    finish(command.current_dir(authority.home()).args(words)).ok();
}

pub(super) fn has_tools() -> bool {
    ["certutil", "pk12util", "openssl"]
        .iter()
        .all(|name| tool(name).is_some())
}

/// An empty database in the home.
#[track_caller]
pub(super) fn database(authority: &Authority, place: &str) -> String {
    fs::create_dir_all(authority.path(place)).unwrap();
    let database = format!("sql:{place}");
    run(
        authority,
        "certutil",
        &["-N", "--empty-password", "-d", &database],
    );
    database
}

/// An empty profile of Firefox in the home.
#[track_caller]
fn profile(authority: &Authority) -> PathBuf {
    let place = ".mozilla/firefox/profile";
    database(authority, place);
    let list = "[Profile0]\nName=default\nIsRelative=1\nPath=profile\n";
    fs::write(authority.path(".mozilla/firefox/profiles.ini"), list).unwrap();
    authority.path(place)
}

#[track_caller]
fn install(ward: &Ward, client: &Client, directory: &Path) {
    let password = ward.password_file("installed", &client.password);
    let words = [
        "browser",
        "install",
        "--bundle",
        path_text(&client.bundle),
        "--unconstrained",
        "--nssdb",
        path_text(directory),
        "--password-file",
        path_text(&password),
    ];
    ward.authority.pki(&words).ok();
}

/// The findings of a word, whether each prevents a login, and what it says.
fn found<'a>(told: &'a Told, word: &str) -> Vec<(bool, &'a str)> {
    let findings = told.document["findings"].as_array().unwrap().iter();
    findings
        .filter(|it| it["finding"] == word)
        .map(|it| {
            let prevents = it["prevents_login"].as_bool().unwrap();
            (prevents, it["message"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn a_certificate_that_a_browser_has_without_its_issuing_ca_is_judged_as_it_lies_there() {
    if !has_tools() {
        return;
    }
    let ward = Ward::new();
    let (root, issuing) = (ward.ca("root"), ward.ca("issuing"));
    let Some(server) = ward.start(&S_SERVER, |site| {
        let words = [
            "-cert",
            path_text(&site.fullchain),
            "-cert_chain",
            &issuing,
            "-key",
            path_text(&site.key),
            "-Verify",
            "2",
            "-CAfile",
            &root,
        ];
        configuration_with(site, &words)
    }) else {
        return;
    };
    // The bundle holds the issuing CA: it would do.
    let before = ward.doctor_as_alice(server.port(), "/", 0);
    before.finds("not-imported").offers(None);
    let authority = &ward.authority;
    let chromium = database(authority, ".pki/nssdb");
    let password = format!("pass:{}", ward.alice.password);
    let bundle = path_text(&ward.alice.bundle);
    let words = [
        "pkcs12",
        "-in",
        bundle,
        "-passin",
        &password,
        "-nodes",
        "-clcerts",
        "-out",
        "alice.pem",
    ];
    run(authority, "openssl", &words);
    let words = [
        "pkcs12",
        "-export",
        "-in",
        "alice.pem",
        "-passout",
        "pass:x",
        "-out",
        "bare.p12",
    ];
    run(authority, "openssl", &words);
    let words = ["-i", "bare.p12", "-W", "x", "-d", &chromium];
    run(authority, "pk12util", &words);

    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.prevented_by(&["not-offered"])
        .does_not_find("not-imported");
    let [(true, message)] = found(&told, "not-offered")[..] else {
        panic!("{}", told.document);
    };
    assert!(message.starts_with("Chromium ("), "{message}");
    assert!(message.contains("does not name its issuer"), "{message}");

    // Firefox has it with its issuing CA: the login works there, and Chromium's lack is told.
    install(&ward, &ward.alice, &profile(authority));
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.does_not_find("not-imported");
    let [(false, message)] = found(&told, "not-offered")[..] else {
        panic!("{}", told.document);
    };
    assert!(message.starts_with("Chromium ("), "{message}");
    // Firefox, where the root is trusted besides, logs in: nothing is left to be done.
    let verdict = told.document["verdict"]["message"].as_str().unwrap();
    assert!(verdict.starts_with("a login works: "), "{verdict}");

    // That another browser trusts the root does not help the one that has the certificate.
    authority
        .pki(&["trust", "uninstall", "--store", "nss"])
        .ok();
    let words = [
        "-A", "-n", "root", "-t", "C,,", "-i", &root, "-d", &chromium,
    ];
    run(authority, "certutil", &words);
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.finds("root-not-installed");
    let verdict = told.document["verdict"]["message"].as_str().unwrap();
    assert!(
        verdict.contains(" once the server's root is trusted"),
        "{verdict}"
    );
}

#[test]
fn firefox_goes_on_to_send_a_revoked_certificate_by_itself_and_that_is_told() {
    if !has_tools() {
        return;
    }
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let port = server.port().parse().unwrap();
    let profile = profile(&ward.authority);
    install(&ward, &ward.alice, &profile);
    let told = ward.doctor(port, "/", 0);
    told.does_not_find("chosen-not-valid")
        .does_not_find("not-imported");
    let verdict = told.document["verdict"]["message"].as_str().unwrap();
    assert!(verdict.ends_with("no login was tried"), "{verdict}");

    let words = ["renew", "alice", "--revoke-old", "--json"];
    let renewed = ward.authority.pki(&words).ok().json();
    let renewed = ward.authority.client(&renewed);
    // The new one is not there yet: nothing that a browser has is of use, but the new bundle is.
    let told = ward.doctor(port, "/", 0);
    told.finds("chosen-not-valid").finds("not-imported");
    install(&ward, &renewed, &profile);
    let told = ward.doctor(port, "/", 0);
    told.does_not_find("not-imported");
    let [(false, message)] = found(&told, "chosen-not-valid")[..] else {
        panic!("{}", told.document);
    };
    assert!(message.contains("which is revoked"), "{message}");
    let choices = told.document["choices"].as_array().unwrap();
    let [choice] = &choices[..] else {
        panic!("{}", told.document);
    };
    let old = &ward.alice.certificate["serial_number"];
    assert_eq!(
        (&choice["browser"], &choice["choice"]),
        (&"firefox".into(), &"sends".into())
    );
    assert_eq!(choice["fitting"], 2);
    assert_eq!(choice["certificate"]["serial_number"], *old);
    assert_eq!(choice["certificate"]["status"], "revoked");
    // The text shows the status of each, and what goes out.
    let url = format!("https://localhost:{port}/");
    let text = ward.authority.pki(&["doctor", &url]).ok().out();
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.contains("Firefox: "))
        .collect();
    let statuses: Vec<_> = ["revoked", "valid"]
        .iter()
        .map(|status| {
            rows.iter()
                .any(|row| row.contains(&format!("  {status}  ")))
        })
        .collect();
    assert_eq!(statuses, [true; 2], "{text}");
    assert!(text.contains("Where nobody is asked, Firefox ("), "{text}");

    // Where no valid one is left anywhere, what is offered helps nobody.
    ward.authority.pki(&["revoke", "alice", "--yes"]).ok();
    ward.doctor(port, "/", 3)
        .prevented_by(&["offered-not-valid"]);
}

#[test]
fn a_database_that_cannot_be_read_is_no_database_in_which_nothing_lies() {
    if !has_tools() {
        return;
    }
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let port = server.port().parse().unwrap();
    let place = ward.authority.path(".pki/nssdb");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("cert9.db"), "no database").unwrap();
    let told = ward.doctor(port, "/", 0);
    told.finds("database-not-read")
        .does_not_find("not-imported");
    told.does_not_find("root-not-installed");
    assert_eq!(told.document["server"]["trusted"], Value::Null);
    let stores = told.document["server"]["stores"].as_array().unwrap();
    let unread = stores.iter().find(|it| it["store"] == "nss").unwrap();
    assert_eq!(unread["trusted"], Value::Null);
}

#[test]
fn of_many_issuers_ten_are_shown_and_once() {
    let ward = Ward::new();
    let bundle = Path::new("/etc/ssl/certs/ca-certificates.crt");
    if !bundle.exists() {
        crate::support::tools::left_out("there is no list of the system's CAs");
        return;
    }
    let Some(server) = ward.start(&S_SERVER, |site| {
        let words = [
            "-cert",
            path_text(&site.fullchain),
            "-key",
            path_text(&site.key),
            "-verify",
            "2",
            "-CAfile",
            path_text(bundle),
        ];
        configuration_with(site, &words)
    }) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let text = ward.authority.pki(&["doctor", &url]).exits(3).out();
    let starting = |word: &str| {
        let lines = text.lines().map(str::trim_start);
        lines.filter(|line| line.starts_with(word)).count()
    };
    assert_eq!(
        (starting("issuer "), starting("issuers ")),
        (10, 2),
        "{text}"
    );
    assert!(text.contains("the same as in TLSv1.2"), "{text}");
}
