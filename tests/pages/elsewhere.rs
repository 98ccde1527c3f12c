//! Logging in as someone else: the fresh places that the page offers are good, and there the browser is asked anew.

use std::fs;

use serde_json::json;

use super::fields::on_page;
use super::looks::Browser;
use super::{Way, ask};
use crate::interop::bundles::{nss_database, pk12util};
use crate::support::process::finish_with_input;
use crate::support::tools::fixture;
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};

const PLAIN: Way<'_> = Way {
    credentials: None,
    options: &[],
    resumes: false,
};

#[test]
fn every_offered_place_answers_under_a_name_that_the_certificate_carries() {
    for (options, offered) in [
        // Made-up names beneath a wildcard.
        (&[][..], 3),
        // A root that permits names beneath localhost alone, as the guide makes it, and no address of this machine.
        (
            &["--permit-dns", "localhost", "--permit-ip", "192.0.2.0/24"],
            3,
        ),
    ] {
        let authority = Authority::init(options);
        let server = Server::start(&authority, &[]);
        let Some(mut answers) = ask(&authority, &PLAIN, &[&server.https]) else {
            return;
        };
        let page = answers.remove(0).body;
        let places = on_page(&page).remove("fresh").unwrap_or_default();
        assert_eq!(places.len(), offered, "{page}");
        for place in places {
            // curl checks the name against the certificate, and the certificate against the root.
            let answer = ask(&authority, &PLAIN, &[&place]).unwrap().remove(0);
            assert_eq!(answer.status, 401, "{place}");
            let host = place
                .trim_start_matches("https://")
                .split(':')
                .next()
                .unwrap();
            let shown = on_page(&answer.body);
            assert_eq!(shown["session.server_name"], [host]);
            assert!(!shown["fresh"].contains(&place));
        }
    }
}

#[test]
fn the_browser_that_keeps_a_choice_is_asked_again_at_a_fresh_place() {
    let authority = Authority::init(&[]);
    let Some(database) = nss_database(&authority) else {
        return;
    };
    for name in ["alice", "bob"] {
        let client = authority.issue_client(&[name]);
        pk12util(&authority, &database, &client).unwrap().ok();
    }
    let server = Server::start(&authority, &[]);
    let port = server.port();
    let choices = [
        (format!("https://localhost:{port}"), "alice"),
        (format!("https://[*.]login.localhost:{port}"), "bob"),
    ];
    let seen = r#"(() => {
        const field = (name) => document.querySelector(`[data-field="${name}"]`)?.textContent;
        return { name: document.getElementById('name')?.textContent, random: field('client_hello.random'),
            server: field('session.server_name'), signed: field('client_signature.hash_value') };
    })()"#;
    let page = format!("{}/", server.https);
    let jobs = [
        json!({"name": "first", "url": page, "say": seen}),
        json!({"name": "again", "url": page, "say": seen}),
        json!({"name": "fresh", "click": "[data-field=fresh]", "say": seen}),
        json!({"name": "back", "url": page, "say": seen}),
    ];
    let Some(found) = Browser::of(&authority, &choices).visit(&jobs) else {
        return;
    };
    let said: Vec<_> = found.iter().map(|it| &it["said"]).collect();
    let names: Vec<_> = said.iter().map(|it| it["name"].as_str()).collect();
    assert_eq!(
        names,
        ["alice", "alice", "bob", "alice"].map(Some),
        "{found:#?}"
    );
    assert_ne!(said[0]["random"], said[2]["random"], "another handshake");
    assert!(
        said[2]["signed"].is_string(),
        "with another proof: {found:#?}"
    );
    assert_eq!(
        said[2]["server"],
        found[2]["url"]
            .as_str()
            .unwrap()
            .split(['/', ':'])
            .nth(3)
            .unwrap()
    );
}

#[test]
fn firefox_is_asked_again_at_a_fresh_place_and_comes_with_a_proof_of_its_own() {
    let authority = Authority::init(&["--permit-dns", "localhost", "--permit-ip", "127.0.0.0/8"]);
    let alice = authority.issue_client(&["alice"]);
    let home = authority.path("home");
    let profile = home.join(".mozilla/firefox/test.default");
    fs::create_dir_all(&profile).unwrap();
    fs::write(profile.join("times.json"), "{}").unwrap();
    if ["certutil", "python3", "firefox-esr"]
        .into_iter()
        .any(|it| tool(it).is_none())
    {
        return;
    }
    let words = ["browser", "install", "--bundle", path_text(&alice.bundle)];
    let mut install = authority.command(&words);
    install.env("HOME", &home);
    finish(install.env("PKI_BUNDLE_PASSWORD", &alice.password)).ok();
    let server = Server::start(&authority, &[]);
    // A name such as the page makes up, beneath the wildcard of the server's certificate.
    let fresh = format!("https://0a1b2c3d.login.localhost:{}", server.port());
    let mut firefox = hermetic(fixture("support/firefox-login"), &home);
    firefox.arg(&profile).arg(&server.https).arg("--hold");
    let next = format!("{fresh}\n");
    let said = finish_with_input(&mut firefox, Some(next.as_bytes()))
        .ok()
        .out();
    let pages: Vec<_> = said.split('\0').take(2).map(on_page).collect();
    let [first, second] = pages.as_slice() else {
        panic!("{said}")
    };
    assert!(
        first["fresh"]
            .iter()
            .all(|it| it.contains(".login.localhost:"))
    );
    assert_eq!(first["session.server_name"], ["localhost"]);
    assert!(second["session.server_name"].contains(&"0a1b2c3d.login.localhost".to_owned()));
    for page in [first, second] {
        assert_eq!(page["certificate.name"], ["alice"], "{}", server.log());
        assert_eq!(page["session.resumed"], ["no"]);
    }
    for field in ["client_hello.random", "client_signature.hash_value"] {
        assert_ne!(first[field], second[field], "{field}");
    }
}

/// HTTP/2 lets a browser ask for one host over its connection to another, if the certificate is good for both and no client certificate was
/// sent. There nobody is asked for a certificate; so the server sends it away.
#[test]
fn a_browser_without_a_certificate_opens_a_connection_for_each_fresh_place() {
    let authority = Authority::init(&[]);
    if nss_database(&authority).is_none() {
        return;
    }
    let server = Server::start(&authority, &[]);
    let seen = r#"(() => {
        const field = (name) => document.querySelector(`[data-field="${name}"]`)?.textContent;
        return { random: field('client_hello.random'), server: field('session.server_name'), asked: location.hostname };
    })()"#;
    let jobs = [
        json!({"name": "first", "url": format!("{}/", server.https), "say": seen}),
        json!({"name": "fresh", "click": "[data-field=fresh]", "say": seen}),
        // From one name beneath login.localhost to another: for the browser both are one site, whose connections it shares.
        json!({"name": "again", "click": "[data-field=fresh]", "say": seen}),
    ];
    let Some(found) = Browser::of(&authority, &[]).visit(&jobs) else {
        return;
    };
    for page in &found {
        assert_eq!(
            (&page["status"], &page["protocol"]),
            (&json!(401), &json!("h2")),
            "{found:#?}"
        );
        assert_eq!(page["said"]["server"], page["said"]["asked"], "{found:#?}");
    }
    let [first, fresh, again] = [0, 1, 2].map(|page| &found[page]["said"]["random"]);
    assert!(first != fresh && fresh != again && again != first);
}

#[test]
fn a_request_for_another_host_than_the_handshake_was_is_sent_away() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let Some(curl) = tool("curl") else { return };
    // HTTP/2 carries the host in its own field, which curl takes from this header.
    for (host, path, status) in [
        ("localhost", "/", "401"),
        ("LOCALHOST", "/login.json", "401"),
        ("x.login.localhost", "/", "421"),
        ("x.login.localhost", "/login.json", "421"),
        ("x.login.localhost", "/steps", "200"),
    ] {
        let mut curl = hermetic(&curl, authority.home());
        curl.args(["--silent", "--http2"]);
        curl.args(["--write-out", "\n%{http_code}", "--cacert"])
            .arg(authority.root());
        let host = format!("Host: {host}:{}", server.port());
        curl.args(["--header", &host])
            .arg(format!("{}{path}", server.https));
        let said = finish(&mut curl).ok().out();
        let (body, code) = said.rsplit_once('\n').unwrap();
        assert_eq!(code, status, "{host}{path}");
        if code == "421" {
            let wanted = "opened for localhost; x.login.localhost is answered on";
            assert!(body.contains(wanted), "{body}");
        }
    }
}

#[test]
fn whoever_greets_no_name_is_answered_all_the_same() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let Some(openssl) = tool("openssl") else {
        return;
    };
    // Java leaves out a name that has no dot.
    let address = server.https.trim_start_matches("https://");
    let mut client = hermetic(openssl, authority.home());
    client.args(["s_client", "-quiet", "-noservername", "-connect", address]);
    let asked = format!("GET /login.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let request = authority.path("request");
    std::fs::write(&request, asked).unwrap();
    client.stdin(std::fs::File::open(&request).unwrap());
    let said = finish(&mut client).out();
    assert!(said.starts_with("HTTP/1.1 401 "), "{said}");
}
