//! HAProxy.

use super::Ward;
use crate::servers::haproxy::{HAPROXY, configuration_with};

const ANSWER: &str = "http-request return status 200";

#[test]
fn one_that_names_the_root_alone_is_offered_what_comes_with_its_chain() {
    let ward = Ward::new();
    let root = ward.ca("root");
    let Some(server) = ward.start(&HAPROXY, |site| {
        configuration_with(site, &format!("ca-file {root} verify required"), ANSWER)
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.asks("required", "required");
    told.answers("handshake_failure", "certificate_required");
    told.finds("only-the-root-named").offers(None);
    told.logs_in(&["accepted", "accepted"]);
    let root = super::subject_of(&ward.authority, &ward.authority.root());
    assert_eq!(told.issuers(), [root]);
}

#[test]
fn one_that_speaks_tls_1_3_only_and_asks_optionally_is_told_so() {
    let ward = Ward::new();
    let root = ward.ca("root");
    let Some(server) = ward.start(&HAPROXY, |site| {
        let bind = format!("ca-file {root} verify optional ssl-min-ver TLSv1.3");
        let lines = "http-request deny deny_status 403 unless { ssl_c_used }\n    http-request return status 200";
        configuration_with(site, &bind, lines)
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.asks("", "optional").answers("protocol_version", 403);
    told.finds("tls-1.3-only").logs_in(&["accepted"]);
}

#[test]
fn one_whose_crls_have_ended_says_that_something_has_expired() {
    let Some((ward, crls)) = Ward::with_ended_crls() else {
        return;
    };
    let (root, crls) = (ward.ca("root"), crls.display());
    let Some(server) = ward.start(&HAPROXY, |site| {
        let bind = format!("ca-file {root} verify required crl-file {crls}");
        configuration_with(site, &bind, ANSWER)
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.logs_in(&["refused", "refused"]);
    told.prevented_by(&["login-refused"]).finds("crl-expired");
    assert_eq!(told.document["logins"][0]["alert"], "certificate_expired");
}

#[test]
fn one_that_lacks_a_crl_says_that_it_does_not_know_the_ca() {
    let ward = Ward::new();
    let crls = ward.authority.path("issuing-only.pem");
    let words = ["crl", "--out", crate::support::path_text(&crls)];
    ward.authority.pki(&words).ok();
    let (root, crls) = (ward.ca("root"), crls.display());
    let Some(server) = ward.start(&HAPROXY, |site| {
        let bind = format!("ca-file {root} verify required crl-file {crls}");
        configuration_with(site, &bind, ANSWER)
    }) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 3);
    told.prevented_by(&["login-refused"])
        .finds("crl-may-be-missing");
    assert_eq!(told.document["logins"][1]["alert"], "unknown_ca");
}
