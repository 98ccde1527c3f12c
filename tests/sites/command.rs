//! The command itself: what it writes and says, and what it refuses.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use crate::support::{Authority, Tree, finish, path_text};

/// A CA with the certificate of one server.
#[track_caller]
fn authority() -> Authority {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    authority
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn changed(document: &Value) -> Vec<&str> {
    let files = document["files"].as_array().unwrap().iter();
    let changed = files.filter(|file| file["changed"] == true);
    let paths = changed.map(|file| file["path"].as_str().unwrap());
    paths.map(|path| path.rsplit('/').next().unwrap()).collect()
}

#[test]
fn the_configuration_is_printed_and_lies_there_with_all_that_it_names() {
    let authority = authority();
    let printed = authority.pki(&["server-config", "nginx"]).ok();
    let directory = authority.path("ca-data/sites/nginx");
    let written = fs::read_to_string(directory.join("nginx.conf")).unwrap();
    assert_eq!(printed.out(), written);
    assert!(printed.err().contains(path_text(&directory)));
    let document = authority.json(&["server-config", "nginx"]);
    let keys: Vec<_> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "server",
            "proven",
            "directory",
            "configuration",
            "changed",
            "files"
        ]
    );
    assert_eq!(document["server"], "nginx");
    assert_eq!(document["proven"], true);
    assert_eq!(document["directory"], path_text(&directory));
    let configuration = directory.join("nginx.conf");
    assert_eq!(document["configuration"], path_text(&configuration));
    // The same command again writes the same.
    assert_eq!(document["changed"], false);
    for file in document["files"].as_array().unwrap() {
        let path = Path::new(file["path"].as_str().unwrap());
        let is_script = path.ends_with("refresh");
        assert_eq!(mode(path), if is_script { 0o755 } else { 0o644 }, "{file}");
    }
    // Root, then issuing; and the CRLs of both.
    let read = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    assert_eq!(
        read("client-ca.pem"),
        read("root.pem") + &read("issuing.pem")
    );
    assert_eq!(
        read("root.pem"),
        fs::read_to_string(authority.root()).unwrap()
    );
    let issuing = fs::read_to_string(authority.issuing()).unwrap();
    assert_eq!(read("issuing.pem"), issuing);
    assert_eq!(read("crl.pem").matches("BEGIN X509 CRL").count(), 2);
}

#[test]
fn elsewhere_the_servers_user_may_read_it_and_no_private_key_is_copied() {
    let authority = authority();
    let elsewhere = authority.path("etc/site");
    let words = ["server-config", "haproxy", "--directory"];
    authority
        .pki(&[&words[..], &[path_text(&elsewhere)]].concat())
        .ok();
    for directory in [&elsewhere, &authority.path("etc")] {
        assert_eq!(mode(directory), 0o755, "{}", directory.display());
    }
    let key = authority.path("ca-data/servers/localhost/key.pem");
    assert_eq!(
        fs::read_link(elsewhere.join("server.pem.key")).unwrap(),
        key
    );
    for entry in fs::read_dir(&elsewhere).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_symlink() {
            let contents = fs::read_to_string(&path).unwrap();
            assert!(!contents.contains("PRIVATE KEY"), "{}", path.display());
        }
    }
    // In ca-data nobody else may enter anyway, and that stays so.
    authority.pki(&["server-config", "haproxy"]).ok();
    assert_eq!(mode(&authority.path("ca-data/sites")), 0o700);
}

#[test]
fn a_refresh_writes_what_the_ca_has_published_and_nothing_else() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    drop(alice);
    let none = authority.pki(&["server-config", "nginx", "--refresh"]);
    assert!(none.exits(1).err().contains("there is no configuration"));
    authority.pki(&["server-config", "nginx"]).ok();
    let refresh = ["server-config", "nginx", "--refresh"];
    let document = authority.json(&refresh);
    assert_eq!(document["changed"], false, "{document}");
    assert_eq!(document["configuration"], Value::Null);
    let nothing = authority.pki(&refresh).ok();
    assert_eq!(nothing.out(), "nothing has changed\n");
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let document = authority.json(&refresh);
    assert_eq!(changed(&document), ["crl.pem"], "{document}");
    // What somebody changed is put right.
    let root = authority.path("ca-data/sites/nginx/root.pem");
    fs::write(&root, "").unwrap();
    assert_eq!(changed(&authority.json(&refresh)), ["root.pem"]);
    // With a next issuing CA there is one more to trust, and one more CRL.
    authority.pki(&["rotate-issuing"]).ok();
    let document = authority.json(&refresh);
    let names = ["client-ca.pem", "issuing.pem", "crl.pem"];
    assert_eq!(changed(&document), names, "{document}");
    // One that was revoked is trusted no longer, and its CRL stays.
    let site = |name: &str| authority.path(&format!("ca-data/sites/nginx/{name}"));
    let count = |name: &str, what: &str| {
        let text = fs::read_to_string(site(name)).unwrap();
        text.matches(what).count()
    };
    let counts = || {
        [
            count("issuing.pem", "BEGIN CERTIFICATE"),
            count("client-ca.pem", "BEGIN CERTIFICATE"),
            count("crl.pem", "BEGIN X509 CRL"),
        ]
    };
    assert_eq!(counts(), [2, 3, 3]);
    // Newest first: the second of them is the former one.
    let authorities = authority.authorities();
    let mut issuing = authorities.iter().filter(|it| it["profile"] == "issuing");
    let serial_number = issuing.nth(1).unwrap()["serial_number"].as_str().unwrap();
    let words = ["revoke", serial_number, "--reason", "cACompromise", "--yes"];
    authority.pki(&words).ok();
    authority.pki(&refresh).ok();
    assert_eq!(counts(), [1, 2, 3]);
}

#[test]
fn without_the_passphrase_the_last_crl_is_handed_out_and_what_it_does_not_list_is_said() {
    let authority = authority();
    drop(authority.issue_client(&["alice"]));
    let locked = |words: &[&str]| finish(&mut authority.locked_command(words));
    let quiet = locked(&["server-config", "apache", "--quiet"]).ok();
    assert_eq!(quiet.err(), "");
    locked(&["revoke", "alice", "--yes"]).ok();
    let refresh = ["server-config", "apache", "--refresh", "--quiet"];
    // As for a CRL that has ended: systemd shows the service as failed.
    let refreshed = locked(&refresh).exits(3);
    assert_eq!(refreshed.out(), "nothing has changed\n");
    assert!(refreshed.err().contains("does not list yet: run pki crl"));
    let mut wrong = authority.locked_command(&refresh);
    finish(wrong.env("PKI_PASSPHRASE", "not the passphrase")).exits(3);
    // Caddy asks pki serve, where it counts already.
    let caddy = |more: &[&str]| locked(&[&["server-config", "caddy", "--quiet"], more].concat());
    caddy(&[]).ok();
    assert_eq!(caddy(&["--refresh"]).ok().err(), "");
    let unlocked = authority.pki(&refresh).ok();
    assert_eq!(unlocked.out(), "changed: crl.pem\n");
    assert_eq!(locked(&refresh).ok().err(), "");
}

#[test]
fn the_server_certificate_is_the_only_one_or_the_one_that_is_named() {
    let authority = Authority::init(&[]);
    let nginx = |more: &[&str]| {
        let words = [&["server-config", "nginx"][..], more].concat();
        authority.pki(&words)
    };
    let none = nginx(&[]).exits(1);
    assert!(
        none.err().contains("Run pki issue-server HOST"),
        "{}",
        none.err()
    );
    assert!(!authority.path("ca-data/sites").exists());
    authority
        .pki(&["issue-server", "one.example", "1.example"])
        .ok();
    assert!(
        nginx(&[])
            .ok()
            .out()
            .contains("server_name one.example 1.example;")
    );
    authority.pki(&["issue-server", "two.example"]).ok();
    let elsewhere = authority.path("elsewhere");
    let elsewhere = ["--directory", path_text(&elsewhere)];
    let several = nginx(&elsewhere).exits(1);
    assert!(
        several.err().contains("two.example, one.example"),
        "{}",
        several.err()
    );
    let two = nginx(&["--host", "two.example"]).ok();
    assert!(two.out().contains("servers/two.example/key.pem;"));
    let unknown = nginx(&["--host", "three.example"]).exits(1);
    assert!(
        unknown
            .err()
            .contains("Run pki issue-server three.example, or choose another with --host.")
    );
    // It is remembered where it was named.
    let again = nginx(&[]).ok();
    assert!(again.out().contains("servers/two.example/key.pem;"));
    assert!(again.err().contains("As last time: --host two.example."));
    // A certificate that was revoked is none.
    authority.pki(&["revoke", "two.example", "--yes"]).ok();
    let gone = nginx(&[]).exits(1);
    assert!(gone.err().contains("two.example"), "{}", gone.err());
    assert!(
        nginx(&elsewhere)
            .ok()
            .out()
            .contains("servers/one.example/key.pem;")
    );
}

#[test]
fn what_cannot_stand_in_a_configuration_is_refused_and_nothing_is_written() {
    let authority = authority();
    let before = Tree::of(authority.home());
    let spaced = authority.path("with space");
    for (words, code, said) in [
        (vec!["sendmail"], 2, "invalid value 'sendmail'"),
        (
            vec!["nginx", "--upstream", "https://127.0.0.1:3000"],
            2,
            "not the URL",
        ),
        (vec!["nginx", "--upstream", "http://a;b"], 2, "not the URL"),
        (
            vec!["nginx", "--listen", "0.0.0.0:0"],
            2,
            "leave the port open",
        ),
        (
            vec!["nginx", "--refresh", "--host", "localhost"],
            2,
            "cannot be used with",
        ),
        (
            vec!["nginx", "--refresh", "--listen", "0.0.0.0:443"],
            2,
            "cannot be used with",
        ),
        (vec!["nginx", "--upstream", "unix:/run/it"], 2, "nor unix:"),
        (
            vec!["nginx", "--directory", path_text(&spaced)],
            1,
            "cannot stand in",
        ),
        (vec!["nginx", "--probe-anchor", "nowhere"], 1, "cannot read"),
        (
            vec!["node", "--upstream", "http://127.0.0.1:1"],
            2,
            "no application behind it",
        ),
    ] {
        let refused = authority.pki(&[&["server-config"][..], &words].concat());
        let refused = refused.exits(code);
        assert!(refused.err().contains(said), "{words:?}: {}", refused.err());
        assert!(refused.err().contains("pki: hint: "), "{words:?}");
        let changes = before.changes_to(&Tree::of(authority.home()));
        let changes: Vec<_> = changes
            .lines()
            .filter(|it| !it.contains("pki.db"))
            .collect();
        assert!(changes.is_empty(), "{words:?}: {changes:?}");
    }
}

#[test]
fn what_nobody_has_tested_says_so_and_so_does_an_application_that_others_reach() {
    let authority = authority();
    for word in ["traefik", "envoy"] {
        let printed = authority.pki(&["server-config", word, "--quiet"]).ok();
        assert!(printed.out().starts_with("# NOT PROVEN"), "{word}");
        assert!(printed.err().contains("nobody has tested it"), "{word}");
        let document = authority.json(&["server-config", word]);
        assert_eq!(document["proven"], false);
    }
    let words = ["server-config", "nginx", "--quiet", "--upstream"];
    let open = [&words[..], &["http://192.0.2.1:3000"]].concat();
    let open = authority.pki(&open).ok();
    assert!(
        open.err().contains("can claim to be anybody"),
        "{}",
        open.err()
    );
    let closed = [&words[..], &["http://localhost:3000"]].concat();
    assert_eq!(authority.pki(&closed).ok().err(), "");
}

#[test]
fn pki_serve_gets_its_certificate_where_a_server_asks_it_or_it_is_said_that_it_has_none() {
    let authority = authority();
    let own = authority.path("ca-data/servers/pki-serve/fullchain.pem");
    let locked = |word: &str| {
        let words = ["server-config", word, "--quiet"];
        finish(&mut authority.locked_command(&words)).ok()
    };
    assert_eq!(locked("nginx").err(), "");
    let without = locked("caddy");
    assert!(without.err().contains("no certificate of its own yet"));
    assert!(!own.exists());
    authority.pki(&["server-config", "caddy"]).ok();
    assert!(own.is_file());
    assert_eq!(locked("caddy").err(), "");
    // It is not taken for the site's.
    let nginx = locked("nginx").out();
    assert!(nginx.contains("servers/localhost/key.pem;"), "{nginx}");
}
