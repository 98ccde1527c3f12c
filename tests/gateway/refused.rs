//! Who is not accepted gets our pages, and nothing of the application, from the moment that it is known.

use serde_json::Value;

use super::{Kind, Site, person};
use crate::support::tls::{Session, visit_by};
use crate::support::{Tls, path_text};

/// Status, the reason in its field, and the body.
fn ask(
    site: &Site,
    credentials: Option<&crate::support::Credentials>,
    words: &[&str],
    path: &str,
) -> (u16, String, String) {
    let url = site.url(path);
    let out = ["--write-out", "\n%{http_code} %header{pki-reason}"];
    let said = site
        .curl_as(credentials, &[&out, words, &[&url]].concat())
        .ok()
        .out();
    let (body, last) = said.rsplit_once('\n').unwrap();
    let (status, reason) = last.split_once(' ').unwrap();
    (status.parse().unwrap(), reason.to_owned(), body.to_owned())
}

#[test]
fn who_is_not_accepted_sees_our_pages_and_nothing_of_the_application() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let Some(bob) = person(&site.authority, "bob") else {
        return;
    };
    site.authority.pki(&["revoke", "bob", "--yes"]).ok();
    for protocol in super::passing::PROTOCOLS {
        for (credentials, status, reason, verdict) in [
            (None, 401, "", "no-certificate"),
            (Some(&bob), 403, "revoked", "refused"),
        ] {
            for path in ["/", "/echo", "/any/other?x"] {
                let (answered, said, page) = ask(&site, credentials, &[protocol], path);
                assert_eq!((answered, said.as_str()), (status, reason), "{path}");
                assert!(
                    page.contains(&format!("id=\"verdict\">{verdict}<")),
                    "{page}"
                );
            }
            for (words, path) in [
                (&["--header", "Accept: application/json"][..], "/echo"),
                (
                    &["--header", "Accept: application/json", "--data", "x"],
                    "/echo",
                ),
                (&[], "/login.json"),
            ] {
                let words = [&[protocol], words].concat();
                let (answered, said, document) = ask(&site, credentials, &words, path);
                assert_eq!((answered, said.as_str()), (status, reason), "{path}");
                let document: Value = serde_json::from_str(&document).unwrap();
                assert_eq!(document["verdict"], verdict);
            }
            // What helps to get in is there for these alone.
            for path in [
                "/steps",
                "/steps/firefox",
                "/refusals/revoked",
                "/ca/root.crt",
            ] {
                assert_eq!(
                    ask(
                        &site,
                        credentials,
                        &[protocol, "--output", "/dev/null"],
                        path
                    )
                    .0,
                    200
                );
            }
            for method in ["POST", "PUT", "DELETE"] {
                let words = [protocol, "--request", method];
                assert_eq!(ask(&site, credentials, &words, "/echo").0, status);
            }
        }
    }
    assert_eq!(
        site.application.said().lines().count(),
        1,
        "{}",
        site.application.said()
    );
    for path in ["/steps", "/refusals", "/ca/root.crt", "/login.json", "/"] {
        let told = site.curl(&[&site.url(path)]).ok().json();
        assert_eq!(told["request"], format!("GET {path} HTTP/1.1"));
    }
}

#[test]
fn a_refused_upload_is_answered_before_the_connection_ends() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let large = site.authority.path("large");
    std::fs::write(&large, vec![b'x'; 4 << 20]).unwrap();
    let data = format!("@{}", path_text(&large));
    for protocol in super::passing::PROTOCOLS {
        for expect in ["Expect:", "Expect: 100-continue"] {
            let words = [protocol, "--data-binary", &data, "--header", expect];
            let (status, _, page) = ask(&site, None, &words, "/echo");
            assert_eq!(status, 401, "{protocol} {expect}");
            assert!(page.contains("no-certificate"));
        }
    }
}

#[test]
fn a_revocation_counts_on_the_next_request_of_an_open_connection() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let mut raw = site.raw();
    let request = "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for number in 1..3 {
        raw.send(request);
        crate::support::process::wait_for("an answer", || {
            (raw.count("\"trailers\": []") == number).then_some(())
        });
    }
    site.authority.pki(&["revoke", "alice", "--yes"]).ok();
    raw.send(request);
    raw.wait_for("HTTP/1.1 403");
    raw.wait_for("pki-reason: revoked");
    assert_eq!(site.application.count("GET /echo"), 2);
    assert_eq!(
        site.server.logged(" accepted - CN=alice"),
        1,
        "each verdict is told once"
    );
    assert_eq!(site.server.logged(" refused revoked CN=alice"), 1);
}

#[test]
fn a_revocation_ends_what_is_on_its_way() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for (name, words) in [("bob", &["--http1.1"][..]), ("carol", &["--http2"])] {
        let Some(credentials) = person(&site.authority, name) else {
            return;
        };
        let url = site.url(&format!("/events?{name}"));
        let words = [words, &["--no-buffer", &url]].concat();
        let mut curl = super::Companion::start(site.curl_command(Some(&credentials), &words));
        curl.wait_for("data: 0");
        site.authority.pki(&["revoke", name, "--yes"]).ok();
        let said = curl.wait_for_the_end();
        assert!(said.contains("curl: ("), "it is no whole answer: {said}");
        assert!(!said.contains("data: 1"));
        site.server
            .wait_for_log(&format!("refused revoked CN={name}"));
    }
}

#[test]
fn where_a_certificate_is_required_the_handshake_refuses_and_a_resumed_session_is_judged() {
    let Some(site) = Site::of(Kind::Python, &["--client-auth", "required"]) else {
        return;
    };
    let url = site.url("/echo");
    let refused = site.curl_as(None, &[&url]);
    assert_ne!(refused.code, Some(0), "{}", refused.said());
    assert_eq!(site.echo(&[])["request"], "GET /echo HTTP/1.1");
    let kept: Vec<_> = Tls::BOTH
        .into_iter()
        .map(|tls| (tls, site.authority.path(tls.name())))
        .collect();
    let port = site.server.port();
    let visit = |tls, session| {
        visit_by(
            &site.authority,
            port,
            Some(&site.alice),
            tls,
            session,
            &[],
            &["/login.json"],
        )
    };
    for (tls, session) in &kept {
        let Some(visit) = visit(*tls, Session::Keep(session)) else {
            return;
        };
        assert_eq!(visit.document["request"], "GET /login.json HTTP/1.1");
    }
    site.authority.pki(&["revoke", "alice", "--yes"]).ok();
    for (tls, session) in &kept {
        let visit = visit(*tls, Session::Resume(session)).unwrap();
        assert!(visit.resumed, "{}", visit.finished.said());
        visit.assert_judged(403, "refused", Some("revoked"));
    }
    assert_eq!(site.application.count("GET /login.json"), 2);
    assert_ne!(site.curl(&[&url]).code, Some(0));
}
