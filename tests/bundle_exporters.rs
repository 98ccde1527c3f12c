//! Bundles that other programs wrote, in every way they can, opened by us: the key, the certificate and the chain come out.
//!
//! Needs the Debian packages openssl, libnss3-tools, gnutls-bin and openjdk-17-jre-headless. A missing program is a failing test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bundle_programs;

use std::io::Write;
use std::process::{Command, Stdio};

use bundle_programs::{Authority, Kind, Scratch};
use pki::bundle::{self, Anatomy, Content, Form, Identity, Part, PasswordForm};
use pki::error::ErrorKind;
use pki::secret::Secret;

const PASSWORDS: [&str; 3] = ["correct horse", "Grüße, 世界 🔑", ""];

/// Opens `name` and compares what it holds with what went in, the key as OpenSSL understands it.
fn assert_opens(scratch: &Scratch, name: &str, password: &Secret, identity: &Identity, how: &str) {
    let file = scratch.read(name);
    let opened = bundle::open(&file, password).unwrap_or_else(|error| panic!("{how}: {error}"));
    assert_eq!(opened.identities.len(), 1, "{how}: {opened:?}");
    let found = &opened.identities[0];
    scratch.write("found.der", &found.private_key);
    scratch.write("original.der", &identity.private_key);
    let text = |file| scratch.openssl(&["pkey", "-inform", "DER", "-noout", "-text", "-in", file]);
    assert_eq!(text("found.der"), text("original.der"), "{how}");
    assert_eq!(found.certificate, identity.certificate, "{how}");
    assert_eq!(found.chain, identity.chain, "{how}");
    assert_eq!(found.friendly_name, identity.friendly_name, "{how}");
    assert!(opened.other_certificates.is_empty(), "{how}: {opened:?}");
}

/// The parts as PEM files: `key.pem`, `certificate.pem` and `chain.pem`.
fn write_parts(scratch: &Scratch, identity: &Identity) {
    let key = pem::encode(&pem::Pem::new("PRIVATE KEY", identity.private_key.to_vec()));
    scratch.write("key.pem", key.as_bytes());
    let certificate = bundle::pem::certificates([&identity.certificate]);
    scratch.write("certificate.pem", certificate.as_bytes());
    let chain = bundle::pem::certificates(&identity.chain);
    scratch.write("chain.pem", chain.as_bytes());
}

fn openssl_export(scratch: &Scratch, options: &str) {
    let mut command = vec![
        "pkcs12",
        "-export",
        "-inkey",
        "key.pem",
        "-in",
        "certificate.pem",
        "-certfile",
        "chain.pem",
        "-name",
        "alice",
        "-passout",
        "file:password",
        "-out",
        "made.p12",
    ];
    command.extend(options.split_whitespace());
    scratch.openssl(&command);
}

#[test]
fn what_openssl_writes_with_every_algorithm_opens() {
    for kind in [Kind::P256, Kind::Rsa2048] {
        let identity = Authority::new().identity(kind, "alice");
        for password in PASSWORDS.map(Secret::chosen) {
            let scratch = Scratch::new(&password);
            write_parts(&scratch, &identity);
            for options in [
                "",
                "-legacy",
                "-legacy -descert",
                "-descert",
                "-nomac",
                "-nomaciter -noiter",
                "-keypbe NONE -certpbe NONE",
                "-keypbe NONE -certpbe NONE -nomac",
                "-keypbe aes-128-cbc -certpbe aes-192-cbc",
                "-keypbe des-ede3-cbc -certpbe des-ede3-cbc -macalg sha1",
                "-legacy -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-RC2-128",
                "-legacy -keypbe PBE-SHA1-RC2-40 -certpbe PBE-SHA1-RC2-40",
                "-macalg sha224",
                "-macalg sha384",
                "-macalg sha512",
            ] {
                openssl_export(&scratch, options);
                assert_opens(&scratch, "made.p12", &password, &identity, options);
                if !options.contains("-nomac") {
                    let wrong = bundle::open(&scratch.read("made.p12"), &Secret::chosen("wrong"));
                    assert_eq!(
                        wrong.unwrap_err().kind(),
                        ErrorKind::WrongPassphrase,
                        "{options}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_openssl_writes_with_two_passwords_is_told_so_under_either() {
    let identity = Authority::new().identity(Kind::P256, "alice");
    let [integrity, privacy] = ["integrity", "privacy"].map(Secret::chosen);
    let scratch = Scratch::new(&integrity);
    write_parts(&scratch, &identity);
    // It asks at the terminal, and where there is none reads what is piped to it.
    let mut openssl = Command::new("setsid")
        .args("--wait openssl pkcs12 -export -twopass -inkey key.pem -in certificate.pem -out made.p12".split(' '))
        .current_dir(scratch.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let answers = b"integrity\nintegrity\nprivacy\nprivacy\n";
    openssl.stdin.take().unwrap().write_all(answers).unwrap();
    assert!(openssl.wait().unwrap().success());
    let file = scratch.read("made.p12");
    for (password, kind) in [
        // The MAC fits, so that nothing is damaged.
        (integrity, ErrorKind::WrongPassphrase),
        (privacy, ErrorKind::Malformed),
    ] {
        let refusal = bundle::open(&file, &password).unwrap_err();
        assert_eq!(refusal.kind(), kind);
        assert!(refusal.message().contains("two passwords"), "{refusal}");
    }
}

/// Exports from NSS, with the options that pk12util is given, and opens what comes out.
fn nss_export_opens(kind: Kind, password: &str, ways: &[&[&str]]) {
    let password = Secret::chosen(password);
    let identity = Authority::new().identity(kind, "alice");
    let scratch = Scratch::new(&password);
    let file = bundle::write(&identity, &password, Form::Aes256Sha256).unwrap();
    scratch.write("alice.p12", &file);
    scratch.nss_import("alice.p12");
    for options in ways {
        let command = ["pk12util", "-o", "made.p12", "-n", "alice", "-d", "sql:nss"];
        let command = [&command[..], &["-w", "password"], options].concat();
        scratch.nss(&command);
        let how = format!("{options:?}");
        assert_opens(&scratch, "made.p12", &password, &identity, &how);
    }
}

#[test]
fn what_nss_exports_opens_whatever_the_password() {
    for (kind, password) in [Kind::P256, Kind::P384, Kind::Rsa2048]
        .into_iter()
        .zip(PASSWORDS)
    {
        nss_export_opens(kind, password, &[&[]]);
    }
}

#[test]
fn what_nss_exports_opens_whatever_the_cipher() {
    const THREE_KEYS: &str = "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC";
    const RC2_40: &str = "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC";
    const RC2_128: &str = "PKCS #12 V2 PBE With SHA-1 And 128 Bit RC2 CBC";
    let ways: &[&[&str]] = &[
        &["-c", "AES-256-CBC", "-C", "AES-128-CBC"],
        &["-c", "AES-192-CBC", "-C", "AES-256-CBC", "-M", "SHA-512"],
        &["-c", THREE_KEYS, "-C", RC2_40, "-M", "SHA-1"],
        &["-c", THREE_KEYS, "-C", RC2_128],
        &["-C", "none"],
    ];
    nss_export_opens(Kind::P256, "correct horse", ways);
}

#[test]
fn what_java_writes_opens_in_its_new_and_its_old_form() {
    let password = Secret::chosen("correct horse");
    for kind in [Kind::P256, Kind::Rsa2048] {
        let identity = Authority::new().identity(kind, "alice");
        let scratch = Scratch::new(&password);
        let file = bundle::write(&identity, &password, Form::Aes256Sha256).unwrap();
        scratch.write("alice.p12", &file);
        for (name, options) in [
            ("new.p12", &[][..]),
            ("old.p12", &["-J-Dkeystore.pkcs12.legacy"]),
            (
                "nomac.p12",
                &[
                    "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
                    "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
                ],
            ),
        ] {
            let command = [
                &["keytool", "-importkeystore", "-noprompt"][..],
                &["-srckeystore", "alice.p12", "-srcstoretype", "PKCS12"],
                &["-srcstorepass:file", "password"],
                &["-destkeystore", name, "-deststoretype", "PKCS12"],
                &["-deststorepass:file", "password"],
                options,
            ];
            scratch.java(&command.concat());
            assert_opens(&scratch, name, &password, &identity, name);
        }
    }
}

/// Writes `made.p12` with GnuTLS.
fn gnutls_export(scratch: &Scratch, password: &str, cipher: &str) {
    let all = [scratch.read("certificate.pem"), scratch.read("chain.pem")].concat();
    scratch.write("all.pem", &all);
    let command = [
        &["--to-p12", "--outder", "--p12-name=alice"][..],
        &["--load-privkey", "key.pem", "--load-certificate", "all.pem"],
        &["--pkcs-cipher", cipher, "--outfile", "made.p12", password],
    ];
    scratch.succeeds("certtool", &command.concat());
}

#[test]
fn what_gnutls_writes_opens_whatever_the_cipher() {
    let password = Secret::chosen("correct horse");
    let identity = Authority::new().identity(Kind::Rsa2048, "alice");
    let scratch = Scratch::new(&password);
    write_parts(&scratch, &identity);
    for cipher in [
        "aes-256",
        "aes-192",
        "aes-128",
        "3des",
        "3des-pkcs12",
        "rc2-40",
    ] {
        gnutls_export(&scratch, "--password=correct horse", cipher);
        assert_opens(&scratch, "made.p12", &password, &identity, cipher);
    }
}

#[test]
fn rc4_is_refused_by_its_object_identifier() {
    let password = Secret::chosen("a");
    let scratch = Scratch::new(&password);
    write_parts(&scratch, &Authority::new().identity(Kind::P256, "alice"));
    gnutls_export(&scratch, "--password=a", "arcfour");
    let refusal = bundle::open(&scratch.read("made.p12"), &password).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Malformed);
    assert!(
        refusal.message().contains("1.2.840.113549.1.12.1.1"),
        "{refusal}"
    );
}

#[test]
fn what_gnutls_writes_opens_whatever_the_password() {
    let identity = Authority::new().identity(Kind::P256, "alice");
    for (text, option, form) in [
        (
            "Grüße, 世界 🔑",
            "--password=Grüße, 世界 🔑",
            PasswordForm::Standard,
        ),
        ("", "--empty-password", PasswordForm::Standard),
        ("", "--null-password", PasswordForm::Absent),
    ] {
        let password = Secret::chosen(text);
        let scratch = Scratch::new(&password);
        write_parts(&scratch, &identity);
        gnutls_export(&scratch, option, "aes-256");
        assert_opens(&scratch, "made.p12", &password, &identity, option);
        let anatomy = Anatomy::read(&scratch.read("made.p12")).unwrap();
        assert_eq!(anatomy.unlock(&password).unwrap().password_form, form);
    }
}

#[test]
fn several_keys_in_a_java_keystore_each_get_their_own_certificate() {
    let password = Secret::chosen("correct horse");
    let scratch = Scratch::new(&password);
    let authority = Authority::new();
    let people = ["alice", "bob", "carol"].map(|name| authority.identity(Kind::P256, name));
    for person in &people {
        let file = bundle::write(person, &password, Form::Aes256Sha256).unwrap();
        scratch.write("one.p12", &file);
        scratch.java(&[
            "keytool",
            "-importkeystore",
            "-noprompt",
            "-srckeystore",
            "one.p12",
            "-srcstorepass:file",
            "password",
            "-destkeystore",
            "all.p12",
            "-deststoretype",
            "PKCS12",
            "-deststorepass:file",
            "password",
        ]);
    }
    let opened = bundle::open(&scratch.read("all.p12"), &password).unwrap();
    assert_eq!(opened.identities.len(), 3);
    for person in &people {
        let found = opened
            .identities
            .iter()
            .find(|found| found.friendly_name == person.friendly_name)
            .unwrap();
        assert_eq!(found.private_key, person.private_key);
        assert_eq!(found.certificate, person.certificate);
        assert_eq!(found.chain, person.chain);
    }
}

#[test]
fn a_truststore_of_java_holds_certificates_only() {
    let password = Secret::chosen("correct horse");
    let scratch = Scratch::new(&password);
    let identity = Authority::new().identity(Kind::P256, "alice");
    write_parts(&scratch, &identity);
    scratch.java(&[
        "keytool",
        "-importcert",
        "-noprompt",
        "-file",
        "certificate.pem",
        "-alias",
        "it",
        "-keystore",
        "trust.p12",
        "-storetype",
        "PKCS12",
        "-storepass:file",
        "password",
    ]);
    let opened = bundle::open(&scratch.read("trust.p12"), &password).unwrap();
    assert!(opened.identities.is_empty());
    let [anchor] = &opened.other_certificates[..] else {
        panic!("{opened:?}");
    };
    assert_eq!(anchor.der, identity.certificate);
    assert_eq!(anchor.friendly_name.as_deref(), Some("it"));
    // Oracle's trustedKeyUsage.
    assert_eq!(anchor.attributes.len(), 1);
}

#[test]
fn an_unencrypted_key_is_seen_without_the_password() {
    let password = Secret::chosen("a");
    let scratch = Scratch::new(&password);
    write_parts(&scratch, &Authority::new().identity(Kind::P256, "alice"));
    openssl_export(&scratch, "-keypbe NONE -certpbe NONE");
    let anatomy = Anatomy::read(&scratch.read("made.p12")).unwrap();
    let open = anatomy.parts.iter().any(|part| match part {
        Part::Plain(bags) => bags
            .iter()
            .any(|bag| matches!(bag.content, Content::PrivateKey(_))),
        Part::Encrypted(_) => false,
    });
    assert!(open, "{anatomy:?}");
}
