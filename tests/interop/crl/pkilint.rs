//! pkilint finds nothing to say about our CRLs.

use std::path::Path;

use super::super::KEY_ALGORITHMS;
use super::Setting;
use crate::support::tools::python_with_pkilint;
use crate::support::{Authority, finish, hermetic, path_text};

/// What `lint_crl` reports, from notices on; nothing where it finds nothing.
#[track_caller]
fn findings(authority: &Authority, crl: &Path) -> Option<String> {
    let mut lint = hermetic(python_with_pkilint()?, authority.home());
    lint.env("PYTHONDONTWRITEBYTECODE", "1");
    lint.args(["-m", "pkilint.bin.lint_crl", "lint"]);
    lint.args(["--type", "CRL", "--profile", "PKIX"]);
    lint.args(["--severity", "NOTICE"]).arg(crl);
    let finished = finish(&mut lint);
    // Its exit code is the number of findings; a CRL that it could not read it tells on standard error.
    assert_eq!(finished.err(), "", "{}", finished.line);
    let said = finished.out().trim().to_owned();
    assert_eq!(finished.code == Some(0), said.is_empty(), "{said}");
    Some(said)
}

#[test]
fn pkilint_reports_nothing_for_full_and_empty_crls_of_every_key_algorithm() {
    for algorithm in KEY_ALGORITHMS {
        let authority = Authority::init(&["--key-algorithm", algorithm]);
        for (crl, _) in super::crls(&authority) {
            let Some(said) = findings(&authority, &crl) else {
                return;
            };
            assert_eq!(said, "", "{algorithm}");
        }
    }
    let Some(setting) = Setting::new(&["--base-url", "http://pki.example.com"], &[]) else {
        return;
    };
    for (crl, _) in &setting.crls {
        assert_eq!(findings(&setting.authority, crl).unwrap_or_default(), "");
    }
}

#[test]
fn pkilint_does_report_what_is_wrong_in_a_crl() {
    let authority = Authority::none();
    let configuration = "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 1\n";
    std::fs::write(authority.path("ca.cnf"), configuration).unwrap();
    std::fs::write(authority.path("index.txt"), "").unwrap();
    let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout k.pem -out c.pem -subj /CN=x";
    let sign = "ca -config ca.cnf -gencrl -keyfile k.pem -cert c.pem -out bad.pem";
    for words in [make, sign] {
        let words: Vec<&str> = words.split(' ').collect();
        let Some(made) = authority.openssl(&words) else {
            return;
        };
        made.ok();
    }
    // Neither cRLNumber nor authorityKeyIdentifier.
    let crl = authority.path("bad.pem");
    if let Some(said) = findings(&authority, &crl) {
        assert!(!said.is_empty(), "{}", path_text(&crl));
    }
}
