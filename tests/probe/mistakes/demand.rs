//! Servers that let in who shows no certificate.

use super::lab::{Change, Lab};
use super::{HEADERS, REVOKED};

/// What is answered by the proxy itself, to everybody whom it lets pass.
const NGINX_PAGE: Change = ("proxy_pass ", "return 200 members; # ");

#[test]
fn nginx_with_optional_and_without_a_check_lets_in_whoever_comes() {
    let lab = Lab::new();
    let optional = ("ssl_verify_client on;", "ssl_verify_client optional;");
    let Some(nginx) = lab.start("nginx", &[optional, NGINX_PAGE]) else {
        return;
    };
    let found = nginx.probe();
    found.is_wrong_in(
        Some("nginx"),
        &[(&["no-certificate"], "`$ssl_client_verify` is not SUCCESS")],
    );
    // Who shows one that is bad is refused all the same, and what was revoked was waited for.
    found.could_not_tell(&HEADERS);
    assert_eq!(found.document()["revocation"]["has_arrived"], true);
    let told = nginx.read(&["no-certificate"], &[]);
    assert!(
        told.starts_with("Verdict:  the server lets in whoever shows no certificate\n"),
        "{told}"
    );
    // A check makes up for it; so does an application that looks at what it is told.
    let check = (
        "proxy_pass ",
        "if ($ssl_client_verify != SUCCESS) { return 403; } return 200 $ssl_client_s_dn; # ",
    );
    for made_up_for in [&[optional, check][..], &[optional]] {
        nginx.make(made_up_for);
        let cases = ["no-certificate", "expired", "unknown-ca"];
        nginx.probe_with("", &cases, &[]).is_right();
    }
}

#[test]
fn nginx_with_a_check_in_one_location_only_is_found_out_in_the_other() {
    let lab = Lab::new();
    let Some(nginx) = lab.start(
        "nginx",
        &[
            ("ssl_verify_client on;", "ssl_verify_client optional;"),
            (
                "        location / {",
                "        location /open { return 200 members; }\n        location / {",
            ),
        ],
    ) else {
        return;
    };
    let cases = ["no-certificate", "expired", "unknown-ca"];
    nginx.probe_with("", &cases, &[]).is_right();
    let open = nginx.probe_with("open", &cases, &[]);
    open.is_wrong_in(Some("nginx"), &[(&["no-certificate"], "in every location")]);
}

#[test]
fn apache_and_haproxy_that_take_a_certificate_as_optional_are_found_out() {
    let lab = Lab::new();
    let apache = [
        ("SSLVerifyClient require", "SSLVerifyClient optional"),
        ("    ProxyPass /", "    RewriteRule ^ - [R=204,L] # "),
    ];
    let haproxy = [
        ("verify required", "verify optional"),
        (
            "deny_status 403 unless {",
            "deny_status 403 if { ssl_c_used } !{",
        ),
        ("    # Who is there.", "    http-request return status 200"),
    ];
    for (word, changes, mend) in [
        ("apache", &apache[..], "`SSLVerifyClient require`"),
        ("haproxy", &haproxy, "`verify required`"),
    ] {
        let Some(server) = lab.start(word, changes) else {
            return;
        };
        let found = server.probe();
        found.is_wrong_in(Some(word), &[(&["no-certificate"], mend)]);
        found.could_not_tell(&HEADERS);
    }
}

#[test]
fn a_site_that_asks_for_no_certificate_is_told_that_and_not_what_it_would_mean_of_each() {
    let lab = Lab::new();
    // Apache would ask later, where it has answered already.
    let nginx = [("ssl_verify_client on;", ""), NGINX_PAGE];
    let apache = [
        (
            "SSLVerifyClient require",
            "<Location />\nSSLVerifyClient require\n</Location>",
        ),
        ("    ProxyPass /", "    RewriteRule ^ - [R=204,L] # "),
    ];
    let cases = [
        "no-certificate",
        "expired",
        "altered-content",
        "server-certificate",
    ];
    let all = [&cases[..], &REVOKED].concat();
    for (word, changes, mend) in [
        ("nginx", &nginx[..], "`ssl_verify_client on`"),
        ("apache", &apache, "for the whole virtual host"),
    ] {
        let Some(server) = lab.start(word, changes) else {
            return;
        };
        let found = server.probe_with("", &all, &[]);
        found.is_wrong_in(Some(word), &[(&all, mend)]);
        for case in &all {
            let meaning = "Whoever has no certificate at all gets in.";
            assert_eq!(found.case(case)["meaning"], meaning);
        }
        // Nothing was waited for: nobody would ever be refused.
        assert!(found.document()["revocation"].is_null());
        let told = server.read(&all, &[]);
        assert_eq!(told.matches("\nmend ").count(), 1, "{told}");
        let seen = "\nseen   The server asked for no certificate in the handshake.\n";
        assert!(told.contains(seen), "{told}");
    }
}

#[test]
fn where_only_the_page_differs_without_a_certificate_somebody_is_asked_to_look_at_it() {
    let lab = Lab::new();
    let Some(openssl) = lab.start("openssl", &[("-Verify 1", "-verify 1")]) else {
        return;
    };
    let found = openssl.probe_with("", &["no-certificate"], &[]);
    assert_eq!(found.wrong(), [""; 0], "{found}");
    assert_eq!(found.untold(), ["no-certificate"], "{found}");
    let seen = found.case("no-certificate")["seen"].to_string();
    assert!(seen.contains("see whether it shows anything"), "{seen}");
    let told = openssl.read(&["no-certificate"], &[]);
    assert!(
        told.contains("no answer is wrong; 1 could not be told"),
        "{told}"
    );
}
