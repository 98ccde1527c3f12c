//! The command run again, and over the years.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Authority, finish, path_text, set_clock};

#[test]
fn what_was_given_last_counts_again_and_what_somebody_changed_is_kept() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let words = [
        "--listen",
        "127.0.0.1:8443",
        "--upstream",
        "http://127.0.0.1:81",
    ];
    let nginx = |more: &[&str]| {
        authority
            .pki(&[&["server-config", "nginx"], more].concat())
            .ok()
    };
    let first = nginx(&words).out();
    let again = nginx(&[]);
    assert_eq!(again.out(), first);
    let said =
        "As last time: --host localhost --listen 127.0.0.1:8443 --upstream http://127.0.0.1:81.";
    assert!(again.err().contains(said), "{}", again.err());
    assert!(!again.err().contains(".old"), "{}", again.err());
    // One of them anew, the other as it was; and what stood there is kept.
    let path = authority.path("ca-data/sites/nginx/nginx.conf");
    let mine = format!("{first}# mine\n");
    fs::write(&path, &mine).unwrap();
    let other = nginx(&["--upstream", "http://127.0.0.1:82"]);
    assert!(
        other.out().contains("127.0.0.1:8443 ssl"),
        "{}",
        other.out()
    );
    assert!(other.out().contains("proxy_pass http://127.0.0.1:82;"));
    let old = path.with_file_name("nginx.conf.old");
    assert!(other.err().contains(path_text(&old)), "{}", other.err());
    assert_eq!(fs::read_to_string(&old).unwrap(), mine);
    // Somebody may have written a secret into it.
    let mode = fs::metadata(&old).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), other.out());
}

#[test]
fn a_site_keeps_the_host_that_it_was_written_for() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "one.example"]).ok();
    authority.pki(&["server-config", "nginx"]).ok();
    authority.pki(&["issue-server", "two.example"]).ok();
    let again = authority.pki(&["server-config", "nginx"]).ok();
    assert!(again.out().contains("servers/one.example/key.pem;"));
    let said = "As last time: --host one.example.";
    assert!(again.err().contains(said), "{}", again.err());
    authority.pki(&["revoke", "one.example", "--yes"]).ok();
    let gone = authority.pki(&["server-config", "nginx"]).exits(1);
    assert!(
        gone.err().contains("or choose another with --host"),
        "{}",
        gone.err()
    );
}

#[test]
fn what_counts_as_last_time_is_said_only_where_it_goes_on() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let listen = ["--listen", "127.0.0.1:8443"];
    let nginx = |more: &[&str]| authority.pki(&[&["server-config", "nginx"], more].concat());
    nginx(&listen).ok();
    for more in [["--host", "nosuch"], ["--probe-anchor", "nothere"]] {
        let refused = nginx(&more).exits(1);
        assert!(!refused.err().contains("As last time"), "{}", refused.err());
    }
}

#[test]
fn a_directory_is_for_one_server() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    authority.pki(&["server-config", "nginx"]).ok();
    let directory = authority.path("ca-data/sites/nginx");
    for more in [&[][..], &["--refresh"]] {
        let words = [
            "server-config",
            "apache",
            "--directory",
            path_text(&directory),
        ];
        let refused = authority.pki(&[&words, more].concat()).exits(1);
        assert!(
            refused.err().contains("is the directory of nginx"),
            "{}",
            refused.err()
        );
    }
    assert!(!directory.join("httpd.conf").exists());
    // What nobody can read is no answer.
    fs::write(directory.join("site.json"), "{}").unwrap();
    let refused = authority.pki(&["server-config", "nginx"]).exits(1);
    assert!(
        refused.err().contains("site.json is not what"),
        "{}",
        refused.err()
    );
}

#[test]
fn a_crl_that_has_ended_is_said_and_told_by_the_exit_code() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let said = authority.pki(&["server-config", "nginx"]).ok();
    assert!(
        said.err().contains("or else everybody is locked out"),
        "{}",
        said.err()
    );
    let caddy = authority.pki(&["server-config", "caddy"]).ok();
    assert!(!caddy.err().contains("locked out"), "{}", caddy.err());
    let later = |word: &str| {
        let mut command = authority.locked_command(&["server-config", word, "--refresh"]);
        Some(finish(set_clock(&mut command, "+30d")?))
    };
    let Some(ended) = later("nginx") else { return };
    assert!(
        ended.err().contains("nobody of that CA is let in"),
        "{}",
        ended.said()
    );
    assert_eq!(ended.code, Some(3), "{}", ended.said());
    // Caddy looks at none.
    later("caddy").unwrap().ok();
    // With the passphrase there is a new one.
    authority.pki(&["server-config", "nginx", "--refresh"]).ok();
}
