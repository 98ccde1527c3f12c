//! Logins that are refused: by the page where certificates are optional, by an alert where they are required.

use pki::server::ClientAuth;

use super::fixture::{Authority, Holder, VERSIONS, outcome};

/// Everybody who is not let in, with the reason and the alert.
pub(super) fn unwelcome(authority: &Authority) -> Vec<(Holder, &'static str, &'static str)> {
    let revoked = authority.client("revoked");
    authority.revoke(&revoked);
    let foreign = Authority::called("Foreign");
    let namesake = Authority::new();
    vec![
        (foreign.client("foreign"), "unknown-issuer", "unknown_ca"),
        (Holder::self_signed("self"), "unknown-issuer", "unknown_ca"),
        // Another authority of the same name, with other keys.
        (
            namesake.client("namesake"),
            "bad-signature",
            "bad_certificate",
        ),
        (
            authority.server("a-server"),
            "wrong-extended-key-usage",
            "unsupported_certificate",
        ),
        (
            authority.unrecorded_client("stray"),
            "not-issued-here",
            "access_denied",
        ),
        (revoked, "revoked", "certificate_revoked"),
        (
            authority.future_client("tomorrow"),
            "not-yet-valid",
            "certificate_expired",
        ),
        (
            authority.expired_client("yesterday"),
            "expired",
            "certificate_expired",
        ),
    ]
}

#[tokio::test]
async fn where_certificates_are_optional_the_answer_gives_the_reason() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for (holder, reason, _) in unwelcome(&authority) {
        for version in VERSIONS {
            let mut client = authority.login_as(Some(&holder), version);
            let report = client.login(&server.url()).await.unwrap();
            assert_eq!(outcome(&report), ("refused", Some(reason), None));
            assert_eq!(report.status, Some(403));
            assert_eq!(report.exporter_matches, Some(true));
            assert!(report.message.is_some() && report.hint.is_some());
        }
        let subject = holder.certificate.subject();
        server.logged(&format!("refused {reason} {subject}")).await;
    }
}

#[tokio::test]
async fn where_certificates_are_required_an_alert_refuses_and_the_log_gives_the_reason() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Required).await;
    for (holder, reason, alert) in unwelcome(&authority) {
        for version in VERSIONS {
            let mut client = authority.login_as(Some(&holder), version);
            let report = client.login(&server.url()).await.unwrap();
            assert_eq!(outcome(&report), ("refused", None, Some(alert)), "{reason}");
            let session = report.session.unwrap();
            assert!(session.signature_scheme.is_some());
            assert_eq!(session.acceptable_issuers.len(), 2);
            assert!(report.server_certificate.is_some());
            assert_eq!(report.exporter_matches, None);
        }
        let subject = holder.certificate.subject();
        server.logged(&format!("refused {reason} {subject}")).await;
    }
}

#[tokio::test]
async fn without_a_certificate_nobody_is_let_in() {
    let authority = Authority::new();
    let optional = authority.serve(ClientAuth::Optional).await;
    let required = authority.serve(ClientAuth::Required).await;
    for version in VERSIONS {
        let mut client = authority.login_as(None, version);
        let report = client.login(&optional.url()).await.unwrap();
        assert_eq!(outcome(&report), ("no-certificate", None, None));
        assert_eq!(report.status, Some(401));
        let session = report.session.unwrap();
        assert_eq!(session.signature_scheme, None);
        assert_eq!(session.acceptable_issuers.len(), 2);

        let mut client = authority.login_as(None, version);
        let report = client.login(&required.url()).await.unwrap();
        assert_eq!(
            outcome(&report),
            ("no-certificate", None, Some("certificate_required"))
        );
    }
    optional.logged("no-certificate - -").await;
    required.logged("no-certificate - -").await;
}
