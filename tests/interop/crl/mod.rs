//! Other people's programs read our CRLs and come to the inventory's own verdict on each certificate.

mod gnutls;
mod java;
mod nss;
mod openssl;
mod pkilint;
mod strongswan;

use std::fs;
use std::path::PathBuf;

use crate::support::{Authority, path_text};

/// What a program says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Revoked,
    Expired,
}

/// A certificate and what the inventory says of it.
struct Case {
    name: &'static str,
    certificate: PathBuf,
    /// The certificate, then the issuing CA's.
    chain: PathBuf,
    ours: Verdict,
    reason: Option<String>,
}

/// An authority two months old with certificates of every status, and its CRLs.
struct Setting {
    authority: Authority,
    cases: Vec<Case>,
    /// All CRLs in one file, in PEM.
    bundle: PathBuf,
    /// The CRL of each CA, in DER, with that CA's certificate.
    crls: Vec<(PathBuf, PathBuf)>,
}

const NAMES: [&str; 4] = ["good", "revoked", "held", "expired"];

impl Setting {
    /// Makes it; none where the clock cannot be set.
    #[track_caller]
    fn new(options: &[&str], client: &[&str]) -> Option<Self> {
        let authority = Authority::none();
        authority
            .pki_at("-60d", &[&["init"], options].concat())?
            .ok();
        let words = [&["issue-client", "expired", "--validity", "10d"], client].concat();
        authority.pki_at("-60d", &words)?.ok();
        for name in ["good", "revoked", "held"] {
            authority.issue_client(&[&[name], client].concat());
        }
        let revoke = |name, reason| {
            let words = ["revoke", name, "--reason", reason, "--yes"];
            authority.pki(&words).ok();
        };
        revoke("revoked", "keyCompromise");
        revoke("held", "certificateHold");
        let bundle = authority.path("crl.pem");
        let words = ["crl", "--bundle", "--out", path_text(&bundle)];
        authority.pki(&words).ok();
        let cases = NAMES.map(|name| case(&authority, name)).into();
        let crls = crls(&authority);
        Some(Self {
            authority,
            cases,
            bundle,
            crls,
        })
    }

    /// Asks a program about every certificate and compares.
    #[track_caller]
    fn assert_agreed(&self, judge: impl Fn(&Case) -> Option<Verdict>) {
        for case in &self.cases {
            let Some(theirs) = judge(case) else { return };
            assert_eq!(theirs, case.ours, "{}", case.name);
        }
    }
}

#[track_caller]
fn case(authority: &Authority, name: &'static str) -> Case {
    let listed = authority.json(&["list", name]);
    let ours = &listed["certificates"][0];
    let (certificate, chain) = (
        authority.path(&format!("{name}.pem")),
        authority.path(&format!("{name}.chain.pem")),
    );
    let serial_number = ours["serial_number"].as_str().unwrap();
    let export = ["export", serial_number, "--form", "pem", "--out"];
    authority
        .pki(&[&export[..], &[path_text(&certificate)]].concat())
        .ok();
    let own = fs::read_to_string(&certificate).unwrap();
    let issuing = fs::read_to_string(authority.issuing()).unwrap();
    fs::write(&chain, own + &issuing).unwrap();
    Case {
        name,
        certificate,
        chain,
        ours: match ours["status"].as_str().unwrap() {
            "valid" => Verdict::Good,
            "revoked" => Verdict::Revoked,
            "expired" => Verdict::Expired,
            other => panic!("{other}"),
        },
        reason: ours["reason_code"].as_str().map(str::to_owned),
    }
}

/// The published CRL of each CA, and that CA's certificate.
#[track_caller]
fn crls(authority: &Authority) -> Vec<(PathBuf, PathBuf)> {
    let issuers = fs::read_dir(authority.path("ca-data/issuers")).unwrap();
    let directories = issuers.map(|entry| entry.unwrap().path());
    directories
        .map(|directory| (directory.join("crl.der"), directory.join("certificate.pem")))
        .collect()
}

/// The statuses are what they are meant to be, so that no program can agree by seeing nothing.
#[test]
fn the_inventory_tells_four_statuses_apart() {
    let Some(setting) = Setting::new(&[], &[]) else {
        return;
    };
    let ours: Vec<_> = setting.cases.iter().map(|case| case.ours).collect();
    let wanted = [
        Verdict::Good,
        Verdict::Revoked,
        Verdict::Revoked,
        Verdict::Expired,
    ];
    assert_eq!(ours, wanted);
    assert_eq!(setting.crls.len(), 2);
}
