//! CAs that easy-rsa, mkcert and cfssl made.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{
    KEY_PASSPHRASE, assert_it_goes_on, assert_login, credentials, import_ca, listed, write,
};
use crate::support::process::finish_with_input;
use crate::support::{Authority, Finished, finish, hermetic, tool};

const EASY_RSA: &str = "/usr/share/easy-rsa/easyrsa";

fn row(cells: [&str; 4]) -> [String; 4] {
    cells.map(str::to_owned)
}

/// `easyrsa --batch` with these words, in the authority's home.
#[track_caller]
fn easy_rsa(authority: &Authority, words: &[&str]) -> Option<Finished> {
    if !Path::new(EASY_RSA).is_file() {
        tool("easyrsa")?;
    }
    let mut command = hermetic(EASY_RSA, authority.home());
    command
        .args(["--batch"])
        .args(words)
        .env("EASYRSA", "/usr/share/easy-rsa")
        .env("EASYRSA_PKI", authority.path("pki"))
        .env("EASYRSA_PASSIN", format!("pass:{KEY_PASSPHRASE}"))
        .env("EASYRSA_PASSOUT", format!("pass:{KEY_PASSPHRASE}"));
    Some(finish(&mut command).ok())
}

#[test]
fn a_ca_of_easy_rsa_goes_on_with_and_without_a_passphrase_rsa_and_ec() {
    for (algorithm, nopass) in [("rsa", &[][..]), ("ec", &[]), ("ec", &["nopass"])] {
        let authority = Authority::none();
        let _ = by_easy_rsa(&authority, algorithm, nopass);
    }
}

fn by_easy_rsa(authority: &Authority, algorithm: &str, nopass: &[&str]) -> Option<()> {
    let algorithm = format!("--use-algo={algorithm}");
    let run = |words: &[&str]| easy_rsa(authority, &[&[algorithm.as_str()], words].concat());
    run(&["init-pki"])?;
    run(&[&["build-ca"], nopass].concat())?;
    run(&["build-client-full", "alice", "nopass"])?;
    run(&["build-client-full", "bob", "nopass"])?;
    run(&["build-server-full", "vpn.example.org", "nopass"])?;
    fs::copy(
        authority.path("pki/issued/bob.crt"),
        authority.path("bob.crt"),
    )
    .unwrap();
    fs::copy(
        authority.path("pki/private/bob.key"),
        authority.path("bob.key"),
    )
    .unwrap();
    run(&["revoke", "bob", "affiliationChanged"])?;

    let words = [
        "--cert",
        "pki/ca.crt",
        "--key",
        "pki/private/ca.key",
        "--index",
        "pki/index.txt",
    ];
    import_ca(authority, &words).ok();
    let words = [
        "import",
        "pki/issued",
        "pki/certs_by_serial",
        "pki/revoked/certs_by_serial",
        "--index",
        "pki/index.txt",
        "--json",
    ];
    let told = authority.pki(&words).ok().json();
    assert_eq!(
        (&told["imported"], &told["missing"]),
        (&json!(3), &json!([])),
        "{told:#}"
    );
    assert_eq!(
        listed(authority),
        [
            row(["-", "root", "valid", "-"]),
            row(["alice", "client", "valid", "-"]),
            row(["bob", "client", "revoked", "affiliationChanged"]),
            row(["vpn.example.org", "server", "valid", "-"]),
        ]
    );
    // easy-rsa does not mark basicConstraints critical: not strict, and accepted everywhere.
    assert_it_goes_on(authority, &authority.path("pki/ca.crt"), false)?;
    let alice = ["pki/issued/alice.crt", "pki/private/alice.key"].map(|file| authority.path(file));
    let bob = ["bob.crt", "bob.key"].map(|file| authority.path(file));
    let old = |[certificate, key]: [std::path::PathBuf; 2]| credentials(certificate, key, None);
    assert_login(authority, &old(alice), None)?;
    assert_login(authority, &old(bob), Some("revoked"))
}

#[test]
fn a_ca_of_mkcert_goes_on_and_its_root_still_issues_itself() {
    let authority = Authority::none();
    let _ = by_mkcert(&authority);
}

fn by_mkcert(authority: &Authority) -> Option<()> {
    let program = tool("mkcert")?;
    let run = |words: &[&str]| {
        let mut command = hermetic(&program, authority.home());
        command.args(words).env("CAROOT", authority.path("caroot"));
        finish(&mut command).ok()
    };
    fs::create_dir(authority.path("caroot")).unwrap();
    let mail = [
        "-client",
        "-cert-file",
        "issued/alice.pem",
        "-key-file",
        "alice.key",
        "alice@example.org",
    ];
    let phone = [
        "-client",
        "-ecdsa",
        "-cert-file",
        "issued/phone.pem",
        "-key-file",
        "phone.key",
        "phone.example.org",
    ];
    let server = [
        "-cert-file",
        "issued/web.pem",
        "-key-file",
        "web.key",
        "localhost",
        "127.0.0.1",
    ];
    fs::create_dir(authority.path("issued")).unwrap();
    for words in [&mail[..], &phone, &server] {
        run(words);
    }
    let words = [
        "--cert",
        "caroot/rootCA.pem",
        "--key",
        "caroot/rootCA-key.pem",
    ];
    let said = import_ca(authority, &words).ok().err();
    // mkcert's root may sign certificates only.
    assert!(said.contains("may not sign CRLs"), "{said}");
    let told = authority.json(&["import", "caroot", "issued", "--profile", "client"]);
    assert_eq!(
        (&told["imported"], &told["known"]),
        (&json!(3), &json!(1)),
        "{told:#}"
    );
    assert_eq!(
        listed(authority),
        [
            row(["-", "root", "valid", "-"]),
            row(["alice@example.org", "client", "valid", "-"]),
            row(["localhost", "server", "valid", "-"]),
            row(["phone.example.org", "client", "valid", "-"]),
        ]
    );
    // mkcert gives no commonName and pathLenConstraint 0; neither matters.
    assert_it_goes_on(authority, &authority.path("caroot/rootCA.pem"), true)?;
    for (certificate, key) in [
        ("issued/alice.pem", "alice.key"),
        ("issued/phone.pem", "phone.key"),
    ] {
        let old = credentials(authority.path(certificate), authority.path(key), None);
        assert_login(authority, &old, None)?;
    }
    Some(())
}

/// `cfssl … | cfssljson -bare STEM`.
#[track_caller]
fn cfssl(authority: &Authority, words: &[&str], request: &Value, stem: &str) -> Option<()> {
    let mut cfssl = hermetic(tool("cfssl")?, authority.home());
    cfssl.args(words).arg("-");
    let made = finish_with_input(&mut cfssl, Some(request.to_string().as_bytes())).ok();
    let mut split: Command = hermetic(tool("cfssljson")?, authority.home());
    split.args(["-bare", stem]);
    finish_with_input(&mut split, Some(&made.stdout)).ok();
    Some(())
}

#[test]
fn a_ca_of_cfssl_goes_on_with_and_without_an_intermediate() {
    for (algorithm, size) in [("ecdsa", 256), ("ecdsa", 384), ("rsa", 2048)] {
        let authority = Authority::none();
        let _ = by_cfssl(&authority, &json!({"algo": algorithm, "size": size}));
    }
}

fn by_cfssl(authority: &Authority, key: &Value) -> Option<()> {
    let names = json!([{"O": "Example", "OU": "One"}, {"O": "Example", "OU": "Two"}]);
    let ca = |name: &str| json!({"CN": name, "key": key, "names": names});
    let usages = json!(["signing", "digital signature", "client auth"]);
    let authority_usages = json!(["cert sign", "crl sign"]);
    let profiles = json!({"signing": {"profiles": {
        "ca": {"expiry": "43800h", "usages": authority_usages, "ca_constraint": {"is_ca": true, "max_path_len_zero": true}},
        "client": {"expiry": "8760h", "usages": usages},
    }}});
    write(authority, "config.json", &profiles.to_string());
    cfssl(authority, &["gencert", "-initca"], &ca("Root"), "root")?;
    let sign = |issuer: &str, profile: &str, request: &Value, stem: &str| {
        let (cert, key) = (
            format!("-ca={issuer}.pem"),
            format!("-ca-key={issuer}-key.pem"),
        );
        let profile = format!("-profile={profile}");
        let words = ["gencert", &cert, &key, "-config=config.json", &profile];
        cfssl(authority, &words, request, stem)
    };
    sign("root", "ca", &ca("Below"), "below")?;
    let client =
        |name: &str| json!({"CN": name, "key": {"algo": "ecdsa", "size": 256}, "names": []});
    sign("root", "client", &client("alice"), "alice")?;
    sign("below", "client", &client("bob"), "bob")?;

    for (issuer, chain, old) in [
        ("root", &[][..], "alice"),
        ("below", &["--chain", "root.pem"], "bob"),
    ] {
        let data = authority.path("ca-data");
        if data.exists() {
            fs::remove_dir_all(&data).unwrap();
        }
        let (cert, key) = (format!("{issuer}.pem"), format!("{issuer}-key.pem"));
        import_ca(
            authority,
            &[&["--cert", &cert, "--key", &key], chain].concat(),
        )
        .ok();
        let certificate = format!("{old}.pem");
        authority.pki(&["import", &certificate]).ok();
        assert_it_goes_on(authority, &authority.path("root.pem"), true)?;
        let key = authority.path(&format!("{old}-key.pem"));
        assert_login(
            authority,
            &credentials(authority.path(&certificate), key, None),
            None,
        )?;
    }
    Some(())
}
