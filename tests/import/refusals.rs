//! What could not be continued correctly is refused with a reason, and leaves nothing behind.

use std::fs;

use super::import_ca;
use super::openssl::Openssl;
use crate::support::{Authority, Tree};

/// A self-signed CA of openssl in `STEM.pem` and `STEM.key`.
#[track_caller]
fn root(authority: &Authority, stem: &str, more: &[&str]) -> Option<()> {
    let (certificate, key, subject) = (
        format!("{stem}.pem"),
        format!("{stem}.key"),
        format!("/CN={stem}"),
    );
    let words = [
        "req",
        "-x509",
        "-noenc",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ];
    let subject = ["-subj", subject.as_str()];
    let subject = if more.contains(&"-subj") {
        &[][..]
    } else {
        &subject
    };
    authority
        .openssl(&[&words[..], subject, more].concat())?
        .ok();
    Some(())
}

/// Runs `import-ca`, which must refuse for this reason and change nothing.
#[track_caller]
fn assert_refused(authority: &Authority, words: &[&str], kind: &str, reason: &str) {
    let before = Tree::of(authority.home());
    let refused = import_ca(authority, &[words, &["--json"]].concat())
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], kind, "{words:?}: {refused:#}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains(reason), "{words:?}: {message}");
    assert!(refused["error"]["hint"].is_string(), "{refused:#}");
    before.assert_unchanged(authority.home(), &format!("{words:?}"));
}

#[test]
fn a_ca_that_could_not_be_continued_is_refused_and_nothing_is_left_behind() {
    let authority = Authority::none();
    let _ = unfit(&authority);
}

fn unfit(authority: &Authority) -> Option<()> {
    let p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let with = |extension: &'static str| [&p256[..], &["-addext", extension]].concat();
    for (stem, options, reason) in [
        ("rsa-1024", ["-newkey", "rsa:1024"].to_vec(), "1024 bits"),
        (
            "p521",
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"].to_vec(),
            "p521",
        ),
        (
            "koblitz",
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"].to_vec(),
            "no usable key",
        ),
        (
            "leaf",
            with("basicConstraints=critical,CA:FALSE"),
            "not a CA",
        ),
        (
            "signer",
            with("keyUsage=critical,digitalSignature"),
            "keyUsage",
        ),
        (
            "nameless",
            with("subjectKeyIdentifier=none"),
            "subjectKeyIdentifier",
        ),
        (
            "directory",
            with("nameConstraints=critical,permitted;dirName:place"),
            "name constraints",
        ),
        ("strange", with("1.2.3.4=critical,DER:0500"), "1.2.3.4"),
        (
            "policies",
            with("policyConstraints=critical,requireExplicitPolicy:0"),
            "policyConstraints",
        ),
        (
            "web",
            with("extendedKeyUsage=serverAuth"),
            "client authentication",
        ),
        ("anonymous", [&p256[..], &["-subj", "/"]].concat(), "empty"),
    ] {
        if stem == "directory" || stem == "leaf" || stem == "nameless" {
            configured(authority, stem, options.last()?)?;
        } else {
            root(authority, stem, &options)?;
        }
        let (cert, key) = (format!("{stem}.pem"), format!("{stem}.key"));
        assert_refused(
            authority,
            &["--cert", &cert, "--key", &key],
            "not-permitted",
            reason,
        );
    }
    Some(())
}

/// A self-signed certificate whose extensions are these alone, which `-addext` cannot bring about.
#[track_caller]
fn configured(authority: &Authority, stem: &str, extension: &str) -> Option<()> {
    let mut extensions = vec![
        "basicConstraints=critical,CA:TRUE",
        "subjectKeyIdentifier=hash",
    ];
    let kind = extension.split('=').next()?;
    extensions.retain(|known| !known.starts_with(kind));
    extensions.push(extension);
    let configuration = format!(
        "[req]\ndistinguished_name=dn\n[dn]\n[place]\nC=DE\n[own]\n{}\n",
        extensions.join("\n")
    );
    fs::write(authority.path("own.cnf"), configuration).unwrap();
    let own = [
        "-config",
        "own.cnf",
        "-extensions",
        "own",
        "-newkey",
        "rsa:2048",
    ];
    root(authority, stem, &own)
}

#[test]
fn a_key_a_chain_or_a_time_that_does_not_fit_is_refused() {
    let authority = Authority::none();
    let _ = ill_fitting(&authority);
}

fn ill_fitting(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Top"])?;
    openssl.root("namesake", &["-subj", "/CN=Top"])?;
    openssl
        .root(
            "short",
            &[
                "-subj",
                "/CN=Short",
                "-addext",
                "basicConstraints=critical,CA:TRUE,pathlen:0",
            ],
        )
        .or(Some(()))?;
    openssl.issue("ca", "below", "intermediate", &[])?;
    openssl.issue("ca", "alice", "client", &[])?;
    let below = ["--cert", "ca/below.pem", "--key", "ca/below.key"];
    let refused = |words: &[&str], reason: &str| {
        assert_refused(authority, words, "not-permitted", reason);
    };
    refused(
        &["--cert", "ca/ca.pem", "--key", "namesake/ca.key"],
        "the private key is not that of",
    );
    refused(
        &["--cert", "ca/alice.pem", "--key", "ca/alice.key"],
        "not a CA",
    );
    refused(&below, "which was not given");
    refused(
        &[&below[..], &["--chain", "ca/alice.pem"]].concat(),
        "which was not given",
    );
    refused(
        &[&below[..], &["--chain", "namesake/ca.pem"]].concat(),
        "is not signed with the key",
    );
    assert_refused(
        authority,
        &["--cert", "ca/ca.key", "--key", "ca/ca.key"],
        "malformed",
        "no certificate",
    );
    assert_refused(
        authority,
        &["--cert", "ca/ca.pem", "--key", "ca/ca.pem"],
        "malformed",
        "no private key",
    );
    assert_refused(
        authority,
        &["--cert", "ca/none.pem", "--key", "ca/ca.key"],
        "not-found",
        "ca/none.pem",
    );
    let index = [
        "--cert",
        "ca/ca.pem",
        "--key",
        "ca/ca.key",
        "--index",
        "ca/openssl.cnf",
    ];
    assert_refused(authority, &index, "malformed", "line 2 of the index");

    // Its time is over, or has not come.
    let words = [
        "import-ca",
        "--cert",
        "ca/ca.pem",
        "--key",
        "ca/ca.key",
        "--json",
    ];
    for offset in ["+5000d", "-30d"] {
        let refused = authority.pki_at(offset, &words)?.exits(1).json();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("is valid from"), "{message}");
    }
    assert!(!authority.data().exists());
    Some(())
}

#[test]
fn a_directory_that_holds_a_ca_takes_no_other() {
    let authority = Authority::init(&[]);
    let _ = occupied(&authority);
}

fn occupied(authority: &Authority) -> Option<()> {
    root(authority, "ca", &["-newkey", "rsa:2048"])?;
    let words = ["--cert", "ca.pem", "--key", "ca.key"];
    assert_refused(
        authority,
        &words,
        "already-exists",
        "holds a certificate authority already",
    );
    // Neither does a CA that was made here take an index.
    fs::write(authority.path("index.txt"), "").unwrap();
    let refused = authority
        .pki(&["import", "--index", "index.txt", "--json"])
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    authority.pki(&["import"]).exits(2);
    Some(())
}
