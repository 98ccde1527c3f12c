//! `docs/handshake.md` does what it says: its commands are run as they stand, and the tests that it names are there.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use super::with_an_rsa_key;
use crate::support::authority::PKI;
use crate::support::files::files_below;
use crate::support::tools::fixture;
use crate::support::{Finished, finish, hermetic, tool};

fn page() -> String {
    fs::read_to_string(fixture("../docs/handshake.md")).unwrap()
}

/// Every block of `sh`, in order, as one script.
fn script() -> String {
    let page = page();
    let blocks = page.split("```sh\n").skip(1);
    let blocks: Vec<_> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 6, "{blocks:?}");
    format!("set -euo pipefail\n{}", blocks.join("\necho '---'\n"))
}

/// Runs the page's commands beside a server that has an RSA key, so that nothing is refused for lack of one.
fn run() -> Option<Finished> {
    for needed in ["openssl", "xxd"] {
        tool(needed)?;
    }
    let (authority, server) = with_an_rsa_key();
    let alice = authority.issue_client(&["alice"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let script = script()
        .replace(":8443", &format!(":{}", server.port()))
        .replace(":4433", &format!(":{port}"));
    let mut bash = hermetic("/bin/bash", authority.home());
    // Other programs are called pki too.
    let ours = Path::new(PKI).parent().unwrap().to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(ours).chain(std::env::split_paths(&path));
    bash.env("PATH", std::env::join_paths(path).unwrap());
    bash.env("PKI_BUNDLE_PASSWORD", &alice.password);
    Some(finish(bash.args(["-c", &script])).ok())
}

#[test]
fn every_command_of_the_page_does_what_the_page_says() {
    let Some(done) = run() else { return };
    let said = done.out();
    let parts: Vec<_> = said.split("---\n").collect();
    let [
        login,
        shares,
        exporters,
        nobody,
        resumed,
        resumed_12,
        old,
        transport,
    ] = parts[..]
    else {
        panic!("{} parts: {}", parts.len(), done.said());
    };
    for part in [
        "verdict             accepted",
        "protocol            TLSv1.3",
        "key exchange group  X25519MLKEM768",
        "The client's private key is used here, and only here.",
        "exporter            both ends derived the same value",
        "Forward secrecy: yes.",
    ] {
        assert!(login.contains(part), "{part}: {login}");
    }
    // The client's share and the server's, twice: none like another.
    let lines: BTreeSet<_> = shares.lines().collect();
    assert_eq!(lines.len(), 4, "{shares}");
    let values: BTreeSet<_> = exporters.lines().collect();
    assert_eq!(values.len(), 2, "{exporters}");
    for part in ["no-certificate", "TLS_AES_256_GCM_SHA384"] {
        assert!(nobody.contains(part), "{part}: {nobody}");
    }
    for (part, text, forward) in [
        (
            resumed,
            "renewed: the key exchange",
            "Forward secrecy: yes.",
        ),
        (
            resumed_12,
            "no new exchange took place",
            "Forward secrecy: no.",
        ),
    ] {
        assert!(part.contains(text) && part.contains(forward), "{part}");
        assert!(!part.contains("private key is used here"), "{part}");
    }
    let lines: Vec<_> = old.lines().collect();
    assert!(lines[0].starts_with("ECDHE: Cipher is ECDHE-RSA-"), "{old}");
    for (line, offer) in lines[1..].iter().zip(["AES128-GCM-SHA256", "DHE"]) {
        assert_eq!(*line, format!("{offer}: alert handshake failure"), "{old}");
    }
    assert_eq!(lines.len(), 3, "{old}");
    // 48 octets, of which the first two are the version that the client offered (RFC 5246 §7.4.7.1).
    let premaster = transport.trim();
    assert_eq!(premaster.len(), 96, "{transport}");
    assert!(premaster.starts_with("0303"), "{transport}");
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: String = ["src", "tests"]
        .iter()
        .flat_map(|directory| files_below(&manifest.join(directory)))
        .filter(|file| file.extension().is_some_and(|it| it == "rs"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let page = page();
    let named: Vec<_> = page.split('`').skip(1).step_by(2).collect();
    let named: Vec<_> = (named.iter())
        .filter(|word| word.matches('_').count() >= 3 && !word.contains([' ', '"']))
        .filter(|word| {
            word.chars()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
        })
        .collect();
    assert!(named.len() > 12, "{named:?}");
    for test in named {
        let here = sources.matches(&format!("fn {test}()")).count();
        assert_eq!(here, 1, "{test}");
    }
}
