//! CAs of `openssl req -x509` and `openssl ca`, with their index.

use std::fs;

use serde_json::json;

use super::openssl::Openssl;
use super::{
    assert_it_goes_on, assert_login, assert_rustls_accepts, credentials, import_ca, listed, write,
};
use crate::support::Authority;

#[test]
fn a_ca_of_openssl_goes_on_with_everything_that_it_had_issued() {
    let authority = Authority::none();
    let _ = goes_on_with_everything(&authority);
}

fn goes_on_with_everything(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/O=Example Ltd/CN=Example CA"])?;
    openssl.issue("ca", "alice", "client", &[])?;
    openssl.issue("ca", "bob", "client", &[])?;
    openssl.revoke("ca", "bob", &["-crl_reason", "keyCompromise"])?;
    let past = [
        "-startdate",
        "20200101000000Z",
        "-enddate",
        "20210101000000Z",
    ];
    openssl.issue("ca", "carol", "client", &past)?;
    openssl.issue("ca", "dave", "client", &[])?;
    openssl.revoke("ca", "dave", &["-crl_hold", "holdInstructionCallIssuer"])?;
    openssl.issue("ca", "www", "both", &["subjectAltName=DNS:www.example.org"])?;
    openssl.issue("ca", "signer", "signing", &[])?;
    openssl.issue("ca", "gone", "client", &[])?;
    openssl.issue("ca", "lost", "client", &[])?;
    openssl.revoke("ca", "lost", &["-crl_reason", "superseded"])?;
    // What was to be kept was not always kept.
    let number = |stem: &str| {
        let file = format!("ca/{stem}.pem");
        let said = openssl
            .run(&["x509", "-noout", "-serial", "-in", &file])?
            .ok()
            .out();
        Some(said.trim().trim_start_matches("serial=").to_owned())
    };
    let (gone, lost) = (number("gone")?, number("lost")?);
    for number in [&gone, &lost] {
        fs::remove_file(authority.path(&format!("ca/newcerts/{number}.pem"))).unwrap();
    }
    let index = fs::read_to_string(authority.path("ca/index.txt")).unwrap();
    assert!(index.contains("holdInstruction"), "{index}");

    let words = [
        "--cert",
        "ca/ca.pem",
        "--key",
        "ca/ca.key",
        "--index",
        "ca/index.txt",
        "--json",
    ];
    let made = import_ca(authority, &words).ok().json();
    assert_eq!(made["root"], made["issuing"]);
    assert_eq!(made["root"]["subject"], "CN=Example CA,O=Example Ltd");
    assert_eq!(made["revoked"], 3);
    assert_eq!(
        fs::read(authority.root()).unwrap(),
        fs::read(authority.path("ca/ca.pem")).unwrap()
    );

    // One valid certificate is nowhere to be had: that is told, and everything else is taken in.
    let words = ["import", "ca/newcerts", "--index", "ca/index.txt", "--json"];
    let first = authority.pki(&words).exits(1).json();
    assert_eq!(
        (&first["imported"], &first["known"]),
        (&json!(6), &json!(0))
    );
    assert_eq!(first["refused"], json!([]));
    assert_eq!(first["missing"][0]["serial_number"], gone.to_lowercase());
    assert_eq!(first["missing"].as_array().unwrap().len(), 1);
    let row = |cells: [&str; 4]| cells.map(str::to_owned);
    assert_eq!(
        listed(authority),
        [
            row(["-", "root", "valid", "-"]),
            row(["alice", "client", "valid", "-"]),
            row(["bob", "client", "revoked", "keyCompromise"]),
            row(["carol", "client", "expired", "-"]),
            row(["dave", "client", "revoked", "certificateHold"]),
            row(["signer", "other", "valid", "-"]),
            row(["www", "server", "valid", "-"]),
        ]
    );

    // It turns up; nothing is done twice.
    let words = [
        "import",
        "ca/newcerts",
        "ca/gone.pem",
        "ca/lost.pem",
        "--index",
        "ca/index.txt",
        "--json",
    ];
    let again = authority.pki(&words).ok().json();
    assert_eq!(
        (&again["imported"], &again["known"]),
        (&json!(2), &json!(6))
    );
    assert_eq!(again["missing"], json!([]));
    assert!(listed(authority).contains(&row(["lost", "client", "revoked", "superseded"])));
    let third = authority.pki(&words).ok().json();
    assert_eq!(
        (&third["imported"], &third["known"], &third["revoked"]),
        (&json!(0), &json!(8), &json!(0))
    );

    assert_it_goes_on(authority, &authority.path("ca/ca.pem"), true)?;
    let old = |stem: &str| {
        let file = |ending| authority.path(&format!("ca/{stem}.{ending}"));
        credentials(file("pem"), file("key"), None)
    };
    assert_login(authority, &old("alice"), None)?;
    assert_login(authority, &old("bob"), Some("revoked"))?;
    assert_login(authority, &old("dave"), Some("revoked"))?;
    assert_login(authority, &old("lost"), Some("revoked"))?;
    assert_login(authority, &old("signer"), Some("wrong-extended-key-usage"))?;
    authority.pki(&["unrevoke", "dave"]).ok();
    assert_login(authority, &old("dave"), None)?;
    // What is issued from now on has the organization of the CA, as before.
    let zoe = authority.json(&["show", "zoe"]);
    assert_eq!(zoe["subject"], "CN=zoe,O=Example Ltd");
    Some(())
}

#[test]
fn an_intermediate_and_all_above_it_stand_in_every_chain() {
    let authority = Authority::none();
    let _ = intermediates(&authority);
}

fn intermediates(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Top"])?;
    openssl.lay_out("policy");
    openssl.lay_out("below");
    openssl.issue("ca", "policy", "intermediate", &[])?;
    for (from, to) in [
        ("ca/policy.pem", "policy/ca.pem"),
        ("ca/policy.key", "policy/ca.key"),
    ] {
        fs::copy(authority.path(from), authority.path(to)).unwrap();
    }
    openssl.issue("policy", "below", "intermediate", &[])?;
    for (from, to) in [
        ("policy/below.pem", "below/ca.pem"),
        ("policy/below.key", "below/ca.key"),
    ] {
        fs::copy(authority.path(from), authority.path(to)).unwrap();
    }
    openssl.issue("below", "alice", "client", &[])?;
    let pem = |file: &str| fs::read_to_string(authority.path(file)).unwrap();
    // In any order, and with the CA itself among them, as many a chain file has it.
    let chain = format!(
        "{}{}{}",
        pem("ca/ca.pem"),
        pem("below/ca.pem"),
        pem("policy/ca.pem")
    );
    write(authority, "chain.pem", &chain);
    let words = [
        "--cert",
        "below/ca.pem",
        "--key",
        "below/ca.key",
        "--chain",
        "chain.pem",
        "--json",
    ];
    let made = import_ca(authority, &words).ok().json();
    assert_eq!(made["root"]["subject"], "CN=Top");
    assert_eq!(made["issuing"]["subject"], "CN=below");

    authority
        .pki(&["import", "below/newcerts", "--index", "below/index.txt"])
        .ok();
    assert_it_goes_on(authority, &authority.path("ca/ca.pem"), true)?;
    let old = |chain| {
        credentials(
            authority.path("below/alice.pem"),
            authority.path("below/alice.key"),
            chain,
        )
    };
    assert_login(authority, &old(None), None)?;
    // The whole way up, and the anchor only where somebody asked for it.
    let count = |text: &str| text.matches("BEGIN CERTIFICATE").count();
    let exported = authority
        .pki(&["export", "zoe", "--form", "chain"])
        .ok()
        .out();
    assert_eq!(count(&exported), 4);
    assert_eq!(
        count(&pem("ca-data/servers/zoe.example.org/fullchain.pem")),
        3
    );
    assert_eq!(pem("ca-data/root.pem"), pem("ca/ca.pem"));
    assert_eq!(pem("ca-data/issuing.pem"), pem("below/ca.pem"));
    // What the CA above had issued is not this CA's to tell of, except for the CA itself.
    let known = authority
        .pki(&["import", "policy/newcerts", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&known["imported"], &known["known"]),
        (&json!(0), &json!(1))
    );
    Some(())
}

#[test]
fn a_name_that_few_programs_can_write_stands_in_every_certificate_octet_for_octet() {
    let authority = Authority::none();
    let _ = odd_names(&authority);
}

fn odd_names(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    for (ca, subject) in [
        ("twice", "/O=Example/OU=One/OU=Two/OU=One/CN=Twice"),
        (
            "joined",
            "/C=DE/O=Example+OU=Both/CN=Jo\\, ined/emailAddress=ca@example.org",
        ),
        ("ümlaut", "/L=Köln/CN=Ümlaut"),
    ] {
        openssl.root(ca, &["-utf8", "-multivalue-rdn", "-subj", subject])?;
        let data = format!("data-{ca}");
        let (cert, key) = (format!("{ca}/ca.pem"), format!("{ca}/ca.key"));
        let words = [
            "--cert",
            &cert,
            "--key",
            &key,
            "--ca-data",
            &data,
            "--no-passphrase",
        ];
        import_ca(authority, &words).ok();
        authority
            .pki(&["issue-client", "zoe", "--ca-data", &data])
            .ok();
        let export = [
            "export",
            "zoe",
            "--form",
            "pem",
            "--out",
            "zoe.pem",
            "--ca-data",
            &data,
        ];
        authority.pki(&export).ok();
        let verify = [
            "verify",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-CAfile",
            &cert,
            "zoe.pem",
        ];
        openssl.run(&verify)?.ok();
        assert_rustls_accepts(
            &authority.path(&cert),
            &authority.path("zoe.pem"),
            None,
            None,
        );
        // OpenSSL's hash folds letters' case and spaces; that the DER is the same, the issuer's own check says.
        let hash = |file: &str, which: &str| {
            Some(
                openssl
                    .run(&["x509", "-noout", which, "-in", file])?
                    .ok()
                    .out(),
            )
        };
        assert_eq!(
            hash(&cert, "-subject_hash")?,
            hash("zoe.pem", "-issuer_hash")?
        );
        fs::remove_file(authority.path("zoe.pem")).unwrap();
    }
    Some(())
}

#[test]
fn constraints_of_a_ca_above_bind_what_is_issued_below() {
    let authority = Authority::none();
    let _ = constraints_above(&authority);
}

fn constraints_above(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    let constraint = "nameConstraints=critical,permitted;DNS:example.org,permitted;DNS:localhost";
    openssl.root("ca", &["-subj", "/CN=Top", "-addext", constraint])?;
    openssl.issue("ca", "below", "intermediate", &[])?;
    let words = [
        "--cert",
        "ca/below.pem",
        "--key",
        "ca/below.key",
        "--chain",
        "ca/ca.pem",
    ];
    import_ca(authority, &words).ok();
    let refused = authority
        .pki(&["issue-server", "www.example.com", "--json"])
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    assert_it_goes_on(authority, &authority.path("ca/ca.pem"), true)
}

#[test]
fn a_name_that_would_not_be_granted_anew_is_renewed_as_it_stands() {
    let authority = Authority::none();
    let _ = names_of_old(&authority);
}

fn names_of_old(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Example CA"])?;
    for (stem, extensions, name) in [
        ("app", "both", "subjectAltName=DNS:my_app.corp.test"),
        ("www", "both", "subjectAltName=DNS:www.example.org."),
        (
            "alice",
            "client",
            "subjectAltName=email:alice at example.org,URI://a",
        ),
    ] {
        openssl.issue("ca", stem, extensions, &[name])?;
    }
    let words = "--cert ca/ca.pem --key ca/ca.key --no-passphrase".split(' ');
    import_ca(authority, &words.collect::<Vec<_>>()).ok();
    authority.pki(&["import", "ca/newcerts"]).ok();
    for name in ["app", "www", "alice"] {
        let names = authority.json(&["show", name])["subject_alt_names"].clone();
        assert!(names[0]["value"].is_string(), "{names:#}");
        let renewed = authority.json(&["renew", name]);
        assert_eq!(renewed["certificate"]["subject_alt_names"], names);
        // A request of no names: whatever it asks for, the names are those that were certified before.
        let (key, csr) = (format!("ca/{name}.key"), format!("{name}.csr"));
        let words = "req -new -subj /CN=x -config ca/openssl.cnf".split(' ');
        let words = words.chain(["-key", &key, "-out", &csr]);
        openssl.run(&words.collect::<Vec<_>>())?.ok();
        let out = format!("{name}.pem");
        let renewed = authority.json(&["renew", name, "--csr", &csr, "--out", &out]);
        assert_eq!(renewed["certificate"]["subject_alt_names"], names);
    }
    // Who asks for it anew is refused.
    let words = ["issue-server", "my_app.corp.test", "--json"];
    let refused = authority.pki(&words).exits(2).json();
    assert_eq!(refused["error"]["kind"], "usage", "{refused:#}");
    let words = ["sign-csr", "ca/app.csr", "--profile", "server", "--json"];
    let refused = authority.pki(&words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "invalid-input", "{refused:#}");
    Some(())
}
