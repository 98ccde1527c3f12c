//! `docs/wireshark.md`: what it tells people to run does what it says.

use crate::support::authority::PKI;
use crate::support::{Authority, PASSPHRASE, Server, finish, hermetic, path_text, tool};

/// The blocks of a page that begin with this word behind the fence, with the block that follows each.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut fenced = Vec::new();
    for (position, part) in page.split("```").enumerate() {
        if position % 2 == 1 {
            fenced.push(part.split_once('\n').expect("a language and a block"));
        }
    }
    fenced
}

#[test]
fn the_commands_of_the_page_about_wireshark_print_what_it_says() {
    for needed in ["tshark", "editcap", "bash"] {
        if tool(needed).is_none() {
            return;
        }
    }
    let page = include_str!("../../docs/wireshark.md");
    let blocks = blocks(page);
    assert!(blocks.len() >= 8, "{} blocks", blocks.len());
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let programs = std::path::Path::new(PKI).parent().unwrap().display();
    let path = std::env::var("PATH").unwrap();
    let run = |script: &str| {
        let mut bash = hermetic("bash", authority.home());
        bash.args(["-euc", script])
            .env("PATH", format!("{programs}:{path}"))
            .env("PKI_PASSPHRASE", PASSPHRASE)
            .env("PKI_BUNDLE_PASSWORD", &alice.password);
        finish(&mut bash).ok().out()
    };
    // What gets the server ready, before it starts.
    let (first, rest) = blocks.split_first().unwrap();
    assert!(first.1.starts_with("pki issue-server"), "{}", first.1);
    run(first.1);
    let key_log = authority.path("server.keys");
    let server = Server::start(&authority, &["--keylog", path_text(&key_log)]);
    let mut compared = 0;
    for (position, (language, text)) in rest.iter().enumerate() {
        if *language != "sh" {
            assert_eq!(*language, "text");
            continue;
        }
        let said = run(&text.replace("https://localhost:8443", &server.https));
        if let Some(("text", expected)) = rest.get(position + 1) {
            assert_eq!(said, *expected, "{text}");
            compared += 1;
        }
    }
    assert!(compared >= 5, "{compared} outputs compared");
    // That the key opens nothing was tried with a key that could.
    let key = authority.path("ca-data/servers/pki-serve/key.pem");
    let words = ["pkey", "-noout", "-text", "-in", path_text(&key)];
    let told = authority.openssl(&words).unwrap().ok().out();
    assert!(told.contains("modulus"), "the key is no RSA key");
}
