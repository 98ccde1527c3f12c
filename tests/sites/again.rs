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
    let old = path.with_file_name("nginx.conf.old.1");
    let said = format!(
        "nginx.conf differed and is written anew; what it was is kept as {}.",
        path_text(&old)
    );
    assert!(other.err().contains(&said), "{}", other.err());
    assert_eq!(fs::read_to_string(&old).unwrap(), mine);
    // Somebody may have written a secret into it.
    let mode = fs::metadata(&old).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), other.out());
}

#[test]
fn nothing_that_was_kept_is_overwritten_and_the_same_is_kept_once() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let directory = authority.path("etc");
    fs::create_dir(&directory).unwrap();
    let path = |name: &str| directory.join(name);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    // The first time also what later becomes another by itself, and what a link takes the place of.
    let before = ["haproxy.cfg", "crl.pem", "server.pem.key"];
    for name in before {
        fs::write(path(name), format!("the administrator's {name}")).unwrap();
    }
    let haproxy = || {
        let words = ["server-config", "haproxy", "--directory"];
        authority
            .pki(&[&words[..], &[path_text(&directory)]].concat())
            .ok()
    };
    haproxy();
    for name in before {
        let old = read(&format!("{name}.old.1"));
        assert_eq!(old, format!("the administrator's {name}"));
    }
    let generated = read("haproxy.cfg");
    let edit = |text: &str| {
        fs::write(path("haproxy.cfg"), text).unwrap();
        haproxy().err()
    };
    assert!(edit("one").contains("haproxy.cfg.old.2."));
    assert!(edit("two").contains("haproxy.cfg.old.3."));
    assert!(edit("one").contains("haproxy.cfg.old.2."));
    assert_eq!(read("haproxy.cfg"), generated);
    assert_eq!(read("haproxy.cfg.old.1"), "the administrator's haproxy.cfg");
    assert_eq!(
        ["haproxy.cfg.old.2", "haproxy.cfg.old.3"].map(read),
        ["one", "two"]
    );
    // A CRL is ours by now, and a new one nothing to keep.
    authority.pki(&["crl"]).ok();
    haproxy();
    for name in ["crl.pem.old.2", "server.pem.key.old.2", "server.pem.old.1"] {
        assert!(!path(name).exists(), "{name}");
    }
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
