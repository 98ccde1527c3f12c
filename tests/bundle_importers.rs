//! Bundles against the programs that people import them with: what we write they take, what they write we open.
//!
//! Needs the Debian packages openssl, libnss3-tools, gnutls-bin and openjdk-17-jre-headless. A missing program is a failing test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bundle_programs;

use bundle_programs::{Authority, Kind, Scratch};
use pki::bundle::{self, Form};
use pki::secret::Secret;

const FORMS: [Form; 2] = [Form::Aes256Sha256, Form::TripleDesSha1];
const KINDS: [Kind; 3] = [Kind::P256, Kind::P384, Kind::Rsa2048];

/// The kinds of password that bundles are written under: drawn, chosen, not ASCII, empty.
fn passwords() -> [Secret; 4] {
    [
        Secret::generate().unwrap(),
        Secret::chosen("correct horse battery staple"),
        Secret::chosen("Grüße, 世界 🔑"),
        Secret::chosen(""),
    ]
}

/// Runs `check` on a bundle of every form, key and password that `passwords` holds.
fn each(passwords: &[Secret], check: impl Fn(&Scratch, &bundle::Identity, &Secret, Form)) {
    for kind in KINDS {
        let identity = Authority::new().identity(kind, "alice");
        for form in FORMS {
            for password in passwords {
                let scratch = Scratch::new(password);
                let file = bundle::write(&identity, password, form).unwrap();
                scratch.write("alice.p12", &file);
                check(&scratch, &identity, password, form);
            }
        }
    }
}

#[test]
fn openssl_opens_every_form_key_and_password() {
    each(&passwords(), |scratch, identity, _, form| {
        let mut arguments = vec!["pkcs12", "-in", "alice.p12", "-passin", "file:password"];
        if form == Form::TripleDesSha1 {
            arguments.push("-legacy");
        }
        let key = scratch.openssl(&[&arguments[..], &["-nocerts", "-noenc"]].concat());
        scratch.write("key.pem", key.as_bytes());
        assert_eq!(
            scratch.openssl_pkcs8_der("key.pem"),
            *identity.private_key,
            "{form:?}"
        );
        let end_entity = scratch.openssl(&[&arguments[..], &["-nokeys", "-clcerts"]].concat());
        assert_eq!(end_entity.matches("BEGIN CERTIFICATE").count(), 1);
        assert!(
            end_entity.contains("friendlyName: alice"),
            "{form:?}: {end_entity}"
        );
        let above = scratch.openssl(&[&arguments[..], &["-nokeys", "-cacerts"]].concat());
        assert_eq!(above.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(!above.contains("friendlyName"));
    });
}

#[test]
fn openssl_sees_the_algorithms_that_the_form_promises() {
    for (form, password, expected) in [
        (
            Form::Aes256Sha256,
            Secret::chosen("a"),
            [
                "MAC: sha256, Iteration 250000",
                "PBES2, PBKDF2, AES-256-CBC, Iteration 250000, PRF hmacWithSHA256",
            ],
        ),
        (
            Form::TripleDesSha1,
            Secret::generate().unwrap(),
            [
                "MAC: sha1, Iteration 2048",
                "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048",
            ],
        ),
    ] {
        let scratch = Scratch::new(&password);
        let identity = Authority::new().identity(Kind::P256, "alice");
        scratch.write(
            "alice.p12",
            &bundle::write(&identity, &password, form).unwrap(),
        );
        let info = scratch.openssl_info(&[
            "pkcs12",
            "-in",
            "alice.p12",
            "-passin",
            "file:password",
            "-info",
            "-noout",
            "-legacy",
        ]);
        for line in expected {
            assert!(info.contains(line), "{info}");
        }
        assert!(!info.contains("RC2"));
    }
}

#[test]
fn nss_imports_every_form_key_and_password_under_the_friendly_name() {
    each(&passwords(), |scratch, _, _, form| {
        scratch.nss_import("alice.p12");
        let keys = scratch.nss(&["certutil", "-K", "-d", "sql:nss"]);
        assert!(keys.contains("alice"), "{form:?}: {keys}");
        let certificates = scratch.nss(&["certutil", "-L", "-d", "sql:nss"]);
        assert!(
            certificates
                .lines()
                .any(|line| line.starts_with("alice ") && line.contains("u,u,u")),
            "{form:?}: {certificates}"
        );
        // The end entity, the issuing CA and the root, each under a name of its own.
        assert_eq!(
            certificates
                .lines()
                .filter(|line| line.contains(",,") || line.contains("u,u,u"))
                .count(),
            3,
            "{certificates}"
        );
    });
}

#[test]
fn nss_imports_a_bundle_with_an_emoji_name() {
    let password = Secret::generate().unwrap();
    let identity = Authority::new().identity(Kind::P256, "Zoë 🦊");
    for form in FORMS {
        let scratch = Scratch::new(&password);
        scratch.write(
            "zoe.p12",
            &bundle::write(&identity, &password, form).unwrap(),
        );
        scratch.nss_import("zoe.p12");
        let certificates = scratch.nss(&["certutil", "-L", "-d", "sql:nss"]);
        assert!(certificates.contains("Zoë 🦊"), "{certificates}");
    }
}

#[test]
fn java_lists_the_key_with_its_whole_chain_in_both_forms() {
    // Java 17 refuses a password outside ASCII, and keytool every one under six characters.
    let passwords = &passwords()[..2];
    each(passwords, |scratch, _, _, form| {
        let listed = scratch.java(&[
            "keytool",
            "-list",
            "-v",
            "-storetype",
            "PKCS12",
            "-keystore",
            "alice.p12",
            "-storepass:file",
            "password",
        ]);
        assert!(listed.contains("Alias name: alice"), "{form:?}: {listed}");
        assert!(listed.contains("Entry type: PrivateKeyEntry"), "{listed}");
        assert!(listed.contains("Certificate chain length: 3"), "{listed}");
    });
}

#[test]
fn java_cannot_take_a_password_outside_ascii() {
    let password = Secret::chosen("Grüße, 世界");
    let scratch = Scratch::new(&password);
    let identity = Authority::new().identity(Kind::P256, "alice");
    scratch.write(
        "alice.p12",
        &bundle::write(&identity, &password, Form::Aes256Sha256).unwrap(),
    );
    let said = scratch.refused(&[
        "keytool",
        "-list",
        "-storetype",
        "PKCS12",
        "-keystore",
        "alice.p12",
        "-storepass:file",
        "password",
    ]);
    assert!(said.contains("keytool error"), "{said}");
}

#[test]
fn gnutls_extracts_the_same_key_from_every_form_key_and_password() {
    each(&passwords(), |scratch, identity, password, form| {
        let found = scratch.certtool_bundle("alice.p12", password);
        assert_eq!(found.matches("BEGIN CERTIFICATE").count(), 3, "{found}");
        assert!(found.contains("Friendly name: alice"), "{found}");
        let key = scratch.certtool_key(&found, password);
        assert!(
            identity
                .private_key
                .windows(key.len())
                .any(|part| part == key),
            "{form:?}: {found}"
        );
    });
}
