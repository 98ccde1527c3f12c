//! `pki lint`: nothing is said of what we issue, and what pkilint finds in certificates that are bent, we find.

mod bent;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use bent::{CODES, KINDS, made};

use crate::interop::pkilint;
use crate::support::{Authority, path_text};

/// Of every kind one; more bits of RSA are read no differently.
const ALGORITHMS: [&str; 4] = ["p256", "p384", "rsa-2048", "ed25519"];

/// The rules that a certificate of the document breaks, in their order.
fn rules(certificate: &Value) -> Vec<&str> {
    let findings = certificate["findings"].as_array().unwrap().iter();
    findings.map(|it| it["rule"].as_str().unwrap()).collect()
}

/// Every certificate in the inventory, as one PEM file; none where sqlite3 is missing.
fn issued(authority: &Authority) -> Option<String> {
    let rows = authority.sql("SELECT hex(der) FROM certificate ORDER BY rowid")?;
    let encoded = rows.lines().map(|row| {
        let octets = (0..row.len()).step_by(2);
        let octets = octets.map(|at| u8::from_str_radix(&row[at..at + 2], 16).unwrap());
        pem::encode(&pem::Pem::new("CERTIFICATE", octets.collect::<Vec<_>>()))
    });
    Some(encoded.collect())
}

#[test]
fn nothing_is_said_of_what_we_issue_with_whatever_key() {
    let mut all = String::new();
    for algorithm in ALGORITHMS {
        let key = ["--key-algorithm", algorithm];
        let authority = Authority::init(&[&key[..], &["--no-passphrase"]].concat());
        for words in [
            "issue-client alice --for openssl",
            "issue-server localhost ::1",
        ] {
            let words: Vec<_> = words.split(' ').collect();
            authority.pki(&[&words[..], &key].concat()).ok();
        }
        let Some(issued) = issued(&authority) else {
            return;
        };
        all += &issued;
    }
    let published = [
        "--no-passphrase",
        "--base-url",
        "http://pki.example.org",
        "--organization",
        "Example & Söhne",
        "--permit-dns",
        "example.org",
        "--permit-ip",
        "127.0.0.0/8",
    ];
    let authority = Authority::init(&published);
    for words in [
        "issue-client alice --device phone --email a@example.org --upn a@corp.example --uri urn:uuid:0",
        "issue-server bücher.example.org *.example.org 127.0.0.1",
    ] {
        let words: Vec<_> = words.split(' ').collect();
        authority.pki(&words).ok();
    }
    all += &issued(&authority).unwrap();
    let file = authority.path("all.pem");
    fs::write(&file, &all).unwrap();
    let document = authority.json(&["lint", path_text(&file)]);
    let certificates = document["certificates"].as_array().unwrap();
    // A root, an issuing CA, a responder, the audit key's, a server and a client of each authority.
    assert_eq!(certificates.len(), 6 * (ALGORITHMS.len() + 1));
    for certificate in certificates {
        assert_eq!(rules(certificate), [""; 0], "{certificate:#}");
        assert!(certificate["serial_number"].is_string());
    }
    assert_eq!(document["ok"], true);
}

#[test]
fn what_is_bent_is_found_and_all_that_pkilint_finds_in_it() {
    let authority = Authority::none();
    for (file, algorithm, option) in [
        ("good.key", "EC", "ec_paramgen_curve:P-256"),
        ("short.key", "RSA", "rsa_keygen_bits:1024"),
        ("exponent.key", "RSA", "rsa_keygen_pubexp:3"),
    ] {
        let words = [
            "genpkey",
            "-algorithm",
            algorithm,
            "-pkeyopt",
            option,
            "-out",
            file,
        ];
        let Some(key) = authority.openssl(&words) else {
            return;
        };
        key.ok();
    }
    let all = KINDS.iter().flat_map(|(kind, good, bents)| {
        let of_kind = bents.iter().map(|bent| (*kind, *good, bent));
        of_kind.collect::<Vec<_>>()
    });
    let (mut files, mut wanted) = (Vec::new(), Vec::new());
    for (kind, good, bent) in all {
        files.push(made(&authority, kind, good, bent).unwrap());
        wanted.push(bent.2);
    }
    let together: Vec<_> = files
        .iter()
        .map(|it| fs::read_to_string(it).unwrap())
        .collect();
    fs::write(authority.path("all.pem"), together.concat()).unwrap();
    let finished = authority.pki(&["lint", "all.pem", "--json"]).exits(3);
    let document = finished.json();
    assert_eq!(document["ok"], false);
    let certificates = document["certificates"].as_array().unwrap();
    for ((certificate, wanted), file) in certificates.iter().zip(&wanted).zip(&files) {
        assert_eq!(rules(certificate), *wanted, "{}", file.display());
    }
    let Some(theirs) = pkilint::findings(&files) else {
        return;
    };
    let mut seen = BTreeSet::new();
    for line in &theirs {
        let fields: Vec<_> = line.split('\t').collect();
        let at = files
            .iter()
            .position(|it| path_text(it) == fields[0])
            .unwrap();
        let (_, rule) = CODES
            .iter()
            .find(|(code, _)| *code == fields[2])
            .unwrap_or_else(|| panic!("no rule of ours is known for {line}"));
        let ours = rules(&certificates[at]);
        assert!(
            ours.iter().any(|it| it.starts_with(rule)),
            "{line}: {ours:?}"
        );
        seen.insert(fields[2]);
    }
    assert_eq!(
        seen,
        CODES.iter().map(|(code, _)| *code).collect(),
        "all that pkilint knows"
    );
}

#[test]
fn a_file_tells_by_its_exit_code_and_what_is_no_certificate_is_refused() {
    let authority = Authority::init(&["--no-passphrase"]);
    let root = authority.root();
    let told = authority.pki(&["lint", path_text(&root)]).ok().out();
    assert!(told.ends_with("no rule is broken\n"), "{told}");
    let good = authority.json(&["lint", path_text(&root)]);
    assert_eq!(good["certificates"][0]["findings"], serde_json::json!([]));
    // A self-signed certificate as people make them, with a warning alone.
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout a.key -days 1 -subj /CN=localhost -out";
    let words: Vec<_> = words.split(' ').collect();
    let ends = [
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        "extendedKeyUsage=clientAuth",
    ];
    let Some(made) = authority.openssl(&[&words[..], &["warned.pem"], &ends].concat()) else {
        return;
    };
    made.ok();
    let warned = authority.pki(&["lint", "warned.pem"]).ok().out();
    assert!(warned.starts_with("CN=localhost: 1 warning\n"), "{warned}");
    assert!(warned.contains("key-usage-critical"), "{warned}");
    authority
        .openssl(&[&words[..], &["bad.pem"]].concat())
        .unwrap()
        .ok();
    let bad = authority.pki(&["lint", "bad.pem"]).exits(3).out();
    assert!(bad.starts_with("CN=localhost: 1 error\n"), "{bad}");
    let convert = [
        "x509", "-in", "bad.pem", "-outform", "der", "-out", "bad.der",
    ];
    authority.openssl(&convert).unwrap().ok();
    authority.pki(&["lint", "bad.der"]).exits(3);
    // Others.
    fs::write(authority.path("text"), "hello").unwrap();
    fs::write(authority.path("cut"), b"0\x03abc").unwrap();
    authority.pki(&["crl", "--out", "crl.pem"]).ok();
    let unreadable = pem::encode(&pem::Pem::new("CERTIFICATE", b"0\x03abc"));
    let second = fs::read_to_string(&root).unwrap() + &unreadable;
    fs::write(authority.path("second.pem"), second).unwrap();
    for (file, said) in [
        ("second.pem", "not readable DER: number 2 of 2 in the file"),
        ("crl.pem", "X509 CRL"),
        ("a.key", "PRIVATE KEY"),
        ("text", "no certificate"),
        ("cut", "not readable DER"),
        ("absent", "absent"),
    ] {
        let refused = authority.pki(&["lint", file]).exits(1).err();
        assert!(refused.contains(said), "{file}: {refused}");
    }
    authority.pki(&["lint"]).exits(2);
    authority.pki(&["lint", "--list", "bad.pem"]).exits(2);
}

#[test]
fn a_certificate_is_checked_beneath_the_renewed_one_of_two_of_its_ca() {
    let authority = Authority::none();
    let _ = beneath_the_renewed_one(&authority);
}

fn beneath_the_renewed_one(authority: &Authority) -> Option<()> {
    let run = |words: &str| {
        let words: Vec<_> = words.split(' ').collect();
        Some(authority.openssl(&words)?.ok())
    };
    for key in ["ca.key", "a.key"] {
        run(&format!(
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {key}"
        ))?;
    }
    for (file, days) in [("old.pem", 1), ("new.pem", 3650)] {
        run(&format!(
            "req -x509 -key ca.key -subj /CN=CA -addext keyUsage=critical,keyCertSign -days {days} -out {file}"
        ))?;
    }
    let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n\
        subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
    fs::write(authority.path("extensions"), extensions).unwrap();
    run("req -new -key a.key -subj /CN=a -out a.csr")?;
    run("x509 -req -in a.csr -CA new.pem -CAkey ca.key -extfile extensions -days 30 -out a.pem")?;
    let broken = |files: &[&str], code| {
        let read = |file: &&str| fs::read_to_string(authority.path(file)).unwrap();
        fs::write(
            authority.path("all.pem"),
            files.iter().map(read).collect::<String>(),
        )
        .unwrap();
        let document = authority.pki(&["lint", "all.pem", "--json"]).exits(code);
        let document = document.json();
        let certificates = document["certificates"].as_array().unwrap().iter();
        let all = certificates.flat_map(|it| {
            let broken = rules(it).into_iter().map(str::to_owned);
            broken.collect::<Vec<_>>()
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(broken(&["a.pem", "old.pem", "new.pem"], 0), [""; 0]);
    assert_eq!(broken(&["new.pem", "old.pem", "a.pem"], 0), [""; 0]);
    // Where the old one alone is known, there is no other to go by.
    assert_eq!(broken(&["a.pem", "old.pem"], 3), ["validity-within-issuer"]);
    Some(())
}

#[test]
fn the_list_shows_every_rule_and_needs_no_authority() {
    let authority = Authority::none();
    let document = authority.json(&["lint", "--list"]);
    let rules = document["rules"].as_array().unwrap();
    for rule in rules {
        for key in ["rule", "severity", "concerns", "demand", "source"] {
            assert!(rule[key].is_string(), "{rule:#}");
        }
    }
    let told = authority.pki(&["lint", "--list"]).ok().out();
    assert_eq!(told.lines().count(), rules.len() + 1);
    assert!(!authority.data().exists());
}
