//! What the pages tell to type does what they say.

use std::process::Command;

use super::fields::text;
use super::{Way, ask};
use crate::logins::{CLIENT_EXTENSIONS, signed_with};
use crate::support::{
    Authority, Client, Credentials, Finished, Server, finish, hermetic, path_text, tool,
};

fn way(credentials: &Credentials) -> Way<'_> {
    Way {
        credentials: Some(credentials),
        options: &[],
        resumes: false,
    }
}

/// The words of the command that stands there under this `id`, behind `pki`; none where there is no such command.
fn printed(page: &str, id: &str) -> Option<Vec<String>> {
    let (_, rest) = page.split_once(&format!("<code id=\"{id}\">"))?;
    let command = text(rest.split("</code>").next().unwrap());
    let words = command.strip_prefix("pki ").unwrap();
    Some(words.split(' ').map(str::to_owned).collect())
}

#[track_caller]
fn run(authority: &Authority, words: &[String], password: &str) -> Finished {
    let mut words: Vec<_> = words.iter().map(String::as_str).collect();
    words.push("--json");
    let mut command: Command = authority.locked_command(&words);
    finish(command.env("PKI_BUNDLE_PASSWORD", password))
}

#[test]
fn of_two_devices_the_printed_command_logs_in_as_the_one_that_the_page_is_about() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    // Names that a shell, or the command line, would take for something else.
    for name in ["alice", "bob.pem", "Eve $(x)"] {
        let devices: Vec<Client> = ["laptop", "phone"]
            .iter()
            .map(|device| authority.issue_client(&[name, "--device", device]))
            .collect();
        for client in &devices {
            let Some(credentials) = authority.credentials(client) else {
                return;
            };
            let Some(mut answers) = ask(&authority, &way(&credentials), &[&server.https]) else {
                return;
            };
            let page = answers.remove(0).body;
            let words = printed(&page, "compare").unwrap();
            let document = run(&authority, &words, &client.password).ok().json();
            assert_eq!(document["exporter_matches"], true);
            let presented = &document["handshake"]["client_certificate"][0];
            assert_eq!(
                presented["fingerprint_sha256"], client.certificate["fingerprint_sha256"],
                "{name}"
            );
            let file = path_text(&client.bundle);
            let words = printed(&page, "compare-bundle").unwrap();
            let words: Vec<_> = words.iter().map(|it| it.replace("FILE", file)).collect();
            run(&authority, &words, &client.password).ok();
        }
    }
}

#[test]
fn who_has_no_bundle_here_and_who_has_no_certificate_has_a_command_too() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let request = [
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-noenc",
        "-keyout",
        "own.key",
        "-out",
        "own.csr",
        "-subj",
        "/CN=carol",
    ];
    let Some(made) = authority.openssl(&request) else {
        return;
    };
    made.ok();
    let csr = authority.path("own.csr");
    let certificate = authority.path("own.pem");
    let sign = [
        "sign-csr",
        path_text(&csr),
        "--profile",
        "client",
        "--name",
        "carol",
        "--out",
        path_text(&certificate),
    ];
    authority.pki(&sign).ok();
    let credentials = Credentials {
        certificate,
        key: authority.path("own.key"),
        chain: Some(authority.issuing()),
    };
    let Some(mut answers) = ask(&authority, &way(&credentials), &[&server.https]) else {
        return;
    };
    let page = answers.remove(0).body;
    let serial = printed(&page, "compare").unwrap();
    let refused = run(&authority, &serial, "").exits(1);
    let said = refused.said();
    assert!(said.contains("--bundle FILE"), "{said}");
    let bundle = [
        "pkcs12",
        "-export",
        "-in",
        "own.pem",
        "-inkey",
        "own.key",
        "-out",
        "own.p12",
        "-passout",
        "pass:secret",
    ];
    authority.openssl(&bundle).unwrap().ok();
    let file = authority.path("own.p12");
    let words = printed(&page, "compare-bundle").unwrap();
    let words: Vec<_> = words
        .iter()
        .map(|it| it.replace("FILE", path_text(&file)))
        .collect();
    let document = run(&authority, &words, "secret").ok().json();
    assert_eq!(document["verdict"], "accepted");

    let nobody = Way {
        credentials: None,
        options: &[],
        resumes: false,
    };
    let page = ask(&authority, &nobody, &[&server.https])
        .unwrap()
        .remove(0)
        .body;
    assert_eq!(printed(&page, "compare-bundle"), None);
    let document = run(&authority, &printed(&page, "compare").unwrap(), "");
    let document = document.exits(1).json();
    assert_eq!(document["verdict"], "no-certificate");
    assert_eq!(document["exporter_matches"], true);
}

/// What docs/refusals says of the usages shows them, also of certificates that the inventory does not know.
#[test]
fn the_usages_of_a_certificate_that_is_not_ours_are_printed() {
    let authority = Authority::init(&[]);
    let (issuing, key) = (authority.issuing(), authority.issuing_key());
    for (stem, from, to, line) in [
        ("mail", "clientAuth", "serverAuth", "extended-key-usage"),
        ("agreement", "digitalSignature", "keyAgreement", "key-usage"),
    ] {
        let extensions = CLIENT_EXTENSIONS.replace(from, to);
        let Some(made) = signed_with(&authority, &extensions, stem, &issuing, &key) else {
            return;
        };
        let said = authority
            .pki(&["verify", path_text(&made.certificate)])
            .exits(3)
            .out();
        let told = said
            .lines()
            .find(|it| it.split_whitespace().next() == Some(line));
        assert!(told.is_some_and(|it| it.contains(to)), "{line}: {said}");
        let words = [
            "x509",
            "-noout",
            "-ext",
            "keyUsage,extendedKeyUsage",
            "-in",
            path_text(&made.certificate),
        ];
        let said = authority.openssl(&words).unwrap().ok().out();
        let named = ["TLS Web Server Authentication", "Key Agreement"];
        assert!(named.iter().any(|it| said.contains(it)), "{said}");
    }
}

/// What the page tells to type shows what it promises.
#[test]
fn the_command_for_openssl_shows_the_same_value_on_both_ends() {
    let authority = Authority::init(&[]);
    let (Some(sh), Some(_), Some(_)) = (tool("sh"), tool("openssl"), tool("perl")) else {
        return;
    };
    let alice = authority.issue_client(&["alice"]);
    let Some(credentials) = authority.credentials(&alice) else {
        return;
    };
    for required in [false, true] {
        let mode = if required { "required" } else { "optional" };
        let server = Server::start(&authority, &["--client-auth", mode]);
        let nobody = Way {
            credentials: required.then_some(&credentials),
            options: &[],
            resumes: false,
        };
        let Some(mut answers) = ask(&authority, &nobody, &[&server.https]) else {
            return;
        };
        let page = answers.remove(0).body;
        let command = page.split("<code id=\"compare-openssl\">").nth(1).unwrap();
        let mut command = text(command.split("</code>").next().unwrap());
        assert_eq!(command.contains(" -cert certificate.pem "), required);
        command = command.replace("certificate.pem", path_text(&credentials.certificate));
        command = command.replace("key.pem", path_text(&credentials.key));
        let said = finish(hermetic(&sh, authority.home()).args(["-c", &command]))
            .ok()
            .out();
        let digits: Vec<_> = said
            .lines()
            .filter_map(|line| line.trim_end_matches('"').rsplit(['"', ' ']).next())
            .collect();
        assert!(
            matches!(*digits, [one, other] if one == other && one.len() == 64),
            "{said}"
        );
    }
}
