//! What the scanners that administrators run say of the server.

use std::fs;

use serde_json::Value;

use crate::support::process::finish_within;
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};
use std::time::Duration;

/// Findings that are right about the server or about the machine, and why nothing follows from them.
const ALLOWED: [(&str, &str); 2] = [
    // The scanner's own OpenSSL has no GOST engine.
    ("engine_problem", "WARN"),
    // Strict-Transport-Security (RFC 6797 §8.4) counts for all ports of a host: the plain side, where who does not trust the root yet
    // gets it, could not be reached any more, nor any other program on localhost.
    ("HSTS", "LOW"),
];

/// What must have been found, by its name.
const FOUND: [(&str, &str); 16] = [
    ("SSLv2", "not offered"),
    ("SSLv3", "not offered"),
    ("TLS1", "not offered"),
    ("TLS1_1", "not offered"),
    ("TLS1_2", "offered"),
    ("TLS1_3", "offered"),
    ("cipherlist_NULL", "not offered"),
    ("cipherlist_aNULL", "not offered"),
    ("cipherlist_3DES_IDEA", "not offered"),
    // CBC, and static RSA with it.
    ("cipherlist_AVERAGE", "not offered"),
    ("ROBOT", "not vulnerable, no RSA key transport cipher"),
    ("LUCKY13", "not vulnerable"),
    ("CRIME_TLS", "not vulnerable"),
    ("secure_renego", "supported"),
    ("secure_client_renego", "not vulnerable"),
    ("PFS", "offered"),
];

/// A server whose certificates say where they are revoked.
fn serve() -> (Authority, Server) {
    let authority = Authority::init(&["--base-url", "http://localhost:8080"]);
    let server = Server::start(&authority, &[]);
    (authority, server)
}

#[test]
fn testssl_finds_nothing_above_informational() {
    let Some(testssl) = tool("testssl") else {
        return;
    };
    let (authority, server) = serve();
    let report = authority.path("testssl.json");
    let mut command = hermetic(testssl, authority.home());
    command
        .args(["--quiet", "--color", "0", "--warnings", "off"])
        // Nobody else is asked anything.
        .args(["--nodns", "none", "--ip", "127.0.0.1"])
        .args(["--add-ca", path_text(&authority.root())])
        .args(["--jsonfile", path_text(&report)])
        // Protocols, kinds of cipher suites, forward secrecy, preference, defaults, headers, vulnerabilities.
        .args(["-p", "-s", "-f", "-P", "-S", "-h", "-U"])
        .arg(format!("https://localhost:{}", server.port()));
    let finished = finish_within(&mut command, Duration::from_secs(400));
    // Its exit code counts what was ambiguous, as a connection that came too late on a busy machine: what must be found is named below.
    assert!(
        finished.code.is_some_and(|code| code < 10),
        "{}",
        finished.said()
    );
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let report = report.as_array().unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    for finding in report {
        let (id, severity) = (text(finding, "id"), text(finding, "severity"));
        let is_allowed = ALLOWED.contains(&(&id, &severity));
        let is_low = ["OK", "INFO"].contains(&severity.as_str());
        // As said of the exit code: the scanner did not get through.
        let is_late = severity == "WARN" && text(finding, "finding").contains("connect problem");
        assert!(
            is_low || is_allowed || is_late,
            "{finding}\n{}",
            finished.out()
        );
    }
    for (id, expected) in FOUND {
        let finding = report.iter().find(|finding| finding["id"] == id);
        let finding = finding.unwrap_or_else(|| panic!("{id} was not looked at"));
        let said = text(finding, "finding");
        assert!(said.starts_with(expected), "{id}: {said}");
    }
}

#[test]
fn sslscan_finds_two_protocols_six_suites_and_neither_compression_nor_renegotiation() {
    let Some(sslscan) = tool("sslscan") else {
        return;
    };
    let (authority, server) = serve();
    let mut command = hermetic(sslscan, authority.home());
    let address = format!("127.0.0.1:{}", server.port());
    let report = finish(command.args(["--xml=-", "--sni-name=localhost", &address]));
    let report = report.ok().out();
    for (protocol, version, enabled) in [
        ("ssl", "2", 0),
        ("ssl", "3", 0),
        ("tls", "1.0", 0),
        ("tls", "1.1", 0),
        ("tls", "1.2", 1),
        ("tls", "1.3", 1),
    ] {
        let line = format!("type=\"{protocol}\" version=\"{version}\" enabled=\"{enabled}\"");
        assert!(report.contains(&line), "{line}\n{report}");
    }
    assert!(
        report.contains("<renegotiation supported=\"0\""),
        "{report}"
    );
    assert!(!report.contains("<compression supported=\"1\""), "{report}");
    assert!(!report.contains("vulnerable=\"1\""), "{report}");
    let suites: Vec<_> = (report.lines())
        .filter(|line| line.contains("<cipher "))
        .map(|line| line.split(" cipher=\"").nth(1).unwrap())
        .map(|line| line.split('"').next().unwrap())
        .collect();
    assert_eq!(suites.len(), 6, "{report}");
    for suite in suites {
        let is_ephemeral = suite.starts_with("TLS_") || suite.starts_with("ECDHE-");
        let is_authenticated = suite.contains("GCM") || suite.contains("CHACHA20");
        assert!(is_ephemeral && is_authenticated, "{suite}");
    }
}
