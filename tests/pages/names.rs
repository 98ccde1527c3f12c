//! Names that somebody else chose: none changes what stands around it, and none is harder to read than it need be.

use super::fields::on_page;
use super::{Way, page_and_document};
use crate::support::{Authority, Credentials, Server};

/// It would turn what follows it, run, and name a field of ours.
pub(super) const HOSTILE: &str = "\u{202e}ecila<script>alert(1)<\\/script>\" data-field=\"fresh";

/// A certificate of a stranger's under this common name; none where OpenSSL is missing.
pub(super) fn stranger(authority: &Authority, name: &str) -> Option<Credentials> {
    let subject = format!("/CN={name}");
    let words = [
        "req",
        "-x509",
        "-utf8",
        "-noenc",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-days",
        "30",
        "-keyout",
        "stranger.key",
        "-out",
        "stranger.pem",
        "-subj",
        &subject,
    ];
    authority.openssl(&words)?.ok();
    Some(Credentials {
        certificate: authority.path("stranger.pem"),
        key: authority.path("stranger.key"),
        chain: None,
    })
}

#[test]
fn a_strangers_name_turns_nothing_runs_nothing_and_names_no_field() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let Some(stranger) = stranger(&authority, HOSTILE) else {
        return;
    };
    let way = Way {
        credentials: Some(&stranger),
        options: &[],
        resumes: false,
    };
    let Some((page, document)) = page_and_document(&authority, &server, &way) else {
        return;
    };
    let subject = document["certificate"]["subject"].as_str().unwrap();
    assert!(subject.contains('\u{202e}') && subject.contains("script"));
    let body = &page.body;
    assert!(
        !body.contains('\u{202e}') && !body.contains("<script"),
        "{body}"
    );
    let shown = on_page(body);
    let subjects = &shown["certificate.subject"];
    assert_eq!(*subjects, [subject.replace('\u{202e}', "\u{fffd}")]);
    assert!(
        shown["fresh"]
            .iter()
            .all(|place| place.starts_with("https://"))
    );
    // Wherever it stands it is by itself.
    let isolated = body.matches("<bdi>CN=\u{fffd}ecila").count();
    assert_eq!(
        body.matches("\u{fffd}ecila").count(),
        isolated + body.matches(", issued by CN=\u{fffd}ecila").count()
    );
    assert!(isolated >= 4, "{isolated}");
    // Of a stranger's certificate nothing is valid here.
    assert!(!shown.contains_key("certificate.status"));
    assert_eq!(document["certificate"]["status"], "valid");
}

#[test]
fn a_name_in_another_direction_stands_as_it_is() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let client = authority.issue_client(&["מיכל כהן"]);
    let Some(credentials) = authority.credentials(&client) else {
        return;
    };
    let way = Way {
        credentials: Some(&credentials),
        options: &[],
        resumes: false,
    };
    let Some((page, _)) = page_and_document(&authority, &server, &way) else {
        return;
    };
    let name = "<bdi id=\"name\">מיכל כהן</bdi>";
    assert!(page.body.contains(name), "{}", page.body);
    assert_eq!(on_page(&page.body)["certificate.name"], ["מיכל כהן"]);
    assert!(page.body.contains("<title>Logged in as מיכל כהן</title>"));
}
