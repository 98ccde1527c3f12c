//! No secret in a help text, an argument, a log, an error, an output, or a file that others may read.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::support::process::finish;
use crate::support::tls::Session;
use crate::support::{
    Authority, Client, Credentials, PASSPHRASE, Server, Tls, entries_below, files_below, path_text,
    visit,
};

const CHOSEN_PASSWORD: &str = "marmalade-zeppelin-77";

/// Every command in the help, and those below a command.
fn commands(authority: &Authority) -> Vec<Vec<String>> {
    let mut found = vec![vec![]];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        let help = help(authority, &path);
        let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
        for line in listed.lines().take_while(|line| line.starts_with("  ")) {
            let word = line.split_whitespace().next().unwrap_or_default();
            let is_entry = line.starts_with("  ") && !line.starts_with("   ");
            if is_entry && word != "help" {
                found.push([&path[..], &[word.to_owned()]].concat());
            }
        }
    }
    found
}

fn help(authority: &Authority, path: &[String]) -> String {
    let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let mut command = authority.command(&words);
    finish(command.env("PKI_BUNDLE_PASSWORD", CHOSEN_PASSWORD))
        .ok()
        .said()
}

#[test]
fn no_help_text_shows_a_secret_from_the_environment_or_takes_one_as_a_value() {
    let authority = Authority::none();
    let commands = commands(&authority);
    assert!(commands.len() > 5, "{commands:?}");
    for path in commands {
        let help = help(&authority, &path);
        assert!(!help.contains(PASSPHRASE), "{path:?}: {help}");
        assert!(!help.contains(CHOSEN_PASSWORD), "{path:?}: {help}");
        for option in [
            "--passphrase <",
            "--passphrase=",
            "--password <",
            "--password=",
        ] {
            assert!(!help.contains(option), "{path:?}: {help}");
        }
    }
}

/// Does a bit of everything and returns all that was said.
fn busy_scenario(authority: &Authority) -> Option<(String, Client, Credentials)> {
    let mut said = String::new();
    let mut note = |words: &[&str], code: i32| {
        let finished = authority.pki(words).exits(code);
        said.push_str(&finished.said());
    };
    note(&["init"], 0);
    note(&["init"], 1);
    note(&["issue-server", "localhost"], 0);
    fs::write(authority.path("password"), format!("{CHOSEN_PASSWORD}\n")).unwrap();
    note(
        &["issue-client", "chosen", "--password-file", "password"],
        0,
    );
    note(&["issue-client", "../chosen"], 1);
    note(&["list"], 0);
    note(&["show", "chosen"], 0);
    note(&["revoke", "chosen", "--yes"], 0);
    let wrong = authority.path("wrong-passphrase");
    fs::write(&wrong, "persimmon-locomotive-5").unwrap();
    note(
        &[
            "issue-client",
            "bob",
            "--passphrase-file",
            path_text(&wrong),
        ],
        1,
    );
    // This one prints its generated password, once, on purpose.
    let alice = authority.issue_client(&["alice"]);
    let credentials = authority.credentials(&alice)?;
    let server = Server::start(authority, &[]);
    let arguments =
        fs::read_to_string(format!("/proc/{}/cmdline", server.id())).unwrap_or_default();
    said.push_str(&arguments);
    for tls in Tls::BOTH {
        visit(authority, &server, Some(&credentials), tls, Session::Fresh)?
            .assert_judged(200, "accepted", None);
    }
    let mut login = authority.locked_command(&["login", "alice", &server.https]);
    said.push_str(
        &finish(login.env("PKI_BUNDLE_PASSWORD", &alice.password))
            .ok()
            .said(),
    );
    let mut login = authority.locked_command(&["login", "alice", &server.https]);
    said.push_str(
        &finish(login.env("PKI_BUNDLE_PASSWORD", CHOSEN_PASSWORD))
            .exits(1)
            .said(),
    );
    said.push_str(&server.log());
    Some((said, alice, credentials))
}

#[test]
fn nothing_that_is_said_or_logged_holds_a_secret() {
    let authority = Authority::none();
    let Some((said, alice, credentials)) = busy_scenario(&authority) else {
        return;
    };
    for secret in [
        PASSPHRASE,
        CHOSEN_PASSWORD,
        "persimmon-locomotive-5",
        &alice.password,
    ] {
        assert!(!said.contains(secret), "{secret} in:\n{said}");
    }
    assert!(!said.contains("PRIVATE KEY"), "{said}");
    for line in key_lines(&credentials.key) {
        assert!(!said.contains(&line), "{line} in:\n{said}");
    }
}

#[test]
fn no_file_of_the_authority_holds_a_secret_that_others_may_read() {
    let authority = Authority::none();
    let Some((_, alice, credentials)) = busy_scenario(&authority) else {
        return;
    };
    for entry in entries_below(&authority.data()) {
        let metadata = fs::symlink_metadata(&entry).unwrap();
        let mode = metadata.mode() & 0o777;
        if metadata.is_dir() {
            assert_eq!(mode, 0o700, "{}: {mode:o}", entry.display());
        } else if is_secret(&entry) {
            assert_eq!(mode, 0o600, "{}: {mode:o}", entry.display());
        }
    }
    // The CA keeps no key of an end entity in the clear, and no password at all.
    let own_key = key_lines(&credentials.key);
    for file in files_below(&authority.data()) {
        let content = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        for secret in [PASSPHRASE, CHOSEN_PASSWORD, &alice.password] {
            assert!(!content.contains(secret), "{secret} in {}", file.display());
        }
        let holds_key = own_key.iter().any(|line| content.contains(line));
        assert!(!holds_key, "alice's key in {}", file.display());
    }
}

/// Whether a file is made to hold a key, by its name or by what is in it.
fn is_secret(file: &Path) -> bool {
    let name = path_text(file);
    let content = fs::read(file).unwrap();
    let text = String::from_utf8_lossy(&content);
    name.ends_with(".p12")
        || name.contains("key")
        || text.contains("PRIVATE KEY")
        || name.contains("pki.db")
}

/// The lines of base64 in a PEM key.
fn key_lines(key: &Path) -> Vec<String> {
    let text = fs::read_to_string(key).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    // The first line of a P-256 key is mostly algorithm; what follows is the key alone.
    lines.skip(1).map(str::to_owned).collect()
}
