//! The command itself: what it leaves behind, what it refuses, and what it says.

use std::fs;

use super::{below, probe, with_alice};
use crate::support::process::wait_for;
use crate::support::{Authority, Server, files_below, path_text};

#[test]
fn the_kit_is_marked_found_by_no_name_and_revoked_when_the_probe_is_over() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let before = files_below(&authority.data()).len();
    probe(&authority, &server.https, &[], 0);
    // No key, no certificate and no bundle: at most the CRL of the issuing CA has changed.
    assert_eq!(files_below(&authority.data()).len(), before);
    let listed = authority.json(&["list"]);
    assert!(!listed.to_string().contains("\"probe\""), "{listed}");
    let kit = authority.json(&["list", "--profile", "probe", "--limit", "1000"]);
    let kit = kit["certificates"].as_array().unwrap();
    assert!(kit.len() > 10, "{}", kit.len());
    for certificate in kit {
        assert_eq!(certificate["status"], "revoked", "{certificate}");
        assert_eq!(certificate["name"], serde_json::Value::Null);
        assert_ne!(certificate["reason_code"], "certificateHold");
    }
    let alice = authority.json(&["show", "alice"]);
    assert_eq!(alice["profile"], "client", "{alice}");
    authority.pki(&["audit", "--verify"]).ok();
}

#[test]
fn whoever_ends_a_probe_leaves_nothing_valid_behind() {
    let authority = with_alice();
    // It accepts a connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let mut command = authority.command(&["probe", &url, "--as", "alice"]);
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (_connection, _) = silent.accept().unwrap();
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let status = wait_for("the probe ends", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(1));
    let words = ["list", "--profile", "probe", "--status", "valid"];
    let valid = authority.json(&words);
    assert_eq!(valid["certificates"], serde_json::json!([]));
}

#[test]
fn a_server_that_is_not_there_is_an_error_and_nothing_stays_valid() {
    let authority = with_alice();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", free.local_addr().unwrap());
    drop(free);
    let finished = authority.pki(&["probe", &url, "--as", "alice"]).exits(1);
    assert!(finished.err().contains("could not connect"));
    let words = ["list", "--profile", "probe", "--status", "valid"];
    assert_eq!(
        authority.json(&words)["certificates"],
        serde_json::json!([])
    );
}

#[test]
fn where_the_good_certificate_is_not_let_in_nothing_passes() {
    let authority = with_alice();
    let stranger = Authority::init(&["--no-passphrase"]);
    let server = Server::start(&stranger, &[]);
    let probed = probe(&authority, &server.https, &[], 3);
    assert_eq!(probed.wrong(), [""; 0]);
    assert_eq!(probed.document()["right"], 0);
    assert_eq!(probed.document()["let_in"], serde_json::Value::Null);
    let why = probed.case("expired")["seen"].to_string();
    assert!(why.contains("this one is not among them"), "{why}");
}

#[test]
fn a_case_alone_is_tried_with_what_it_is_measured_by() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let probed = probe(&authority, &server.https, &["--only", "expired"], 0);
    let names: Vec<_> = probed.verdicts().into_keys().collect();
    assert_eq!(names, ["expired", "plain"]);
    let unknown = ["probe", &server.https, "--as", "alice", "--only", "nothing"];
    let said = authority.pki(&unknown).exits(2).err();
    assert!(said.contains("there is no case"), "{said}");
    let words = [
        "probe",
        &server.https,
        "--as",
        "alice",
        "--only",
        "rsa-1024",
    ];
    let said = authority.pki(&words).exits(2).err();
    assert!(said.contains("--probe-anchor DIR"), "{said}");
}

#[test]
fn the_cases_are_listed_without_a_ca_and_stand_so_in_the_documentation() {
    let nobody = Authority::none();
    let listed = nobody.json(&["probe", "--list"]);
    let cases = listed["cases"].as_array().unwrap();
    assert!(cases.len() > 40);
    let row = |case: &serde_json::Value| {
        let word = |field: &str| case[field].as_str().unwrap();
        let must = match word("must") {
            "refuse" => "refused",
            "accept" => "accepted",
            other => other,
        };
        let anchor = match case["needs_probe_anchor"].as_bool() {
            Some(true) => "yes",
            _ => "",
        };
        let (name, says, section) = (word("case"), word("says"), word("section"));
        format!("| `{name}` | {must} | {says} | {section} | {anchor} |\n")
    };
    let table: String = cases.iter().map(row).collect();
    let table = format!(
        "| case | must be | what differs | where it is said | throw-away root |\n| --- | --- | --- | --- | --- |\n{table}"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/probe.md");
    let page = fs::read_to_string(path).unwrap();
    let (head, rest) = page.split_once("<!-- cases:").unwrap();
    let (mark, rest) = rest.split_once("-->\n").unwrap();
    let (stands, tail) = rest.split_once("<!-- end of cases -->").unwrap();
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
        let page = format!("{head}<!-- cases:{mark}-->\n{table}<!-- end of cases -->{tail}");
        fs::write(path, page).unwrap();
        return;
    }
    assert_eq!(stands, table);
}

#[test]
fn the_certificates_are_written_where_somebody_wants_to_see_them_and_no_key_with_them() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let directory = below(&authority, "kit");
    probe(
        &authority,
        &server.https,
        &["--certificates", &directory],
        0,
    );
    let files = files_below(&authority.path("kit"));
    assert!(files.len() > 30, "{}", files.len());
    for file in &files {
        let pem = fs::read_to_string(file).unwrap();
        assert!(pem.contains("BEGIN CERTIFICATE") && !pem.contains("PRIVATE"));
    }
    // OpenSSL reads there what the case says.
    let revoked = authority.path("kit/server-certificate.pem");
    let words = ["x509", "-noout", "-ext", "extendedKeyUsage", "-in"];
    let Some(printed) = authority.openssl(&[&words[..], &[path_text(&revoked)]].concat()) else {
        return;
    };
    let printed = printed.ok().out();
    assert!(
        printed.contains("TLS Web Server Authentication"),
        "{printed}"
    );
    assert!(!printed.contains("Client"), "{printed}");
}

#[test]
fn the_command_that_brings_the_crl_to_the_server_gets_no_secret_and_its_failure_ends_the_probe() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let seen = below(&authority, "environment");
    let line = format!("env > {seen}");
    probe(
        &authority,
        &server.https,
        &["--only", "revoked", "--refresh", &line],
        0,
    );
    let environment = fs::read_to_string(&seen).unwrap();
    assert!(environment.contains("PKI_CA_DATA="), "{environment}");
    assert!(!environment.contains("PASSPHRASE"), "{environment}");
    let words = [
        "probe",
        &server.https,
        "--as",
        "alice",
        "--refresh",
        "echo no such unit >&2; exit 5",
    ];
    let said = authority.pki(&words).exits(1).err();
    assert!(said.contains("no such unit"), "{said}");
    let words = ["list", "--profile", "probe", "--status", "valid"];
    assert_eq!(
        authority.json(&words)["certificates"],
        serde_json::json!([])
    );
}

#[test]
fn who_nobody_knows_is_warned_of_and_tried_all_the_same() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let words = ["probe", &server.https, "--as", "bob", "--only", "expired"];
    let finished = authority.pki(&words).ok();
    assert!(finished.err().contains("no valid certificate of bob"));
    assert!(finished.out().contains("every answer is right"));
    // Without a name there is nobody to be.
    authority.pki(&["probe", &server.https]).exits(2);
}

#[test]
fn a_terminal_that_is_closed_leaves_nothing_valid_behind() {
    let authority = with_alice();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let mut command = authority.command(&["probe", &url, "--as", "alice"]);
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let (_connection, _) = silent.accept().unwrap();
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    let status = wait_for("the probe ends", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(1));
    for status in ["valid", "not-yet-valid"] {
        let words = ["list", "--profile", "probe", "--status", status];
        let left = authority.json(&words);
        assert_eq!(left["certificates"], serde_json::json!([]));
    }
}

#[test]
fn a_server_that_gives_up_in_the_middle_passes_nothing() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let port: u16 = server.port().parse().unwrap();
    // It lets three connections through, and ends every later one before a word.
    let front = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", front.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for (number, client) in front.incoming().flatten().enumerate() {
            if number < 3 {
                let server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (mut out, mut back) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (mut client, mut server) = (client, server);
                std::thread::spawn(move || std::io::copy(&mut client, &mut back));
                std::thread::spawn(move || std::io::copy(&mut server, &mut out));
            }
        }
    });
    let probed = probe(
        &authority,
        &url,
        &["--only", "other-key", "--only", "expired"],
        3,
    );
    assert_eq!(probed.document()["right"], 0, "{probed}");
}
