//! `pki demo`: README's first command.

use std::time::{Duration, Instant};

use crate::support::{Authority, Tree, finish};

#[test]
fn the_demo_passes_in_an_empty_directory_in_under_two_seconds() {
    let empty = Authority::none();
    let before = Instant::now();
    let shown = finish(&mut empty.locked_command(&["demo", "--once", "--json"])).ok();
    let took = before.elapsed();
    let document = shown.json();
    let logins = document["logins"].as_array().expect("a list of logins");
    assert!(logins.len() >= 4, "{document:#}");
    for login in logins {
        assert!(login["case"].is_string(), "{login:#}");
        assert_eq!(login["expected"], login["verdict"], "{login:#}");
    }
    let verdict_of = |word: &str| {
        let named = |login: &&serde_json::Value| login["case"].as_str().unwrap().contains(word);
        logins
            .iter()
            .find(named)
            .map(|login| (&login["verdict"], &login["reason"]))
    };
    assert!(
        logins.iter().any(|login| login["verdict"] == "accepted"),
        "{document:#}"
    );
    assert!(
        logins
            .iter()
            .any(|login| login["verdict"] == "no-certificate"),
        "{document:#}"
    );
    assert_eq!(verdict_of("revoked").expect("a revoked one").1, "revoked");
    assert_eq!(
        verdict_of("foreign").expect("a foreign one").1,
        "unknown-issuer"
    );
    assert!(
        document["url"]
            .as_str()
            .expect("a URL")
            .starts_with("https://localhost:")
    );
    assert!(
        empty
            .home()
            .join(document["bundle"]["path"].as_str().expect("a bundle"))
            .is_file()
    );
    assert!(took < Duration::from_secs(2), "the demo took {took:?}");
}

#[test]
fn the_demo_can_be_shown_again_in_the_same_directory_and_touches_no_other_authority() {
    let authority = Authority::init(&[]);
    let before = Tree::of(&authority.data());
    authority.pki(&["demo", "--once"]).ok();
    authority.pki(&["demo", "--once"]).ok();
    let demo = authority.path("ca-data/demo");
    if demo.exists() {
        // Its root's key is gone on purpose.
        let words = ["--ca-data", "ca-data/demo", "verify-store"];
        authority.pki(&words).ok();
        std::fs::remove_dir_all(demo).unwrap();
    }
    before.assert_unchanged(&authority.data(), "two demos");
}
