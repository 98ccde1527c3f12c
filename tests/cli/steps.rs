//! The steps: printed by a command, said after issuing, shown by the server; and the commands of the pages, run as they stand.

use std::fs;

use crate::support::tools::fixture;
use crate::support::{Authority, Client, Server, finish, hermetic, path_text, tool};

const PLATFORMS: [&str; 11] = [
    "any",
    "firefox",
    "chrome",
    "windows",
    "windows-2016",
    "macos",
    "ios",
    "android",
    "java",
    "java-8",
    "openssl",
];

/// The page as it lies in the repository.
fn page(platform: &str) -> String {
    fs::read_to_string(fixture(&format!("../docs/browsers/{platform}.md"))).unwrap()
}

#[test]
fn the_steps_are_printed_without_a_ca_and_without_anything_else() {
    let authority = Authority::none();
    for platform in PLATFORMS {
        let words = ["export", "--help-for", platform];
        let printed = authority.pki(&words).ok();
        let shown = printed.out();
        for mark in ["**", "](", ".md)"] {
            assert!(!shown.contains(mark), "{platform}: {mark}");
        }
        // Nothing else is changed.
        assert_eq!(shown.lines().count(), page(platform).lines().count());
        assert_eq!(shown.lines().next(), page(platform).lines().next());
        assert_eq!(printed.err(), "");
        let document = authority.json(&words);
        assert_eq!(document["platform"], platform);
        assert_eq!(document["steps"], page(platform));
        assert_eq!(document.as_object().unwrap().len(), 2);
    }
    assert!(!authority.data().exists());
}

#[test]
fn a_link_to_another_page_is_the_command_that_prints_it() {
    let authority = Authority::none();
    let shown = authority.pki(&["export", "--help-for", "windows"]).ok();
    let shown = shown.out();
    assert!(shown.contains("a store of its own (`pki export --help-for firefox`)"));
    assert!(
        shown.contains("`pki export --help-for windows-2016`"),
        "{shown}"
    );
    assert!(shown.contains("The Certificate Import Wizard opens"));
}

#[test]
fn the_steps_go_with_no_reference_and_everything_else_needs_one() {
    let authority = Authority::init(&[]);
    for words in [
        &["--help-for", "bsd"][..],
        &["alice", "--help-for", "ios"],
        &["--form", "pem", "--help-for", "ios"],
        &["--form", "pem"],
        &["alice"],
        &[],
    ] {
        let refused = authority.pki(&[&["export"], words].concat()).exits(2);
        assert_eq!(refused.out(), "", "{words:?}");
    }
}

#[test]
fn after_issuing_the_next_step_is_said_and_only_said() {
    let authority = Authority::init(&[]);
    let install = "pki browser install";
    for (words, said, unsaid) in [
        (
            &["alice"][..],
            &[
                "pki browser install alice",
                "pki export --help-for PLATFORM",
                "pki serve",
            ][..],
            "--bundle",
        ),
        (
            &["alice", "--device", "phone", "--for", "ios"],
            &["pki export --help-for ios", "pki serve"],
            install,
        ),
        (
            &["Bob B.", "--for", "firefox"],
            &[
                "pki browser install 'Bob B.'",
                "pki export --help-for firefox",
            ],
            "--bundle",
        ),
        (
            &["carol", "--out", "carol.p12"],
            &["pki browser install --bundle carol.p12"],
            "install carol",
        ),
        (
            &["dave", "--key-algorithm", "ed25519"],
            &["pki export --help-for openssl"],
            install,
        ),
    ] {
        let issued = authority.pki(&[&["issue-client"], words].concat()).ok();
        for sentence in said {
            assert!(issued.err().contains(sentence), "{}", issued.err());
        }
        assert!(!issued.err().contains(unsaid), "{}", issued.err());
        assert!(!issued.out().contains("pki "), "{}", issued.out());
    }
    let renewed = authority.pki(&["renew", "carol", "--for", "android"]).ok();
    assert!(renewed.err().contains("pki export --help-for android"));
    let quiet = authority.pki(&["issue-client", "eve", "--quiet"]).ok();
    assert_eq!(quiet.err(), "");
    let server = authority.pki(&["issue-server", "localhost", "--quiet"]);
    server.ok();
    let renewed = authority.pki(&["renew", "localhost"]).ok();
    assert!(!renewed.err().contains("--help-for"), "{}", renewed.err());
}

/// A server, alice's bundle beside it as `alice.p12`, and its password in a file.
fn at_work(platform: &str) -> (Authority, Client, Server) {
    let constraints = [
        "--permit-dns",
        "localhost",
        "--permit-ip",
        "127.0.0.0/8",
        "--permit-ip",
        "::1",
    ];
    let authority = Authority::init(&constraints);
    let alice = authority.issue_client(&["alice", "--for", platform, "--out", "alice.p12"]);
    fs::write(authority.path("password"), &alice.password).unwrap();
    let server = Server::start(&authority, &[]);
    (authority, alice, server)
}

/// The lines of a page's code blocks with the server's addresses in them.
fn code(platform: &str, server: &Server) -> Vec<String> {
    let address = |url: &str| url.split_once("//").unwrap().1.to_owned();
    let page = page(platform)
        .replace("HOST:8443", &address(&server.https))
        .replace("HOST:8080", &address(&server.http));
    let blocks = page.split("\n```\n").skip(1).step_by(2);
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

#[test]
fn curl_logs_in_by_the_commands_of_the_openssl_page() {
    let (authority, alice, server) = at_work("openssl");
    for name in ["openssl", "curl"] {
        if tool(name).is_none() {
            return;
        }
    }
    let mut logins = 0;
    let lines = code("openssl", &server);
    for line in &lines {
        // What asks for the password on a terminal is given it as OpenSSL takes it; the others are run as they stand.
        let line = match line.split_once(' ') {
            Some(("openssl", rest)) if rest.starts_with("pkcs12 ") => {
                format!("{line} -passin file:password")
            }
            Some(("openssl", rest)) if rest.starts_with("x509 ") => line.clone(),
            Some(("curl", rest)) if !rest.contains("<<END") => line.clone(),
            _ => continue,
        };
        let mut shell = hermetic("/bin/sh", authority.home());
        let done = finish(shell.args(["-c", &line])).ok();
        logins += done.out().matches(r#""verdict":"accepted""#).count();
    }
    assert_eq!(logins, 1);
    let start = lines
        .iter()
        .position(|line| line.contains("<<END"))
        .unwrap();
    let script = lines[start..]
        .join("\n")
        .replace("THE-PASSWORD", &alice.password);
    authority_runs(&authority, &script, r#""verdict":"accepted""#);
}

/// Runs a script that holds a secret: from a file, so that it stands in no list of processes.
#[track_caller]
fn authority_runs(authority: &Authority, script: &str, wanted: &str) {
    let file = authority.path("script");
    fs::write(&file, script).unwrap();
    let mut shell = hermetic("/bin/sh", authority.home());
    let done = finish(shell.arg(&file)).ok();
    assert!(done.out().contains(wanted), "{}", done.said());
}

const LOGIN: &str = r#"
import java.net.URI;
import java.net.http.*;
public class Login {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.body());
    }
}
"#;

#[test]
fn java_logs_in_by_the_settings_of_the_java_page() {
    let (authority, alice, server) = at_work("java");
    for name in ["java", "keytool", "curl"] {
        if tool(name).is_none() {
            return;
        }
    }
    fs::write(authority.path("other-password"), "changeit").unwrap();
    fs::write(authority.path("Login.java"), LOGIN).unwrap();
    let mut settings = String::new();
    for line in code("java", &server) {
        // What asks for a password on a terminal reads it from a file.
        let line = match line.split_once(' ') {
            Some(("keytool", rest)) if rest.starts_with("-list ") => {
                format!("{line} -storepass:file password")
            }
            Some(("keytool", _)) => format!("{line} -noprompt -storepass:file other-password"),
            Some(("curl", _)) => format!("{line} --silent"),
            _ => {
                if line.starts_with("-D") {
                    settings.push_str(&line);
                    settings.push('\n');
                }
                continue;
            }
        };
        let mut shell = hermetic("/bin/sh", authority.home());
        finish(shell.args(["-c", &line])).ok();
    }
    let settings = settings
        .replace("THE-PASSWORD", &alice.password)
        .replace("THE-OTHER-PASSWORD", "changeit");
    fs::write(authority.path("java.options"), settings).unwrap();
    let url = format!("{}/login.json", server.https);
    let mut java = hermetic(tool("java").unwrap(), authority.home());
    java.args([
        "@java.options",
        path_text(&authority.path("Login.java")),
        &url,
    ]);
    let answer = finish(&mut java).ok();
    assert!(
        answer.out().contains(r#""verdict":"accepted""#),
        "{}",
        answer.said()
    );
}

/// The words of a server that others are to reach; it listens on this machine alone all the same.
#[test]
fn a_name_that_the_ca_may_not_certify_is_said_to_be_of_no_use_to_others() {
    let authority = Authority::init(&["--permit-dns", "localhost"]);
    let server = Server::start(&authority, &["--host", "login.example.org"]);
    let said = server.log();
    let named =
        "this CA may not certify dns:login.example.org, so no other device will trust this server";
    assert!(said.contains(named), "{said}");
    assert!(said.contains("--permit-dns"), "{said}");

    let authority = Authority::init(&["--permit-dns", "example.org"]);
    let server = Server::start(&authority, &["--host", "login.example.org"]);
    let said = server.log();
    assert!(!said.contains("no other device"), "{said}");
    let usual = "this CA may not certify dns:localhost, so the server does not answer to that name";
    assert!(said.contains(usual), "{said}");
}

/// What the start page and the page over TLS show to browsers as they really name themselves.
#[test]
fn each_browser_is_led_to_its_own_steps_from_both_sides() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let root = authority.root();
    for (user_agent, place, platform) in [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge on Windows",
            "windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            "Safari on macOS",
            "macos",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
            "android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
            "firefox",
        ),
    ] {
        for url in [&server.https, &server.http] {
            let Some(curl) = tool("curl") else { return };
            let mut curl = hermetic(curl, authority.home());
            curl.args(["--silent", "--show-error", "--cacert"])
                .arg(&root);
            curl.args(["--user-agent", user_agent, &format!("{url}/")]);
            let shown = finish(&mut curl).ok().out();
            assert!(shown.contains(place), "{place}: {shown}");
            let link = format!("href=\"/steps/{platform}\"");
            assert!(shown.contains(&link), "{link}: {shown}");
        }
    }
}
