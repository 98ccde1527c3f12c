//! Servers that let in whom they could not verify.

use super::lab::{Change, Lab};
use super::{REVOKED, with};

const NGINX: Change = ("ssl_verify_client on;", "ssl_verify_client optional_no_ca;");

#[test]
fn nginx_with_optional_no_ca_lets_in_whom_a_ca_issued_that_nobody_knows() {
    let lab = Lab::new();
    // The application takes the certificate that nginx passes on for one that was verified.
    let Some(nginx) = lab.start("nginx", &[NGINX]) else {
        return;
    };
    let mend = "`optional_no_ca` passes on whom it could not verify";
    // A CRL that is missing for every other forgery is not one that is forgiven.
    nginx
        .probe()
        .is_wrong_in(Some("nginx"), &[(&["unknown-ca"], mend)])
        .could_not_tell(&[]);
    let without_lists = [NGINX, ("ssl_crl ", "# ssl_crl ")];
    nginx.make(&without_lists);
    let forged = [
        "self-signed",
        "foreign-ca-same-name",
        "unknown-ca",
        "deeper-chain",
        "system-trusted-ca",
    ];
    // Everything, two hundred at once, too.
    let found = nginx.probe_with("", &[], &["--wait", "0", "--refresh", &nginx.refresh()]);
    found
        .is_wrong_in(Some("nginx"), &[(&forged, mend), (&REVOKED, "`ssl_crl`")])
        .could_not_tell(&[]);
    // Looked at, it is what it seems to be.
    let check = (
        "proxy_pass ",
        "if ($ssl_client_verify != SUCCESS) { return 403; } proxy_pass ",
    );
    nginx.make(&[NGINX, check]);
    nginx.probe_with("", &forged, &[]).is_right();
}

#[test]
fn apache_with_optional_no_ca_is_found_out_where_no_crl_makes_up_for_it() {
    let lab = Lab::new();
    let optional = ("SSLVerifyClient require", "SSLVerifyClient optional_no_ca");
    let without_lists = ("    SSLCARevocationCheck ", "    # ");
    let Some(apache) = lab.start("apache", &[optional, without_lists]) else {
        return;
    };
    let forged = [
        "self-signed",
        "foreign-ca-same-name",
        "unknown-ca",
        "system-trusted-ca",
    ];
    apache.probe().is_wrong_in(
        Some("apache"),
        &[
            (&forged, "`optional_no_ca` lets in whom it could not verify"),
            (&REVOKED, "`SSLCARevocationCheck chain`"),
        ],
    );
    apache.make(&[optional]);
    apache.probe_with("", &forged, &[]).is_right();
}

#[test]
fn haproxy_that_ignores_errors_is_told_that_alone() {
    let lab = Lab::new();
    let ignore = (
        "verify required",
        "verify required crt-ignore-err all ca-ignore-err all",
    );
    let Some(haproxy) = lab.start("haproxy", &[ignore]) else {
        return;
    };
    let wrong = with(
        &REVOKED,
        &[
            "expired",
            "not-yet-valid",
            "foreign-ca-same-name",
            "foreign-ca-same-key-identifiers",
            "altered-signature",
            "altered-content",
            "server-certificate",
            "other-purpose",
            "encipherment-only",
            "sha1-signature",
            "rsa-1024",
        ],
    );
    haproxy
        .probe()
        .is_wrong_in(Some("haproxy"), &[(&wrong, "`crt-ignore-err`")])
        .could_not_tell(&[]);
    // Who looks at what was ignored may ignore it.
    let look = (
        "    # Who is there.",
        "    http-request deny unless { ssl_c_verify 0 }",
    );
    haproxy.make(&[ignore, look]);
    let refresh = haproxy.refresh();
    let options = ["--wait", "0", "--refresh", &refresh];
    haproxy.probe_with("", &wrong, &options).is_right();
}

#[test]
fn caddy_that_requires_any_certificate_lets_in_every_one_of_them() {
    let lab = Lab::new();
    let Some(caddy) = lab.start(
        "caddy",
        &[
            ("mode require_and_verify", "mode require"),
            // It is asked about one path alone.
            ("forward_auth unix", "forward_auth /elsewhere unix"),
        ],
    ) else {
        return;
    };
    // Everything, two hundred at once, too.
    let found = caddy.probe_with("", &[], &["--wait", "0"]);
    let refused = [
        "no-certificate",
        "other-key",
        "other-transcript",
        "scheme-not-offered",
        "renegotiated-after-revocation",
    ];
    let wrong: Vec<&str> = (found.cases().iter())
        .filter(|case| case["must"] == "refuse")
        .map(|case| case["case"].as_str().unwrap())
        .filter(|case| !refused.contains(case) && !case.starts_with("headers-"))
        .collect();
    assert_eq!(wrong.len(), 26);
    found
        .is_wrong_in(Some("caddy"), &[(&wrong, "`mode require_and_verify`")])
        .could_not_tell(&[]);
    let told = caddy.read(&wrong, &["--wait", "0"]);
    assert_eq!(told.matches("\nmend ").count(), 1, "{told}");
    // They go on in the lines below, where they are wider than a page.
    let lines = told.lines().skip_while(|line| !line.starts_with("cases "));
    let names = lines
        .enumerate()
        .take_while(|(number, line)| *number == 0 || line.starts_with(' '));
    let names: String = names.map(|(_, line)| format!("{} ", line.trim())).collect();
    assert_eq!(names.matches(", ").count(), wrong.len() - 1, "{names}");
}

#[test]
fn openssls_server_that_goes_on_after_an_error_is_found_out() {
    let lab = Lab::new();
    let goes_on = ("-Verify 1 -verify_return_error", "-Verify 1");
    let Some(openssl) = lab.start("openssl", &[goes_on]) else {
        return;
    };
    // What is shown with a CA too many is refused by its own count.
    let wrong = with(
        &REVOKED,
        &[
            "expired",
            "not-yet-valid",
            "self-signed",
            "foreign-ca-same-name",
            "foreign-ca-same-key-identifiers",
            "unknown-ca",
            "altered-signature",
            "altered-content",
            "server-certificate",
            "other-purpose",
            "encipherment-only",
            "unknown-critical-extension",
            "system-trusted-ca",
            "name-constraint-dns",
            "name-constraint-email",
            "name-constraint-ip",
            "name-constraint-uri",
            "sha1-signature",
            "rsa-1024",
        ],
    );
    openssl
        .probe()
        .is_wrong_in(Some("openssl"), &[(&wrong, "`-verify_return_error`")]);
}
