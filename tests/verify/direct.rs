//! Asked straight, as each proxy does.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::{Passed, Place, serve};
use crate::support::Authority;

fn text<'a>(certificate: &'a serde_json::Value, key: &str) -> &'a str {
    certificate[key].as_str().expect("a string")
}

#[test]
fn every_form_is_answered_and_a_revocation_counts_on_the_next_question_of_an_open_connection() {
    let authority = Authority::init(&["--organization", "Exämple"]);
    for (position, form) in ["pem", "client-cert", "traefik", "xfcc"].iter().enumerate() {
        let name = format!("Jürgen {position} %");
        let client = authority.issue_client(&[&name, "--device", "phone"]);
        let Some(credentials) = authority.credentials(&client) else {
            return;
        };
        let passed = Passed::of(&credentials.certificate);
        let [(field, value)] = &passed
            .in_each_form()
            .into_iter()
            .filter(|(word, _, _)| word == form)
            .map(|(_, field, value)| (field, value))
            .collect::<Vec<_>>()[..]
        else {
            panic!("each form once");
        };
        let mode = ["optional", "required"][position % 2];
        let server = serve(&authority, form, &["--client-auth", mode]);
        let mut proxy = Place::of(&server).connect();

        let accepted = proxy.ask(&[(field, value)]);
        assert_eq!(accepted.status, 200, "{form} {accepted:?}");
        let encoded = format!("J%C3%BCrgen {position} %25");
        for (name, expected) in [
            ("Pki-Name", encoded.as_str()),
            ("Pki-Device", "phone"),
            (
                "Pki-Serial-Number",
                text(&client.certificate, "serial_number"),
            ),
            (
                "Pki-Fingerprint-Sha256",
                text(&client.certificate, "fingerprint_sha256"),
            ),
            ("Cache-Control", "no-store"),
        ] {
            assert_eq!(accepted.field(name), Some(expected), "{form} {name}");
        }
        let subject = accepted.field("Pki-Subject").unwrap();
        assert!(
            subject.contains(&encoded) && subject.contains("Ex%C3%A4mple"),
            "{subject}"
        );
        assert_eq!(accepted.field("Pki-Reason"), None);

        let nobody = proxy.ask(&[]);
        assert_eq!((nobody.status, nobody.field("Pki-Name")), (401, None));
        assert_eq!(proxy.ask(&[(field, "")]).status, 401);
        let twice = proxy.ask(&[(field, value), (field, value)]);
        assert_eq!(twice.status, 400, "{twice:?}");
        assert!(twice.body.contains("more than once"), "{}", twice.body);
        for (_, other, value) in passed.in_each_form() {
            if other != *field {
                assert_eq!(proxy.ask(&[(other, &value)]).status, 400, "{form} {other}");
            }
        }
        assert_eq!(proxy.ask(&[(field, "hello")]).status, 400);
        for forged in [
            "Pki-Name",
            "pki_name",
            "PKI.Subject",
            "Pki-Other",
            "Pki_Verify_Secret",
        ] {
            let told = proxy.ask(&[(field, value), (forged, "x")]);
            assert_eq!(told.status, 400, "{forged}: {told:?}");
            assert!(told.body.contains("Pki-*"), "{}", told.body);
        }

        let reference = format!("{name}/phone");
        let hold = ["revoke", &reference, "--reason", "certificateHold", "--yes"];
        authority.pki(&hold).ok();
        let held = proxy.ask(&[(field, value)]);
        assert_eq!(
            (held.status, held.field("Pki-Reason")),
            (403, Some("revoked")),
            "{form}"
        );
        assert_eq!(held.field("Pki-Name"), None);
        authority.pki(&["unrevoke", &reference]).ok();
        assert_eq!(proxy.ask(&[(field, value)]).status, 200);
        authority.pki(&["revoke", &reference, "--yes"]).ok();
        assert_eq!(proxy.ask(&[(field, value)]).status, 403);
    }
}

#[test]
fn what_a_login_refuses_is_refused_with_the_same_reason() {
    let authority = Authority::init(&[]);
    let other = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let Some(foreign) = other.credentials(&other.issue_client(&["alice"])) else {
        return;
    };
    let server = serve(&authority, "pem", &[]);
    let mut proxy = Place::of(&server).connect();
    for (file, reason) in [
        (foreign.certificate, "unknown-issuer"),
        (
            authority.path("ca-data/servers/localhost/fullchain.pem"),
            "wrong-extended-key-usage",
        ),
        (authority.root(), "wrong-key-usage"),
    ] {
        let value = Passed::of(&file).escaped();
        let refused = proxy.ask(&[("X-SSL-Client-Cert", &value)]);
        assert_eq!(
            (refused.status, refused.field("Pki-Reason")),
            (403, Some(reason))
        );
    }
    let malformed = "-----BEGIN%20CERTIFICATE-----%0AMAA=%0A-----END%20CERTIFICATE-----%0A";
    let refused = proxy.ask(&[("X-SSL-Client-Cert", malformed)]);
    assert_eq!(
        (refused.status, refused.field("Pki-Reason")),
        (403, Some("malformed"))
    );
}

#[test]
fn envoys_paths_and_methods_are_answered_and_other_paths_are_not_there() {
    let authority = Authority::init(&[]);
    let Some(credentials) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = serve(&authority, "xfcc", &[]);
    let mut proxy = Place::of(&server).connect();
    let value = Passed::of(&credentials.certificate).xfcc();
    let fields = [
        ("X-Forwarded-Client-Cert", value.as_str()),
        ("X-Forwarded-Method", "BREW"),
        ("X-Forwarded-Uri", "/nowhere"),
    ];
    for line in [
        "GET /verify",
        "GET /verify/",
        "POST /verify/a/b?c=d",
        "DELETE /verify//x",
        "OPTIONS /verify/%2e%2e/x",
        "BREW /verify?x",
        "HEAD /verify",
    ] {
        assert_eq!(proxy.request(line, &fields).status, 200, "{line}");
    }
    for line in [
        "GET /",
        "GET /verif",
        "GET /verifyx",
        "GET /login.json",
        "POST /x/verify",
        "GET /VERIFY",
    ] {
        assert_eq!(proxy.request(line, &fields).status, 404, "{line}");
    }
}

#[test]
fn many_questions_are_one_line_of_the_log_and_one_login() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let Some(credentials) = authority.credentials(&alice) else {
        return;
    };
    let server = serve(&authority, "pem", &[]);
    let place = Place::of(&server);
    let value = Passed::of(&credentials.certificate).escaped();
    for _ in 0..3 {
        let mut proxy = place.connect();
        for _ in 0..20 {
            assert_eq!(proxy.ask(&[("X-SSL-Client-Cert", &value)]).status, 200);
            assert_eq!(proxy.ask(&[("X-SSL-Client-Cert", "x")]).status, 400);
        }
    }
    server.wait_for_log("asked amiss");
    assert_eq!(server.logged("unix accepted - CN=alice"), 1);
    assert_eq!(server.logged("asked amiss"), 1);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    assert_eq!(
        place.connect().ask(&[("X-SSL-Client-Cert", &value)]).status,
        403
    );
    server.wait_for_log("unix refused revoked CN=alice");
    assert_eq!(server.stop(), Some(0));
    let number = text(&alice.certificate, "serial_number");
    let shown = authority.pki(&["show", number]).ok().out();
    assert!(shown.contains("from unix"), "{shown}");
}

#[test]
fn a_field_that_is_too_long_is_told_so_and_a_head_without_end_is_cut_off() {
    let authority = Authority::init(&[]);
    let server = serve(&authority, "pem", &[]);
    let place = server.verify.clone().unwrap();
    let mut proxy = Place::of(&server).connect();
    let longer = "A".repeat((64 << 10) + 1);
    let told = proxy.ask(&[("X-SSL-Client-Cert", &longer)]);
    assert_eq!(told.status, 400);
    assert!(told.body.contains("64 KiB"), "{}", told.body);
    // Whoever sends on and on is told that it is too much, or cut off.
    let mut endless = UnixStream::connect(place.trim_start_matches("unix:")).unwrap();
    let patience = Some(Duration::from_secs(5));
    endless.set_read_timeout(patience).unwrap();
    endless.set_write_timeout(patience).unwrap();
    let request = format!(
        "GET /verify HTTP/1.1\r\nX-SSL-Client-Cert: {}",
        "A".repeat(512 << 10)
    );
    let is_ended = |trouble: &std::io::Error| {
        matches!(
            trouble.kind(),
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
        )
    };
    if let Err(trouble) = endless.write_all(request.as_bytes()) {
        assert!(is_ended(&trouble), "{trouble}");
    }
    let mut answer = Vec::new();
    let read = endless.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    match read {
        Ok(_) => assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
            "{answer}"
        ),
        Err(trouble) => assert!(is_ended(&trouble), "{trouble}"),
    }
}

#[test]
fn an_answer_from_memory_comes_within_a_millisecond() {
    let authority = Authority::init(&[]);
    let Some(credentials) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = serve(&authority, "pem", &[]);
    let mut proxy = Place::of(&server).connect();
    let value = Passed::of(&credentials.certificate).escaped();
    let mut took: Vec<Duration> = (0..1000)
        .map(|_| {
            let begin = Instant::now();
            let answer = proxy.ask(&[("X-SSL-Client-Cert", &value)]);
            assert_eq!(answer.status, 200);
            begin.elapsed()
        })
        .collect();
    took.sort();
    assert!(took[500] < Duration::from_millis(1), "{:?}", took[500]);
    println!("median {:?}, 99 of 100 {:?}", took[500], took[990]);
}
