//! `pki list` and `show`: what is found, and how it looks on a terminal, in a pipe, and to a script.

use serde_json::Value;

use crate::support::{Authority, tool};

const KEYS: [&str; 18] = [
    "name",
    "device",
    "profile",
    "status",
    "subject",
    "issuer",
    "serial_number",
    "not_before",
    "not_after",
    "subject_alt_names",
    "key_algorithm",
    "fingerprint_sha256",
    "revoked_at",
    "reason_code",
    "supersedes",
    "superseded_by",
    "last_login_at",
    "issued_at",
];

fn names(document: &Value) -> Vec<&str> {
    let certificates = document["certificates"].as_array().unwrap().iter();
    let clients = certificates.filter(|it| it["profile"] == "client");
    clients.map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn a_certificate_is_found_by_name_address_serial_number_and_fingerprint() {
    let authority = Authority::init(&["--no-passphrase"]);
    let alice = authority.issue_client(&["alice", "--email", "wonderland@example.org"]);
    authority.issue_client(&["bob"]);
    let text = |key: &str| alice.certificate[key].as_str().unwrap();
    let (serial_number, fingerprint) = (text("serial_number"), text("fingerprint_sha256"));
    let patterns = [
        "alice",
        "ALI",
        "wonderland@example.org",
        "Wonder",
        serial_number,
        &serial_number[..8],
        &serial_number[..11],
        fingerprint,
        &fingerprint[..16],
        &fingerprint.to_uppercase(),
    ];
    for pattern in patterns {
        let found = authority.json(&["list", pattern]);
        assert_eq!(names(&found), ["alice"], "{pattern}");
        assert_eq!(found["next_cursor"], Value::Null);
    }
    for pattern in ["lice", "example.org", "zzz"] {
        assert!(
            names(&authority.json(&["list", pattern])).is_empty(),
            "{pattern}"
        );
    }
}

#[test]
fn every_key_is_always_there_and_the_pages_join() {
    let authority = Authority::init(&["--no-passphrase"]);
    for name in ["alice", "bob", "carol"] {
        authority.issue_client(&[name]);
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut words = vec!["list", "--limit", "2"];
        if let Some(cursor) = &cursor {
            words.extend(["--after", cursor]);
        }
        let page = authority.json(&words);
        seen.extend(page["certificates"].as_array().unwrap().iter().cloned());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    for certificate in &seen {
        let keys = certificate.as_object().unwrap();
        assert_eq!(
            keys.keys().collect::<Vec<_>>(),
            KEYS.iter().collect::<Vec<_>>()
        );
    }
    // The audit key's certificate is listed only when it is asked for.
    let profiles: Vec<_> = seen
        .iter()
        .map(|it| it["profile"].as_str().unwrap())
        .collect();
    assert_eq!(profiles, ["client", "client", "client", "issuing", "root"]);
    let shown = authority.json(&["show", "alice"]);
    for key in KEYS.iter().chain(&["history"]) {
        assert!(shown.get(key).is_some(), "{key}");
    }
}

#[test]
fn the_audit_keys_certificate_is_found_by_its_profile_and_by_its_serial_number() {
    let authority = Authority::init(&["--no-passphrase"]);
    let services = authority.json(&["list", "--profile", "audit"]);
    let serial_number = services["certificates"][0]["serial_number"]
        .as_str()
        .unwrap();
    let found = authority.json(&["list", serial_number]);
    assert_eq!(found["certificates"].as_array().unwrap().len(), 1);
}

#[test]
fn what_ends_soon_and_how_each_stands_can_be_asked() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.issue_client(&["alice", "--validity", "20d"]);
    authority.issue_client(&["bob"]);
    authority.issue_client(&["carol"]);
    authority.pki(&["revoke", "carol", "--yes"]).ok();
    let listed = |words: &[&str]| {
        let document = authority.json(&[&["list"], words].concat());
        names(&document)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&["--expires-within", "30d"]), ["alice"]);
    assert_eq!(listed(&["--status", "valid"]), ["bob", "alice"]);
    assert_eq!(listed(&["--status", "revoked"]), ["carol"]);
    assert!(listed(&["--status", "expired"]).is_empty());
    let Some(later) = authority.pki_at("+30d", &["list", "--status", "expired", "--json"]) else {
        return;
    };
    assert_eq!(names(&later.ok().json()), ["alice"]);
}

#[test]
fn a_table_fits_the_terminal_and_nothing_is_cut_in_a_pipe() {
    let authority = Authority::init(&["--no-passphrase", "--organization", "A long name Ltd"]);
    let long = "a-name-of-a-machine-that-somebody-thought-of-late-at-night";
    let alice = authority.issue_client(&[long]);
    let serial_number = alice.certificate["serial_number"].as_str().unwrap();
    let piped = authority.pki(&["list"]).ok().out();
    assert!(
        piped.contains(serial_number) && piped.contains(long),
        "{piped}"
    );
    for columns in [80, 100, 200] {
        let words = ["--color", "never", "list"];
        let Some(shown) = authority.pki_on_a_terminal(columns, "", &words) else {
            return;
        };
        let shown = shown.ok().out();
        for line in shown.lines() {
            assert!(
                line.chars().count() <= columns as usize,
                "{columns}: {line}"
            );
        }
        // Enough of a serial number for any command.
        assert!(shown.contains(&serial_number[..12]), "{shown}");
        assert_eq!(shown.contains(serial_number), columns == 200, "{shown}");
    }
    let words = ["--color", "never", "show", long];
    let shown = authority
        .pki_on_a_terminal(60, "", &words)
        .unwrap()
        .ok()
        .out();
    let fingerprint = alice.certificate["fingerprint_sha256"].as_str().unwrap();
    // What people copy is never cut.
    assert!(
        shown.contains(fingerprint) && shown.contains(serial_number),
        "{shown}"
    );
    assert!(shown.contains("in 11 months"), "{shown}");
}

#[test]
fn colour_is_there_where_it_is_wanted_and_the_words_say_the_same() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.issue_client(&["alice"]);
    authority.issue_client(&["bob"]);
    authority.pki(&["revoke", "bob", "--yes"]).ok();
    let (green, red) = ("\u{1b}[32mvalid", "\u{1b}[31mrevoked");
    let always = authority.pki(&["--color", "always", "list"]).ok().out();
    assert!(always.contains(green) && always.contains(red), "{always:?}");
    for words in [&["list"][..], &["--color", "never", "list"]] {
        let plain = authority.pki(words).ok().out();
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
        assert!(
            plain.contains("valid") && plain.contains("revoked"),
            "{plain}"
        );
    }
    let Some(shown) = authority.pki_on_a_terminal(100, "", &["list"]) else {
        return;
    };
    assert!(shown.out().contains(green), "{:?}", shown.out());
    let mut env = crate::support::hermetic(tool("env").unwrap(), authority.home());
    env.args(["NO_COLOR=1", "python3"])
        .arg(crate::support::tools::fixture("support/on_a_terminal.py"))
        .args(["100", "", crate::support::authority::PKI, "list"])
        .env("PKI_CA_DATA", authority.data());
    let shown = crate::support::finish(&mut env).ok().out();
    assert!(
        !shown.contains('\u{1b}') && shown.contains("valid"),
        "{shown:?}"
    );
}
