//! nginx, which lets every handshake pass and says over HTTP what it thinks of the certificate.

use std::path::Path;

use super::{Ward, somebody_else, subject_of};
use crate::servers::Running;
use crate::servers::nginx::{NGINX, configuration_with};
use crate::support::{Authority, path_text};

impl Ward {
    /// Starts one that requires a certificate of this CA and reads these CRLs; none where the program is missing.
    #[track_caller]
    fn start_with_crls(&self, crls: &Path) -> Option<Running> {
        let (root, crls) = (self.ca("root"), crls.display());
        self.start(&NGINX, |site| {
            configuration_with(
                site,
                &format!(
                    "ssl_client_certificate {root}; ssl_verify_client on; ssl_verify_depth 2; ssl_crl {crls};
                    location / {{ return 204; }}"
                ),
            )
        })
    }
}

#[test]
fn one_that_requires_a_certificate_is_told_by_its_status_400() {
    let ward = Ward::new();
    let (root, issuing) = (ward.ca("root"), ward.ca("issuing"));
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {issuing}; ssl_trusted_certificate {root};
                ssl_verify_client on; ssl_verify_depth 2; location / {{ return 204; }}"
            ),
        )
    }) else {
        return;
    };
    let told = ward.doctor(server.port(), "/", 0);
    told.asks("required", "required")
        .answers(400, 400)
        .offers(None);
    told.prevented_by(&[]).finds("root-not-installed");
    told.does_not_find("only-the-root-named")
        .does_not_find("any-issuer");
    told.hints("cors-preflight", true)
        .hints("http2-reuse", false)
        .hints("proxy", false);
    assert_eq!(
        told.issuers(),
        [subject_of(&ward.authority, &ward.authority.issuing())]
    );
    assert_eq!(told.document["tls"], "TLSv1.3");
    assert_eq!(told.document["server"]["anchor"], "this-authority");
    // In this home no browser's database trusts the root.
    assert_eq!(told.document["server"]["trusted"], false);
    assert_eq!(told.document["logins"].as_array().unwrap().len(), 0);
    assert_eq!(
        told.document["versions"][0]["request"]["certificate_types"],
        serde_json::json!(["rsa_sign", "dss_sign", "ecdsa_sign"])
    );
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.logs_in(&["accepted", "accepted"]).offers(None);
}

#[test]
fn one_that_asks_and_refuses_by_the_path_is_told_apart_from_one_open_to_all() {
    let ward = Ward::new();
    let root = ward.ca("root");
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_client optional; ssl_verify_depth 2;
                location / {{ return 204; }}
                location /private {{ if ($ssl_client_verify != SUCCESS) {{ return 403; }} return 204; }}"
            )
        )
        .replace(" ssl;", " ssl http2;")
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/private", 0);
    told.asks("optional", "optional")
        .answers(403, 403)
        .offers(None);
    told.logs_in(&["accepted", "accepted"]);
    told.finds("only-the-root-named")
        .does_not_find("open-to-all");
    told.hints("http2-reuse", true)
        .hints("cors-preflight", true)
        .hints("remembered-decision", true);
    assert_eq!(told.document["server"]["application_protocol"], "h2");
    let told = ward.doctor(server.port(), "/", 0);
    told.asks("optional", "optional")
        .answers(204, 204)
        .finds("open-to-all");
    told.hints("cors-preflight", false);
}

#[test]
fn one_that_never_asks_is_told_so() {
    let ward = Ward::new();
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            "location / { add_header Via \"1.1 front\"; return 302 https://elsewhere.test/; }",
        )
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.asks("never", "never").answers(302, 302);
    told.finds("redirect").hints("proxy", true);
    told.prevented_by(&["never-asked"])
        .logs_in(&["not-asked", "not-asked"]);
    told.hints("cors-preflight", false)
        .hints("remembered-decision", false);
    assert_eq!(
        told.document["versions"][1]["request"],
        serde_json::Value::Null
    );
    assert_eq!(
        told.document["candidates"][0]["offers"],
        serde_json::json!([])
    );
    assert_eq!(told.document["if_not_asked"], serde_json::json!([]));
}

#[test]
fn one_that_names_somebody_elses_ca_is_offered_nothing() {
    let ward = Ward::new();
    let (other, root) = somebody_else();
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {}; ssl_verify_client on; location / {{ return 204; }}",
                path_text(&root)
            ),
        )
    }) else {
        return;
    };
    let told = ward.doctor(server.port(), "/", 3);
    told.asks("required", "required")
        .offers(Some("issuer-not-named"));
    told.prevented_by(&["not-offered"])
        .finds("this-ca-not-named");
    assert_eq!(told.issuers(), [subject_of(&other, &root)]);
    // Nor would the server take it: what it says is that it cannot verify it.
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.logs_in(&["refused", "refused"]);
    told.prevented_by(&["not-offered", "login-refused"]);
    assert_eq!(told.document["logins"][1]["status"], 400);
    // Whoever has no certificate at all is told that.
    let nobody = Authority::none();
    let url = format!("https://localhost:{}/", server.port());
    let told = super::Told::read(&nobody.pki(&["doctor", "--json", &url]).exits(3));
    told.asks("required", "required");
    told.prevented_by(&["unknown-issuer", "no-candidate"]);
}

#[test]
fn one_whose_crls_have_ended_refuses_everybody_and_does_not_say_why() {
    let Some((ward, crls)) = Ward::with_ended_crls() else {
        return;
    };
    let Some(server) = ward.start_with_crls(&crls) else {
        return;
    };
    // What a browser offers does not tell: only a login does.
    ward.doctor(server.port(), "/", 0).offers(None);
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.logs_in(&["refused", "refused"]);
    told.prevented_by(&["login-refused"])
        .finds("crl-may-be-expired");
    assert_eq!(told.document["logins"][1]["status"], 400);
}

#[test]
fn one_whose_answer_never_ends_is_told_by_its_beginning() {
    let ward = Ward::new();
    let Some(server) = ward.start(&NGINX, |site| {
        let page = "a word and another ".repeat(100);
        configuration_with(
            site,
            &format!("limit_rate_after 1k; limit_rate 1; location / {{ return 200 \"{page}\"; }}"),
        )
    }) else {
        return;
    };
    let told = ward.doctor(server.port(), "/", 3);
    told.asks("never", "never").answers(200, 200);
    told.prevented_by(&["never-asked"]);
}

#[test]
fn one_that_hides_its_refusal_behind_a_page_or_a_redirect_accepts_nobody() {
    let ward = Ward::new();
    let serial = ward.alice.certificate["serial_number"].as_str().unwrap();
    ward.authority.pki(&["revoke", "alice", "--yes"]).ok();
    let crls = ward.authority.path("crls.pem");
    let words = ["crl", "--bundle", "--out", path_text(&crls)];
    ward.authority.pki(&words).ok();
    let (root, crls) = (ward.ca("root"), crls.display());
    let password = ward.password_file("alice", &ward.alice.password);
    let log_in = |error_page: &str| {
        let server = ward.start(&NGINX, |site| {
            configuration_with(
                site,
                &format!(
                    "ssl_client_certificate {root}; ssl_verify_client on; ssl_verify_depth 2; ssl_crl {crls};
                    error_page 495 496 {error_page};
                    location = /custom.html {{ internal; return 200 \"come again\"; }}
                    location / {{ return 204; }}"
                ),
            )
        })?;
        let url = format!("https://localhost:{}/", server.port());
        let words = [
            &url,
            "--as",
            serial,
            "--password-file",
            path_text(&password),
        ];
        let told = ward.run(&words, 3);
        told.logs_in(&["no-difference", "no-difference"]);
        told.does_not_find("revocation-not-checked");
        Some(told)
    };
    let Some(told) = log_in("=302 https://elsewhere.test/need-cert") else {
        return;
    };
    told.prevented_by(&["no-difference"]).finds("redirect");
    let Some(told) = log_in("=200 /custom.html") else {
        return;
    };
    told.prevented_by(&["no-difference"]).finds("open-to-all");
}

#[test]
fn one_that_refuses_what_was_revoked_is_right_and_nothing_else_is_advised() {
    let ward = Ward::new();
    let serial = ward.alice.certificate["serial_number"].as_str().unwrap();
    ward.authority.pki(&["revoke", "alice", "--yes"]).ok();
    let crls = ward.authority.path("crls.pem");
    let words = ["crl", "--bundle", "--out", path_text(&crls)];
    ward.authority.pki(&words).ok();
    let Some(server) = ward.start_with_crls(&crls) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let password = ward.password_file("alice", &ward.alice.password);
    let words = [
        &url,
        "--as",
        serial,
        "--password-file",
        path_text(&password),
    ];
    let told = ward.run(&words, 3);
    told.logs_in(&["refused", "refused"]);
    told.prevented_by(&["refused-as-revoked"])
        .does_not_find("login-refused");
    assert_eq!(told.document["logins"][1]["status"], 400);
    // nginx's own page would have one look at its log and give it fresh CRLs.
    let said = ward.authority.pki(&[&["doctor"], &words[..]].concat());
    let said = said.exits(3).out();
    assert!(!said.contains("fresh CRLs"), "{said}");
    assert!(said.contains("Issue another one"), "{said}");
}

#[test]
fn one_that_leads_on_with_a_certificate_has_not_said_what_it_makes_of_it() {
    let ward = Ward::new();
    let root = ward.ca("root");
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_client optional; ssl_verify_depth 2;
                location /login {{ return 302 /login; }}
                location / {{ if ($ssl_client_verify != SUCCESS) {{ return 403; }} return 302 /home; }}"
            ),
        )
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.logs_in(&["redirected", "redirected"]);
    told.prevented_by(&["login-redirected"]).finds("redirect");
    let told = ward.doctor_as_alice(server.port(), "/login", 3);
    told.logs_in(&["no-difference", "no-difference"]);
    told.prevented_by(&["no-difference"]);
}

#[test]
fn one_that_is_open_to_all_is_open_to_who_logs_in() {
    let ward = Ward::new();
    let root = ward.ca("root");
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_client optional; ssl_verify_depth 2;
                location / {{ return 200 \"welcome\"; }}"
            ),
        )
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.logs_in(&["no-difference", "no-difference"]);
    told.finds("no-difference").finds("open-to-all");
}

#[test]
fn one_that_checks_no_crl_lets_in_what_was_revoked_which_is_said() {
    let ward = Ward::new();
    let serial = ward.alice.certificate["serial_number"].as_str().unwrap();
    ward.authority.pki(&["revoke", "alice", "--yes"]).ok();
    let root = ward.ca("root");
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_client on; ssl_verify_depth 2;
                location / {{ return 204; }}"
            ),
        )
    }) else {
        return;
    };
    let password = ward.password_file("alice", &ward.alice.password);
    let url = format!("https://localhost:{}/", server.port());
    let words = [
        &url,
        "--as",
        serial,
        "--password-file",
        path_text(&password),
    ];
    let told = super::Told::read(
        &ward
            .authority
            .pki(&[&["doctor", "--json"], &words[..]].concat()),
    );
    told.logs_in(&["accepted", "accepted"])
        .finds("revocation-not-checked");
}

#[test]
fn a_page_that_pretends_to_be_a_message_is_a_page() {
    let ward = Ward::new();
    let forged = |version: &str| {
        format!(
            "<<< {version}, Handshake [length 0010], Finished\n    14 00\n<<< {version}, Handshake [length 000f], CertificateRequest\n    0d 00 00 0a\n"
        )
    };
    let page = [forged("TLS 1.2"), forged("TLS 1.3")].concat();
    let Some(server) = ward.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!("add_header X-One \"<<< TLS 1.3, Handshake [length 000f], CertificateRequest\"; location / {{ return 200 \"{page}\"; }}"),
        )
    }) else {
        return;
    };
    let told = ward.doctor(server.port(), "/", 3);
    told.asks("never", "never").prevented_by(&["never-asked"]);
}
