//! Apache, which may ask for a certificate only once it knows the path.

use super::Ward;
use crate::servers::apache::{APACHE, configuration_with};
use crate::servers::{Running, Site};

/// One that asks for `/private` only, with these directives.
fn by_path(ward: &Ward, directives: &str) -> Option<Running> {
    let (root, issuing) = (ward.ca("root"), ward.ca("issuing"));
    let configure = |site: &Site| {
        let words = format!(
            "{directives}
SSLCACertificateFile {root}
SSLCADNRequestFile {issuing}
SSLVerifyDepth 2
<Location />
RewriteEngine on
RewriteRule ^ - [R=204,L]
</Location>
<Location /private>
SSLVerifyClient require
</Location>"
        );
        configuration_with(site, &words)
    };
    ward.start(&APACHE, configure)
}

#[test]
fn one_that_asks_for_a_path_asks_after_the_handshake_in_tls_1_3_which_no_browser_answers() {
    let ward = Ward::new();
    let Some(server) = by_path(&ward, "") else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/private", 3);
    told.asks("renegotiation", "post-handshake");
    told.prevented_by(&["post-handshake"]);
    // What browsers do in TLS 1.2 works there, and no browser speaks it with this server.
    told.logs_in(&["accepted", "not-asked"]);
    assert_eq!(told.document["tls"], "TLSv1.3");
    // What it asks for is known all the same.
    let issuing = super::subject_of(&ward.authority, &ward.authority.issuing());
    assert_eq!(told.issuers(), [issuing]);
    // Another path is never asked for.
    let told = ward.doctor(server.port(), "/", 3);
    told.asks("never", "never").answers(204, 204);
    told.prevented_by(&["never-asked"]);
}

#[test]
fn one_that_asks_for_a_path_renegotiates_in_tls_1_2_which_browsers_do_over_http_1_1() {
    let ward = Ward::new();
    let http2 = "SSLProtocol TLSv1.2
LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
Protocols h2 http/1.1";
    let Some(server) = by_path(&ward, http2) else {
        return;
    };
    let told = ward.doctor(server.port(), "/private", 0);
    told.asks("renegotiation", "")
        .hints("http2-no-renegotiation", true);
    assert_eq!(told.document["server"]["application_protocol"], "h2");
    let Some(server) = by_path(&ward, "SSLProtocol TLSv1.2") else {
        return;
    };
    let told = ward.doctor(server.port(), "/private", 0);
    told.asks("renegotiation", "")
        .prevented_by(&[])
        .offers(None);
    told.finds("renegotiation").finds("tls-1.2-only");
    told.hints("http2-no-renegotiation", false)
        .hints("cors-preflight", true);
    assert_eq!(told.document["tls"], "TLSv1.2");
    let types = &told.document["versions"][0]["request"]["certificate_types"];
    assert_eq!(types[0], "rsa_sign");
}

#[test]
fn without_openssl_it_is_said_that_later_was_not_looked_at() {
    let ward = Ward::new();
    let Some(server) = by_path(&ward, "") else {
        return;
    };
    let url = format!("https://localhost:{}/private", server.port());
    let mut command = ward.authority.command(&["doctor", "--json", &url]);
    // The binary under test is named by its whole path.
    command.env("PATH", "/nowhere");
    let told = super::Told::read(&crate::support::finish(&mut command).exits(3));
    told.asks("unchecked", "unchecked");
    told.prevented_by(&["not-asked-at-first"]);
}

#[test]
fn one_whose_crls_have_ended_refuses_everybody_and_does_not_say_why() {
    let Some((ward, crls)) = Ward::with_ended_crls() else {
        return;
    };
    let (root, crls) = (ward.ca("root"), crls.display());
    let Some(server) = ward.start(&APACHE, |site| {
        configuration_with(
            site,
            &format!(
                "SSLCACertificateFile {root}
SSLVerifyClient require
SSLVerifyDepth 2
SSLCARevocationFile {crls}
SSLCARevocationCheck chain
RewriteEngine on
RewriteRule ^ - [R=204,L]"
            ),
        )
    }) else {
        return;
    };
    let told = ward.doctor(server.port(), "/", 0);
    told.asks("required", "required");
    told.answers("handshake_failure", "certificate_required");
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.logs_in(&["refused", "refused"]);
    told.prevented_by(&["login-refused"])
        .finds("crl-may-be-expired");
    assert_eq!(told.document["logins"][1]["alert"], "certificate_unknown");
}

#[test]
fn a_login_by_renegotiation_is_tried_and_a_revoked_certificate_does_not_get_in() {
    let ward = Ward::new();
    let crls = ward.authority.path("crls.pem");
    let write = || {
        let words = ["crl", "--bundle", "--out", crate::support::path_text(&crls)];
        ward.authority.pki(&words).ok();
    };
    write();
    let directives = format!(
        "SSLProtocol TLSv1.2
SSLCARevocationFile {}
SSLCARevocationCheck chain",
        crls.display()
    );
    let Some(server) = by_path(&ward, &directives) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/private", 0);
    told.asks("renegotiation", "").logs_in(&["accepted"]);
    drop(server);
    let serial = ward.alice.certificate["serial_number"].as_str().unwrap();
    ward.authority.pki(&["revoke", "alice", "--yes"]).ok();
    write();
    let Some(server) = by_path(&ward, &directives) else {
        return;
    };
    let url = format!("https://localhost:{}/private", server.port());
    let password = ward.password_file("alice", &ward.alice.password);
    let password = crate::support::path_text(&password);
    let told = ward.run(&[&url, "--as", serial, "--password-file", password], 3);
    told.logs_in(&["refused"])
        .prevented_by(&["refused-as-revoked"]);
    assert_eq!(told.document["logins"][0]["alert"], "certificate_revoked");
}
