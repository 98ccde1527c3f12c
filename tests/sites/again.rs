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
        "As given last: --host localhost --listen 127.0.0.1:8443 --upstream http://127.0.0.1:81.";
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
    // What was kept is not lost to the next that is.
    fs::write(&path, "mine again\n").unwrap();
    let third = nginx(&[]);
    let second = path.with_file_name("nginx.conf.old.2");
    assert!(third.err().contains(path_text(&second)), "{}", third.err());
    assert_eq!(fs::read_to_string(&old).unwrap(), mine);
    assert_eq!(fs::read_to_string(&second).unwrap(), "mine again\n");
}

#[test]
fn a_site_keeps_the_host_that_was_the_only_one_when_it_was_written() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "one.example"]).ok();
    let first = authority.pki(&["server-config", "nginx"]).ok().out();
    authority.pki(&["issue-server", "two.example"]).ok();
    let again = authority.pki(&["server-config", "nginx"]).ok();
    assert_eq!(again.out(), first);
    let refused = authority
        .pki(&["server-config", "nginx", "--host", "three.example"])
        .exits(1);
    // What is not written is not told as if it were.
    assert!(
        !refused.err().contains("As given last"),
        "{}",
        refused.err()
    );
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
