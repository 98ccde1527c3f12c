//! Private keys in every form in which a CA's key is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{KEY_PASSPHRASE, import_ca};
use crate::support::{Authority, PASSPHRASE, finish, path_text};

/// A CA of this kind of key in `ca.pem` and `ca.key`, PKCS#8 without encryption.
#[track_caller]
fn plain(authority: &Authority, kind: &[&str]) -> Option<()> {
    let words = [
        "req",
        "-x509",
        "-noenc",
        "-days",
        "3650",
        "-subj",
        "/CN=Example",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ];
    authority.openssl(&[&words[..], kind].concat())?.ok();
    Some(())
}

#[test]
fn a_key_is_read_in_every_form_that_openssl_writes() {
    let authority = Authority::none();
    let _ = every_form(&authority);
}

fn every_form(authority: &Authority) -> Option<()> {
    let password = format!("pass:{KEY_PASSPHRASE}");
    let encrypt = |more: &[&str]| {
        let words = [
            "pkcs8",
            "-topk8",
            "-in",
            "ca.key",
            "-out",
            "converted.key",
            "-passout",
            &password,
        ];
        authority.openssl(&[&words[..], more].concat()).map(drop)
    };
    let traditional = |program: &str, more: &[&str]| {
        let words = [
            program,
            "-in",
            "ca.key",
            "-out",
            "converted.key",
            "-passout",
            &password,
        ];
        authority.openssl(&[&words[..], more].concat()).map(drop)
    };
    let rsa = ["-newkey", "rsa:2048"];
    let p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let p384 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let mut number = 0;
    for (kind, program) in [
        (&rsa[..], "rsa"),
        (&p256, "ec"),
        (&p384, "ec"),
        (&["-newkey", "ed25519"], ""),
    ] {
        plain(authority, kind)?;
        let mut take = |label: &str| {
            number += 1;
            let data = format!("data-{number}");
            let key = if label.is_empty() {
                "ca.key"
            } else {
                "converted.key"
            };
            let words = [
                "--cert",
                "ca.pem",
                "--key",
                key,
                "--ca-data",
                &data,
                "--no-passphrase",
            ];
            let made = import_ca(authority, &words);
            assert_eq!(made.code, Some(0), "{kind:?} {label}: {}", made.said());
        };
        take("");
        for form in [
            &["-v2", "aes-256-cbc"][..],
            // easy-rsa and OpenSSL 1.0 wrote this.
            &["-v2", "des3", "-v2prf", "hmacWithSHA1"],
            &["-scrypt", "-scrypt_N", "1024"],
            &["-v1", "PBE-SHA1-3DES"],
        ] {
            encrypt(form)?;
            take(&form.join(" "));
        }
        if program.is_empty() {
            continue;
        }
        let old = if program == "rsa" {
            &["-traditional"][..]
        } else {
            &[]
        };
        for form in [&[][..], &["-aes256"], &["-aes128"], &["-des3"]] {
            traditional(program, &[old, form].concat())?;
            take(&format!("{program} {}", form.join(" ")));
        }
    }
    Some(())
}

#[test]
fn an_encryption_that_is_not_read_is_refused_with_the_command_that_converts_it() {
    let authority = Authority::none();
    let _ = single_des(&authority);
}

fn single_des(authority: &Authority) -> Option<()> {
    plain(authority, &["-newkey", "rsa:2048"])?;
    let (mut key, password) = (
        std::fs::read_to_string(authority.path("ca.key")).ok()?,
        format!("pass:{KEY_PASSPHRASE}"),
    );
    let words = [
        "rsa",
        "-traditional",
        "-aes128",
        "-in",
        "ca.key",
        "-passout",
        &password,
    ];
    key.clear();
    key.push_str(&authority.openssl(&words)?.ok().out());
    // OpenSSL 3 writes none without its legacy provider.
    std::fs::write(
        authority.path("ca.key"),
        key.replace("AES-128-CBC", "DES-CBC"),
    )
    .unwrap();
    let words = ["--cert", "ca.pem", "--key", "ca.key", "--json"];
    let refused = import_ca(authority, &words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "malformed", "{refused:#}");
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("openssl pkcs8 -topk8"), "{hint}");
    Some(())
}

#[test]
fn the_keys_passphrase_comes_from_a_file_or_the_environment_and_is_never_told() {
    let authority = Authority::none();
    let _ = passphrases(&authority);
}

fn passphrases(authority: &Authority) -> Option<()> {
    plain(
        authority,
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    )?;
    let password = format!("pass:{KEY_PASSPHRASE}");
    authority
        .openssl(&[
            "ec", "-aes256", "-in", "ca.key", "-out", "step.key", "-passout", &password,
        ])?
        .ok();
    let words = [
        "import-ca",
        "--cert",
        "ca.pem",
        "--key",
        "step.key",
        "--json",
    ];
    // Without a terminal there is nobody to ask, and the refusal names what would do.
    let refused = authority.pki(&words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "passphrase-required");
    let hint = refused["error"]["hint"].as_str().unwrap();
    for word in ["--key-passphrase-file", "PKI_KEY_PASSPHRASE", "terminal"] {
        assert!(hint.contains(word), "{hint}");
    }
    // The CA's own passphrase does not open it.
    let mut wrong = authority.command(&words);
    let refused = finish(wrong.env("PKI_KEY_PASSPHRASE", PASSPHRASE))
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], "wrong-passphrase");
    assert!(!authority.data().exists());

    std::fs::write(authority.path("old"), format!("{KEY_PASSPHRASE}\n")).unwrap();
    let made = authority
        .pki(&[&words[..], &["--key-passphrase-file", "old"]].concat())
        .ok();
    assert!(!made.said().contains(KEY_PASSPHRASE));
    // From now on the key has the CA's own passphrase.
    let key = authority.issuing_key();
    let opened = |password: &str| {
        let words = [
            "pkey",
            "-noout",
            "-in",
            path_text(&key),
            "-passin",
            password,
        ];
        authority
            .openssl(&words)
            .map(|finished| finished.code == Some(0))
    };
    assert!(opened("env:PASSPHRASE")?);
    assert!(!opened(&password)?);
    authority.pki(&["issue-client", "zoe"]).ok();
    Some(())
}

#[test]
fn a_key_that_others_may_read_is_told_of_with_the_command_that_mends_it() {
    let authority = Authority::none();
    let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    if plain(&authority, &kind).is_none() {
        return;
    }
    for (mode, place) in [(0o640, "wide"), (0o600, "narrow")] {
        let key = authority.path("ca.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let words = ["--cert", "ca.pem", "--key", "ca.key", "--ca-data", place];
        let said = import_ca(&authority, &words).ok().err();
        assert_eq!(
            said.contains("run chmod 600 ca.key"),
            mode != 0o600,
            "{said}"
        );
    }
}
