//! What takes longer than a second says so: on a terminal, and nowhere else.

use crate::support::authority::PKI;
use crate::support::tools::fixture;
use crate::support::{Authority, PASSPHRASE, finish, hermetic, tool};

/// Erases the line and goes to its beginning.
const ERASE: &str = "\r\u{1b}[2K";

/// Runs `pki` on a terminal while it is held up, as the script says; none where Python is missing.
fn held_up(authority: &Authority, by: &str, place: &str, command: &[&str]) -> Option<String> {
    let mut python = hermetic(tool("python3")?, authority.home());
    python
        .arg(fixture("support/held_up.py"))
        .args([by, &authority.path(place).to_string_lossy()])
        .args(command)
        .env("PKI_CA_DATA", authority.data())
        .env("PKI_PASSPHRASE", PASSPHRASE)
        .env("TERM", "xterm");
    Some(finish(&mut python).ok().out())
}

/// Says that a line stood there and was taken away again, so that only what lasts is left.
#[track_caller]
fn assert_came_and_went(told: &str, line: &str) {
    let (_, behind) = told.split_once(line).expect(line);
    assert!(behind.contains(ERASE), "{told:?}");
}

#[test]
fn what_waits_for_another_tells_on_a_terminal_for_how_long() {
    let authority = Authority::init(&[]);
    let Some(told) = held_up(&authority, "lock", "ca-data/pki.db", &[PKI, "crl"]) else {
        return;
    };
    assert_came_and_went(&told, &format!("{ERASE}signing the CRL: "));
}

#[test]
fn many_certificates_are_counted_on_a_terminal_and_not_in_a_file() {
    let authority = Authority::init(&[]);
    let counted = |of: &str, arguments: &str| {
        let rows = (0..1500).map(|number| format!("{of}-{number}\n"));
        let table = format!("name\n{}", rows.collect::<String>());
        std::fs::write(authority.path("people.csv"), table).unwrap();
        std::fs::create_dir(authority.path(of)).unwrap();
        let command =
            format!("exec {PKI} issue-clients people.csv --no-bundles --out-dir {of} {arguments}");
        held_up(&authority, "stop", of, &["sh", "-c", &command])
    };
    let Some(told) = counted("shown", "") else {
        return;
    };
    assert_came_and_went(&told, " of 1500 certificates (");
    assert!(told.contains(" a second"), "{told:?}");
    assert!(!counted("quiet", "--quiet").unwrap().contains(ERASE));
    counted("written", "2>told.txt").unwrap();
    let written = std::fs::read_to_string(authority.path("told.txt")).unwrap();
    assert!(!written.contains('\u{1b}'), "{written:?}");
}
