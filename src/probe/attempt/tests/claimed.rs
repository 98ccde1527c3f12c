//! Applications that believe headers, and such as do not.

use hyper::HeaderMap;

use super::super::super::case::Spelling;
use super::server::Application;
use super::*;
use crate::certificate::Certificate;

const ALL: [Spelling; 4] = [
    Spelling::XSslClient,
    Spelling::ClientCert,
    Spelling::XForwardedClientCert,
    Spelling::Underscores,
];

/// What comes of each spelling.
async fn told(clients: Clients, application: Application) -> [Told; 4] {
    tried(clients, application).await.map(|it| it.told)
}

async fn tried(clients: Clients, application: Application) -> [Attempt; 4] {
    let server = Server::start(Settings {
        clients,
        application,
        ..Settings::default()
    })
    .await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    let mut all = Vec::new();
    for spelling in ALL {
        all.push(headers(&server.place, &good, spelling, &let_in).await);
    }
    all.try_into().unwrap()
}

/// One letter for each.
fn letters(told: &[Told; 4]) -> String {
    let letter = |told: &Told| match told {
        Told::LetIn(_) => 'i',
        Told::RefusedInHandshake(_) => 'h',
        Told::RefusedByStatus(_) => 's',
        Told::Disregarded(_) => 'd',
        Told::NotDone(_) => 'n',
        Told::CouldNotTell(_) => '?',
    };
    told.iter().map(letter).collect()
}

fn field<'a>(fields: &'a HeaderMap, name: &str) -> Option<&'a str> {
    fields.get(name)?.to_str().ok()
}

#[tokio::test]
async fn who_goes_by_the_certificate_alone_disregards_them_all() {
    let told = told(Clients::Optional, server::greet).await;
    assert_eq!(letters(&told), "dddd", "{told:?}");
}

#[tokio::test]
async fn an_application_that_believes_the_subject_is_found_out_with_a_certificate() {
    // Without one it is not even asked: the handshake ends before.
    let tried = tried(Clients::Required, |fields, name| {
        let claimed = field(fields, "x-ssl-client-s-dn");
        server::greet(fields, claimed.or(name))
    })
    .await;
    let told = tried.each_ref().map(|it| it.told.clone());
    assert_eq!(letters(&told), "iddd", "{told:?}");
    // Eleven are sent beside it, and none of them is to blame.
    assert_eq!(tried[0].fields, ["X-SSL-Client-S-DN"]);
    assert_eq!(
        told[0].how(),
        "with the good certificate, X-SSL-Client-S-DN reached the application: the answer shows what was claimed"
    );
}

#[tokio::test]
async fn an_application_that_believes_the_verification_is_found_out_without_one() {
    // It shows nobody's name.
    let tried = tried(Clients::Optional, |fields, name| {
        let is_verified = field(fields, "x-ssl-client-verify") == Some("SUCCESS");
        match name.is_some() || is_verified {
            true => (200, "welcome".to_owned()),
            false => (401, "no".to_owned()),
        }
    })
    .await;
    let told = tried.each_ref().map(|it| it.told.clone());
    assert_eq!(letters(&told), "i???", "{told:?}");
    assert_eq!(tried[0].fields, ["X-SSL-Client-Verify"]);
    assert!(
        told[0]
            .how()
            .starts_with("without a certificate, X-SSL-Client-Verify let the client in: HTTP 200")
    );
}

#[tokio::test]
async fn of_fields_that_count_together_none_is_told_that_is_not_needed() {
    let tried = tried(Clients::Optional, |fields, name| {
        let is_verified = field(fields, "ssl-client-verify") == Some("SUCCESS");
        let claimed = field(fields, "ssl-client-serial").filter(|_| is_verified);
        match name.is_some() || claimed.is_some() {
            true => (200, "welcome".to_owned()),
            false => (401, "no".to_owned()),
        }
    })
    .await;
    assert_eq!(tried[0].fields, ["SSL-Client-Verify", "SSL-Client-Serial"]);
    assert!(tried[0].told.how().starts_with(
        "without a certificate, SSL-Client-Verify with SSL-Client-Serial let the client in"
    ));
}

#[tokio::test]
async fn every_field_that_arrives_is_told_and_not_the_first_alone() {
    let tried = tried(Clients::Required, |fields, name| {
        let (status, page) = server::greet(fields, name);
        let seen = ["x-ssl-client-cert", "remote-user"].map(|it| field(fields, it));
        (status, format!("{page} {seen:?}"))
    })
    .await;
    assert_eq!(tried[0].fields, ["X-SSL-Client-Cert", "Remote-User"]);
}

#[tokio::test]
async fn one_that_takes_underscores_for_hyphens_is_found_out_by_those() {
    // As CGI does, behind a proxy that has replaced the names with hyphens only.
    let told = told(Clients::Optional, |fields, name| {
        let claimed = field(fields, "x_ssl_client_s_dn");
        server::greet(fields, claimed.or(name))
    })
    .await;
    assert_eq!(letters(&told), "dddi", "{told:?}");
}

#[tokio::test]
async fn one_that_reads_a_certificate_out_of_a_header_is_found_out_by_the_name_in_it() {
    fn named(text: &str) -> Option<String> {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let der = pem::parse(pem).ok()?.into_contents();
        let certificate = Certificate::from_der(der).ok()?;
        certificate.subject().common_name().map(str::to_owned)
    }
    let told = told(Clients::Optional, |fields, name| {
        let claimed = field(fields, "client-cert").and_then(|it| named(it.trim_matches(':')));
        server::greet(fields, claimed.as_deref().or(name))
    })
    .await;
    assert_eq!(letters(&told), "didd", "{told:?}");
}

#[tokio::test]
async fn a_page_that_repeats_what_it_was_told_shows_that_it_was_told() {
    let told = told(Clients::Optional, |fields, name| {
        let (status, page) = server::greet(fields, name);
        let told = field(fields, "x-forwarded-client-cert").unwrap_or_default();
        (status, format!("{page} {told}"))
    })
    .await;
    assert_eq!(letters(&told), "ddid", "{told:?}");
}

#[tokio::test]
async fn where_it_leads_shows_it_too() {
    let told = told(Clients::Required, |fields, name| {
        let who = field(fields, "remote-user").or(name).unwrap_or_default();
        (302, format!("to /home/{who}"))
    })
    .await;
    // Elsewhere than where the name leads there is nothing to see.
    assert_eq!(&letters(&told)[..1], "i", "{told:?}");
}

/// What comes of the spelling `X-SSL-Client-*` at a server that speaks HTTP/2 too.
async fn tried_over_both(application: Application) -> Attempt {
    let server = Server::start(Settings {
        http2: true,
        application,
        ..Settings::default()
    })
    .await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    headers(&server.place, &good, Spelling::XSslClient, &let_in).await
}

/// The subject that is claimed, where that is over HTTP/2.
fn over_http2(fields: &HeaderMap) -> Option<&str> {
    let claimed = field(fields, "x-ssl-client-s-dn");
    claimed.filter(|_| field(fields, server::SPOKEN) == Some("HTTP/2.0"))
}

#[tokio::test]
async fn a_claim_that_is_believed_over_http2_alone_is_found_there() {
    let attempt = tried_over_both(|fields, name| {
        let claimed = over_http2(fields);
        server::greet(fields, claimed.or(name))
    })
    .await;
    assert_eq!(attempt.fields, ["x-ssl-client-s-dn"]);
    assert_eq!(
        attempt.told.how(),
        "over HTTP/2, without a certificate, x-ssl-client-s-dn let the client in: HTTP 200; \
         over HTTP/2, with the good certificate, x-ssl-client-s-dn reached the application: the answer shows what was claimed"
    );
    assert_eq!(
        attempt.seen,
        ["The headers were sent over HTTP/1.1 and over HTTP/2."]
    );
}

#[tokio::test]
async fn a_claim_that_is_believed_over_both_is_told_once() {
    let attempt = tried_over_both(|fields, name| {
        let claimed = field(fields, "x-ssl-client-s-dn").filter(|_| name.is_some());
        server::greet(fields, claimed.or(name))
    })
    .await;
    assert_eq!(attempt.fields, ["X-SSL-Client-S-DN"]);
    assert_eq!(
        attempt.told.how(),
        "over HTTP/1.1 and HTTP/2, with the good certificate, X-SSL-Client-S-DN reached the application: the answer shows what was claimed"
    );
}

#[tokio::test]
async fn a_claim_in_a_trailer_is_found_over_http2() {
    // The names of trailers are announced in the header section, and trailers are not.
    let attempt = tried_over_both(|fields, name| {
        let claimed = over_http2(fields).filter(|_| fields.contains_key("trailer"));
        server::greet(fields, claimed.or(name))
    })
    .await;
    let how = attempt.told.how();
    assert!(
        how.contains("x-ssl-client-s-dn in a trailer reached"),
        "{how}"
    );
}

#[tokio::test]
async fn who_disregards_claims_over_both_versions_is_told_so() {
    let attempt = tried_over_both(server::greet).await;
    assert!(matches!(attempt.told, Told::Disregarded(_)), "{attempt:?}");
    assert_eq!(
        attempt.seen,
        ["The headers were sent over HTTP/1.1 and over HTTP/2."]
    );
}

#[tokio::test]
async fn a_server_that_keeps_the_good_certificate_out_over_http2_tells_nothing_there() {
    let attempt = tried_over_both(|fields, name| {
        let is_http2 = field(fields, server::SPOKEN) == Some("HTTP/2.0");
        server::greet(fields, name.filter(|_| !is_http2))
    })
    .await;
    assert_eq!(
        attempt.told,
        Told::CouldNotTell(
            "over HTTP/2 the good certificate is not let in: HTTP 401, as without a certificate"
                .to_owned()
        )
    );
}

#[tokio::test]
async fn who_needs_no_certificate_over_http2_is_let_in_without_one() {
    let server = Server::start(Settings {
        http2: true,
        application: |fields, name| {
            let is_http2 = field(fields, server::SPOKEN) == Some("HTTP/2.0");
            server::greet(fields, name.or(Some("alice").filter(|_| is_http2)))
        },
        ..Settings::default()
    })
    .await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    let attempt = server.place.visit_without(&let_in).await;
    assert_eq!(
        attempt.told,
        Told::LetIn("over HTTP/2, HTTP 200".to_owned())
    );
    // And no field is to blame for it.
    let attempt = headers(&server.place, &good, Spelling::XSslClient, &let_in).await;
    assert!(matches!(attempt.told, Told::Disregarded(_)), "{attempt:?}");
}

#[tokio::test]
async fn a_server_that_does_not_serve_such_requests_refuses_them() {
    let told = told(Clients::Optional, |fields, name| {
        let is_forged = fields.keys().any(|name| {
            let name = name.as_str().replace('_', "-");
            name.contains("client") || name.ends_with("-user")
        });
        match is_forged {
            true => (400, "no such fields".to_owned()),
            false => server::greet(fields, name),
        }
    })
    .await;
    assert_eq!(letters(&told), "ssss", "{told:?}");
}

#[tokio::test]
async fn who_repeats_what_it_refuses_is_not_told_to_have_believed_it() {
    let told = told(Clients::Required, |fields, name| {
        match field(fields, "x-ssl-client-s-dn") {
            Some(claimed) => (400, format!("no such field as {claimed} here")),
            None => server::greet(fields, name),
        }
    })
    .await;
    assert_eq!(letters(&told), "?ddd", "{told:?}");
}

/// Turns away whoever sends `X-Client-Cert`, and greets who else is claimed to have come, or has come.
fn turn_away(fields: &HeaderMap, claimed: Option<&str>, name: Option<&str>) -> (u16, String) {
    match fields.contains_key("x-client-cert") {
        true => (400, "no such fields".to_owned()),
        false => server::greet(fields, claimed.or(name)),
    }
}

#[tokio::test]
async fn a_field_that_is_turned_away_hides_none_of_those_beside_it() {
    let tried = tried(Clients::Required, |fields, name| {
        turn_away(fields, field(fields, "remote-user"), name)
    })
    .await;
    assert_eq!(letters(&tried.each_ref().map(|it| it.told.clone())), "iddd");
    assert_eq!(tried[0].fields, ["Remote-User"]);
}

#[tokio::test]
async fn nor_those_that_count_together() {
    let tried = tried(Clients::Optional, |fields, name| {
        let is_verified = field(fields, "x-client-verify") == Some("SUCCESS");
        turn_away(
            fields,
            field(fields, "x-client-cn").filter(|_| is_verified),
            name,
        )
    })
    .await;
    assert_eq!(tried[0].fields, ["X-Client-Verify", "X-Client-CN"]);
}

#[tokio::test]
async fn nor_where_without_a_certificate_everybody_is_answered_as_who_is_turned_away() {
    // And it shows nobody's name, so that only what is claimed without one is seen.
    let tried = tried(Clients::Optional, |fields, name| {
        let is_named = name.or(field(fields, "remote-user")).is_some();
        match is_named && !fields.contains_key("x-client-cert") {
            true => (200, "welcome".to_owned()),
            false => (401, "no".to_owned()),
        }
    })
    .await;
    assert_eq!(tried[0].fields, ["Remote-User"]);
    assert!(tried[0].told.how().starts_with("without a certificate"));
}

#[tokio::test]
async fn where_everybody_is_let_in_and_no_name_is_shown_nothing_can_be_told() {
    let told = told(Clients::Optional, |_, _| (200, "welcome".to_owned())).await;
    assert_eq!(letters(&told), "????", "{told:?}");
}
