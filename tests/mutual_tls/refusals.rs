//! The pages of the reasons: on both sides, and on the page that refuses.

use std::collections::BTreeSet;

use pki::refusals::Refusal;
use pki::server::ClientAuth;
use pki::steps::title;

use super::fixture::Authority;
use super::refused::unwelcome;
use super::steps::{Visit, assert_strict};

/// The places on this server that a page leads to.
fn places(page: &str) -> BTreeSet<String> {
    let links = page.split("href=\"").skip(1);
    let links = links.map(|rest| rest.split('"').next().unwrap().to_owned());
    links.filter(|link| link.starts_with('/')).collect()
}

#[tokio::test]
async fn both_sides_have_a_page_for_each_reason_and_each_link_leads_somewhere() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for mut visit in [
        Visit::over_tls(&authority, &server, None).await,
        Visit::over_tcp(&server).await,
    ] {
        let (parts, list) = visit.get("/refusals", "").await;
        assert_eq!(parts.status, 200);
        assert_strict(&parts, &list);
        let mut linked = places(&list);
        for refusal in Refusal::all() {
            let path = format!("/refusals/{}", refusal.as_str());
            assert!(linked.contains(&path), "{path}: {list}");
            let (parts, page) = visit.get(&path, "").await;
            assert_eq!(parts.status, 200, "{path}");
            assert_strict(&parts, &page);
            let heading = format!("<h1>{}</h1>", title(refusal.page()));
            assert!(page.contains(&heading), "{path}: {page}");
            assert!(page.contains("<h2>What to do</h2>"), "{path}: {page}");
            assert!(page.contains("<a href=\"/refusals\">"), "{path}: {page}");
            linked.extend(places(&page));
        }
        assert!(linked.contains("/steps"), "{linked:?}");
        // On one side that is the page that judges, and writes down what it judged.
        linked.remove("/");
        for link in linked {
            assert_eq!(visit.get(&link, "").await.0.status, 200, "{link}");
        }
        for unknown in ["accepted", "Expired", "expired.md", "expired/x", "%ff", ""] {
            let path = format!("/refusals/{unknown}");
            assert_eq!(visit.get(&path, "").await.0.status, 404, "{path}");
        }
    }
    // Nobody was judged for reading.
    assert_eq!(server.log(), [""; 0]);
}

#[tokio::test]
async fn the_page_that_refuses_says_what_it_means_and_what_to_do_next() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let refused = unwelcome(&authority);
    let refused = refused
        .iter()
        .map(|(holder, word, _)| (Some(holder), *word));
    for (holder, word) in refused.chain([(None, "no-certificate")]) {
        let refusal = Refusal::parse(word).unwrap();
        let mut visit = Visit::over_tls(&authority, &server, holder).await;
        let (parts, page) = visit.get("/", "").await;
        assert_strict(&parts, &page);
        let heading = format!(r#"<h2 id="refusal">{}</h2>"#, title(refusal.page()));
        assert_eq!(page.matches(&heading).count(), 1, "{heading}: {page}");
        assert!(page.contains("<h3>What to do</h3>"), "{page}");
        let more = format!(r#"<a href="/refusals/{word}">"#);
        assert!(page.contains(&more), "{more}: {page}");
        assert_eq!(page.matches(r#"id="refusal""#).count(), 1, "{page}");
    }
    let alice = authority.client("alice");
    let mut visit = Visit::over_tls(&authority, &server, Some(&alice)).await;
    let (_, page) = visit.get("/", "").await;
    assert!(!page.contains(r#"id="refusal""#), "{page}");
}

/// Which alert our server sends for which reason is tested beside the verifier and with real logins.
#[tokio::test]
async fn each_page_names_the_alert_that_the_client_is_sent() {
    let authority = Authority::new();
    let alerts: Vec<_> = unwelcome(&authority)
        .into_iter()
        .map(|(_, word, alert)| (word, alert))
        .chain([("no-certificate", "certificate_required")])
        .collect();
    for (word, alert) in alerts {
        let page = Refusal::parse(word).unwrap().page();
        let (_, named) = page
            .split_once("ends the handshake with the alert `")
            .unwrap();
        assert!(named.starts_with(&format!("{alert}`")), "{word}: {named}");
    }
}
