//! The last CRL of a CA that openssl made: ours go on above its number, and what it lists stays revoked.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::openssl::Openssl;
use super::{KEY_PASSPHRASE, assert_login, credentials, import_ca, write};
use crate::support::{Authority, Tree, finish, hermetic, tool};

const CA: [&str; 4] = ["--cert", "ca/ca.pem", "--key", "ca/ca.key"];
/// A number that tells the date and counts from 01 each day; openssl's file has it in hexadecimal.
const DATED: u64 = 2_026_112_501;

/// A CA of openssl with alice and bob, who is revoked, and the CRL that says so, with a date for a number.
#[track_caller]
fn stage(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Example CA"])?;
    for stem in ["alice", "bob"] {
        openssl.issue("ca", stem, "client", &[])?;
    }
    openssl.revoke("ca", "bob", &["-crl_reason", "keyCompromise"])?;
    sign_crl(authority, "ca", &["-crldays", "30"])
}

/// `openssl ca -gencrl` into `CA/last.crl`.
#[track_caller]
fn sign_crl(authority: &Authority, ca: &str, more: &[&str]) -> Option<()> {
    write(
        authority,
        &format!("{ca}/crlnumber"),
        &format!("{DATED:X}\n"),
    );
    let config = fs::read_to_string(authority.path(&format!("{ca}/openssl.cnf"))).unwrap();
    let numbered = format!("[here]\ncrlnumber = {ca}/crlnumber\n");
    let crl_config = write(
        authority,
        &format!("{ca}/crl.cnf"),
        &config.replace("[here]\n", &numbered),
    );
    let (out, password) = (format!("{ca}/last.crl"), format!("pass:{KEY_PASSPHRASE}"));
    let words = [
        "ca",
        "-gencrl",
        "-config",
        crl_config.to_str().unwrap(),
        "-passin",
        &password,
        "-out",
        &out,
    ];
    authority.openssl(&[&words[..], more].concat())?.ok();
    Some(())
}

/// What openssl reads in the CRL that is published now: its number, and everything.
#[track_caller]
fn published(authority: &Authority) -> Option<(u64, String)> {
    let mut lists = crate::support::files_below(&authority.path("ca-data/issuers"));
    lists.retain(|file| file.ends_with("crl.der"));
    let list = lists.first().unwrap().to_str().unwrap();
    let read = |form: &str| {
        let words = ["crl", "-inform", "DER", "-in", list, "-noout", form];
        Some(authority.openssl(&words)?.ok().out())
    };
    let number = read("-crlnumber")?;
    let digits = number.trim().strip_prefix("crlNumber=0x").unwrap();
    Some((u64::from_str_radix(digits, 16).unwrap(), read("-text")?))
}

/// The serial number of a certificate, as openssl prints it everywhere.
#[track_caller]
fn serial_number(authority: &Authority, file: &str) -> Option<String> {
    let words = ["x509", "-in", file, "-noout", "-serial"];
    let line = authority.openssl(&words)?.ok().out();
    Some(line.trim().strip_prefix("serial=").unwrap().to_owned())
}

#[test]
fn a_crl_without_an_index_is_continued_above_its_number_and_what_it_lists_stays_revoked() {
    let authority = Authority::none();
    let _ = continued(&authority);
}

fn continued(authority: &Authority) -> Option<()> {
    stage(authority)?;
    let words = [&CA[..], &["--crl", "ca/last.crl", "--json"]].concat();
    let made = import_ca(authority, &words).ok().json();
    assert_eq!(made["revoked"], 1, "{made:#}");
    let (number, text) = published(authority)?;
    assert_eq!(number, DATED + 1);
    let bob = serial_number(authority, "ca/bob.pem")?;
    assert!(text.contains(&format!("Serial Number: {bob}")), "{text}");
    assert!(text.contains("Key Compromise"), "{text}");
    assert_eq!(text.matches("Serial Number:").count(), 1, "{text}");

    // Nobody has given bob's certificate: it is refused as one that nobody knows.
    authority.pki(&["verify", "ca/bob.pem"]).exits(3);
    assert_refuses_bob(authority, "not-issued-here")?;

    // Nor is anything lost when it comes, and again changes nothing.
    let words = ["import", "ca/newcerts", "--crl", "ca/last.crl"];
    let told = authority.json(&words);
    assert_eq!(
        (
            &told["imported"],
            &told["revoked"],
            &told["crls"][0]["crl_number"]
        ),
        (&json!(2), &json!(1), &json!(DATED + 2)),
        "{told:#}"
    );
    authority.pki(&["verify", "ca/bob.pem"]).exits(3);
    assert_refuses_bob(authority, "revoked")?;
    let alice = ["ca/alice.pem", "ca/alice.key"].map(|file| authority.path(file));
    let [certificate, key] = alice;
    assert_login(authority, &credentials(certificate, key, None), None)?;
    let (_, text) = published(authority)?;
    assert_eq!(text.matches("Serial Number:").count(), 1, "{text}");
    let again = authority.json(&words);
    assert_eq!(
        (&again["imported"], &again["revoked"], &again["crls"]),
        (&json!(0), &json!(0), &json!([])),
        "{again:#}"
    );
    authority.pki(&["audit", "--verify"]).ok();
    Some(())
}

#[track_caller]
fn assert_refuses_bob(authority: &Authority, reason: &str) -> Option<()> {
    let bob = ["ca/bob.pem", "ca/bob.key"].map(|file| authority.path(file));
    let [certificate, key] = bob;
    assert_login(
        authority,
        &credentials(certificate, key, None),
        Some(reason),
    )
}

#[test]
fn a_crl_that_comes_later_and_has_ended_makes_a_new_one_above_it_at_once() {
    let authority = Authority::none();
    let _ = later(&authority);
}

fn later(authority: &Authority) -> Option<()> {
    stage(authority)?;
    let dates = [
        "-crl_lastupdate",
        "20250101000000Z",
        "-crl_nextupdate",
        "20250108000000Z",
    ];
    sign_crl(authority, "ca", &dates)?;
    let words = [
        "crl",
        "-in",
        "ca/last.crl",
        "-outform",
        "DER",
        "-out",
        "last.der",
    ];
    authority.openssl(&words)?.ok();
    import_ca(authority, &CA).ok();
    assert!(published(authority)?.0 < DATED);
    let told = authority
        .pki(&["import", "--crl", "last.der", "--json"])
        .ok();
    assert!(
        told.err().contains("had ended on 2025-01-08"),
        "{}",
        told.err()
    );
    let told = told.json();
    assert_eq!(told["revoked"], 1, "{told:#}");
    assert_eq!(told["crls"][0]["crl_number"], DATED + 1, "{told:#}");
    assert_eq!(published(authority)?.0, DATED + 1);
    // It is ours from now on.
    let next = authority.json(&["crl"]);
    assert_eq!(next["crl_number"], DATED + 2, "{next:#}");
    authority.pki(&["audit", "--verify"]).ok();
    Some(())
}

#[test]
fn crls_of_cfssl_and_of_version_1_have_no_number_and_are_taken_too() {
    let authority = Authority::none();
    let _ = unnumbered(&authority);
}

fn unnumbered(authority: &Authority) -> Option<()> {
    // cfssl writes the issuer's name as a PrintableString; in the certificate it is a UTF8String.
    let words = [
        "req",
        "-x509",
        "-noenc",
        "-newkey",
        "rsa:2048",
        "-subj",
        "/CN=Example",
        "-days",
        "3650",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ];
    authority.openssl(&words)?.ok();
    write(authority, "serials", "4096\n18\n");
    let mut cfssl = hermetic(tool("cfssl")?, authority.home());
    cfssl.args(["gencrl", "serials", "ca.pem", "ca.key"]);
    write(authority, "last.b64", &finish(&mut cfssl).ok().out());
    let words = ["base64", "-d", "-A", "-in", "last.b64", "-out", "last.crl"];
    authority.openssl(&words)?.ok();
    let words = [
        "--cert", "ca.pem", "--key", "ca.key", "--crl", "last.crl", "--json",
    ];
    let made = import_ca(authority, &words).ok();
    assert!(made.err().contains("states no number"), "{}", made.err());
    assert_eq!(made.json()["revoked"], 2);
    let (number, text) = published(authority)?;
    assert!(number < DATED);
    for serial_number in ["Serial Number: 1000", "Serial Number: 12"] {
        assert!(text.contains(serial_number), "{text}");
    }

    // openssl without a crlnumber, as many a guide has it: version 1.
    let configuration = "[ca]\ndefault_ca=here\n[here]\ndatabase=index\ndefault_md=sha256\n";
    write(authority, "v1.cnf", configuration);
    let index = "R\t491231000000Z\t260102030405Z\t13\tunknown\t/CN=x\n";
    write(authority, "index", index);
    let words = [
        "ca", "-gencrl", "-config", "v1.cnf", "-crldays", "3", "-cert", "ca.pem", "-keyfile",
        "ca.key", "-out", "v1.crl",
    ];
    authority.openssl(&words)?.ok();
    let told = authority.json(&["import", "--crl", "v1.crl"]);
    assert_eq!(told["revoked"], 1, "{told:#}");
    let (_, text) = published(authority)?;
    assert_eq!(text.matches("Serial Number:").count(), 3, "{text}");
    authority.pki(&["audit", "--verify"]).ok();
    Some(())
}

#[test]
fn an_index_and_a_crl_together_tell_each_revocation_once() {
    let authority = Authority::none();
    let _ = together(&authority);
}

fn together(authority: &Authority) -> Option<()> {
    stage(authority)?;
    // Revoked after the CRL was signed.
    let openssl = Openssl(authority);
    openssl.issue("ca", "carol", "client", &[])?;
    openssl.revoke("ca", "carol", &["-crl_reason", "superseded"])?;
    let said = ["--index", "ca/index.txt", "--crl", "ca/last.crl"];
    let words = [&CA[..], &said, &["--json"]].concat();
    let made = import_ca(authority, &words).ok().json();
    assert_eq!(made["revoked"], 2, "{made:#}");
    let (number, text) = published(authority)?;
    assert_eq!(number, DATED + 1);
    assert_eq!(text.matches("Serial Number:").count(), 2, "{text}");
    for word in ["Key Compromise", "Superseded"] {
        assert!(text.contains(word), "{text}");
    }
    Some(())
}

#[test]
fn a_crl_of_another_ca_and_an_altered_one_are_refused_and_leave_nothing_behind() {
    let authority = Authority::none();
    let _ = refused(&authority);
}

fn refused(authority: &Authority) -> Option<()> {
    stage(authority)?;
    let openssl = Openssl(authority);
    for (ca, subject) in [("other", "/CN=Other CA"), ("namesake", "/CN=Example CA")] {
        openssl.root(ca, &["-subj", subject])?;
        sign_crl(authority, ca, &["-crldays", "30"])?;
    }
    alter(authority, "ca/last.crl", "altered.der")?;
    let many = ["ca/last.crl", "other/last.crl"]
        .map(|file| fs::read_to_string(authority.path(file)).unwrap());
    write(authority, "many.pem", &many.concat());
    let cases = [
        ("other/last.crl", "not-permitted", "which is not this CA"),
        (
            "namesake/last.crl",
            "not-permitted",
            "is not signed with its key",
        ),
        ("altered.der", "not-permitted", "is not signed with its key"),
        ("many.pem", "malformed", "more than one CRL"),
        ("ca/ca.pem", "malformed", "no CRL"),
        ("none.crl", "not-found", "none.crl"),
    ];
    let assert_refused = |words: &[&str], (crl, kind, reason): (&str, &str, &str)| {
        let before = Tree::of(authority.home());
        let words = [words, &["--crl", crl, "--json"]].concat();
        let mut command = authority.command(&words);
        command.env("PKI_KEY_PASSPHRASE", KEY_PASSPHRASE);
        let refused = finish(&mut command).exits(1).json();
        assert_eq!(refused["error"]["kind"], kind, "{words:?}: {refused:#}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{words:?}: {message}");
        before.assert_unchanged(authority.home(), &format!("{words:?}"));
    };
    for case in cases {
        assert_refused(&[&["import-ca"], &CA[..]].concat(), case);
    }
    assert!(!authority.data().exists());

    // Of a CA that was taken over, too; the certificates beside it wait.
    import_ca(authority, &CA).ok();
    for case in cases {
        let entries = authority.json(&["audit"])["head"]["entry"].clone();
        let words = ["import", "ca/newcerts", "--crl", case.0, "--json"];
        let refused = authority.pki(&words).exits(1).json();
        assert_eq!(refused["error"]["kind"], case.1, "{refused:#}");
        assert_eq!(authority.json(&["audit"])["head"]["entry"], entries);
    }
    Some(())
}

/// The CRL in DER, with another reason than the one that was signed.
#[track_caller]
fn alter(authority: &Authority, crl: &str, altered: &str) -> Option<()> {
    let words = ["crl", "-in", crl, "-outform", "DER", "-out", altered];
    authority.openssl(&words)?.ok();
    let path: &Path = &authority.path(altered);
    let mut der = fs::read(path).unwrap();
    let reason = der.windows(3).position(|it| it == b"\x0a\x01\x01").unwrap();
    // keyCompromise becomes cACompromise.
    der[reason + 2] = 2;
    fs::write(path, der).unwrap();
    Some(())
}
