//! Servers that take a certificate for a client's that was made for something else.

use super::lab::Lab;
use super::{BENEATH_THE_THROW_AWAY_ROOT, HEADERS, REVOKED, with};

#[test]
fn openssls_server_that_verifies_for_any_purpose_lets_in_a_servers_certificate() {
    let lab = Lab::new();
    let any = ("-Verify 1", "-purpose any -Verify 1");
    let Some(openssl) = lab.start("openssl", &[any]) else {
        return;
    };
    let wrong = ["server-certificate", "other-purpose", "encipherment-only"];
    let found = openssl.probe();
    found
        .is_wrong_in(Some("openssl"), &[(&wrong, "Leave `-purpose` out")])
        .could_not_tell(&[]);
    assert_eq!(found.document()["revocation"]["has_arrived"], true);
    // As it is written, none of them.
    drop(openssl);
    let Some(openssl) = lab.start("openssl", &[]) else {
        return;
    };
    openssl.probe_with("", &wrong, &[]).is_right();
}

#[test]
fn gnutls_server_verifies_for_no_purpose_and_knows_no_constraint_on_uris() {
    let lab = Lab::new();
    let Some(gnutls) = lab.start("gnutls", &[]) else {
        return;
    };
    let cases = [
        "expired",
        "unknown-ca",
        "server-certificate",
        "other-purpose",
        "encipherment-only",
        "name-constraint-dns",
        "name-constraint-uri",
    ];
    let purposes = ["server-certificate", "other-purpose"];
    let found = gnutls.probe_with("", &cases, &[]);
    found.is_wrong_in(
        Some("gnutls"),
        &[
            (&purposes, "`GNUTLS_KP_TLS_WWW_CLIENT`"),
            (&["name-constraint-uri"], "pki serve --verify"),
        ],
    );
}

#[test]
fn an_application_for_node_that_looks_at_the_signature_alone_is_told_so() {
    let lab = Lab::new();
    // It lets Node forgive everything, and sees for itself that a CA of ours signed.
    let forgiving = ("rejectUnauthorized: true", "rejectUnauthorized: false");
    let own = (
        "  if (!certificate.keyUsage?.includes(CLIENT_AUTH))",
        "  if (false)",
    );
    let Some(node) = lab.start("node", &[forgiving, own]) else {
        return;
    };
    let wrong = with(
        &REVOKED,
        &[
            "expired",
            "not-yet-valid",
            "server-certificate",
            "other-purpose",
            "encipherment-only",
            "unknown-critical-extension",
            "name-constraint-dns",
            "name-constraint-email",
            "name-constraint-ip",
            "name-constraint-uri",
            "sha1-signature",
            "rsa-1024",
        ],
    );
    let found = node.probe();
    found
        .is_wrong_in(Some("node"), &[(&wrong, "`rejectUnauthorized: true`")])
        .could_not_tell(&[]);
    let meaning = found.case("server-certificate")["meaning"]
        .as_str()
        .unwrap();
    assert!(
        meaning.starts_with("Whatever this CA ever signed"),
        "{meaning}"
    );
}

#[test]
fn caddy_that_asks_nobody_takes_a_key_that_may_not_sign() {
    let lab = Lab::new();
    let elsewhere = ("forward_auth unix", "forward_auth /elsewhere unix");
    let Some(caddy) = lab.start("caddy", &[elsewhere]) else {
        return;
    };
    let ask = "`pki serve --verify` for every request";
    caddy
        .probe()
        .is_wrong_in(
            Some("caddy"),
            &[
                (&REVOKED, ask),
                (&["encipherment-only"], ask),
                (&["deeper-chain"], ask),
                (&["rsa-1024"], ask),
            ],
        )
        .could_not_tell(&[]);
    // Asked about every request, what it asks makes up for all that; then the throw-away root counts for nothing.
    let Some(caddy) = lab.start("caddy", &[]) else {
        return;
    };
    let found = caddy.probe();
    found.is_wrong_in(Some("caddy"), &[]);
    found.could_not_tell(&BENEATH_THE_THROW_AWAY_ROOT);
    // A page that is nobody's tells less.
    assert!(found.untold().iter().all(|case| !HEADERS.contains(case)));
}
