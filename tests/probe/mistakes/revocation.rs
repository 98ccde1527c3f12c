//! Servers that do not learn of a revocation.

use super::REVOKED;
use super::lab::{Change, Lab};

/// Where each gets its CRLs, left out; and what its mend names.
const WITHOUT_LISTS: [(&str, Change, &str); 6] = [
    ("nginx", ("ssl_crl ", "# ssl_crl "), "Set `ssl_crl`"),
    // The file is named, and nobody looks into it.
    (
        "apache",
        ("    SSLCARevocationCheck ", "    # "),
        "`SSLCARevocationCheck chain`",
    ),
    (
        "haproxy",
        ("required crl-file", "required # crl-file"),
        "in `crl-file`",
    ),
    ("node", ("  crl: objects(files.crls),\n", ""), "Set `crl`"),
    (
        "python",
        ("context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN", "pass"),
        "ssl.VERIFY_CRL_CHECK_CHAIN",
    ),
    ("openssl", (" -crl_check_all", ""), "`-crl_check_all`"),
];

#[test]
fn whoever_looks_at_no_crl_lets_in_what_is_revoked_and_is_not_told_to_mend_sessions() {
    let lab = Lab::new();
    for (word, change, mend) in WITHOUT_LISTS {
        let Some(server) = lab.start(word, &[change]) else {
            return;
        };
        let found = match word {
            "nginx" => server.probe(),
            _ => server.probe_with(
                "",
                &REVOKED,
                &["--wait", "0", "--refresh", &server.refresh()],
            ),
        };
        found
            .is_wrong_in(Some(word), &[(&REVOKED, mend)])
            .could_not_tell(&[]);
        assert_eq!(found.document()["revocation"]["has_arrived"], false);
        for case in REVOKED {
            let waited = found.case(case)["waited"].as_str().unwrap();
            assert!(waited.contains("still let in what is revoked"), "{waited}");
            let meaning = found.case(case)["meaning"].as_str().unwrap();
            assert!(
                meaning.contains("does not know of the revocation"),
                "{meaning}"
            );
        }
    }
}

#[test]
fn a_crl_that_nobody_reads_again_is_told_from_none_at_all_by_a_refresh() {
    let lab = Lab::new();
    let Some(nginx) = lab.start("nginx", &[]) else {
        return;
    };
    let found = nginx.probe_with("", &REVOKED, &["--wait", "1"]);
    found.is_wrong_in(Some("nginx"), &[(&REVOKED, "reload when that file is new")]);
    let revocation = &found.document()["revocation"];
    assert!(revocation["waited_seconds"].as_f64().unwrap() >= 1.0);
    let waited = found.case("revoked")["waited"].as_str().unwrap();
    assert!(waited.contains("(--refresh COMMAND)"), "{waited}");
    let refresh = nginx.refresh();
    let found = nginx.probe_with("", &REVOKED, &["--wait", "1", "--refresh", &refresh]);
    found.is_right();
    assert_eq!(found.document()["revocation"]["has_arrived"], true);
}
