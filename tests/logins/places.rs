//! How many are served at a time.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Authority, Server};

/// A connection to the plain side.
fn connect(server: &Server) -> TcpStream {
    let place = server.http.trim_start_matches("http://");
    TcpStream::connect(place.trim_end_matches('/')).unwrap()
}

fn ask(stream: &mut TcpStream) {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).unwrap();
}

/// The first word of the answer; nothing where none came in this time.
fn answered(stream: &mut TcpStream, within: Duration) -> Option<String> {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut word = [0; 8];
    stream.read_exact(&mut word).ok()?;
    String::from_utf8(word.to_vec()).ok()
}

#[test]
fn with_one_place_the_second_connection_ends_the_first_one() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &["--max-connections", "1"]);
    let patient = Duration::from_secs(30);
    let mut first = connect(&server);
    ask(&mut first);
    assert_eq!(answered(&mut first, patient).as_deref(), Some("HTTP/1.1"));
    server.wait_for_log("all 1 places are taken: each further connection ends one");
    let mut second = connect(&server);
    ask(&mut second);
    assert_eq!(answered(&mut second, patient).as_deref(), Some("HTTP/1.1"));
    // Ends where it was ended, and hangs where it was not.
    let _ = first.read_to_end(&mut Vec::new());
}

#[test]
fn a_server_has_as_many_files_as_the_system_lets_it_have() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let [soft, hard] = files
        .map(|line| {
            let mut numbers = line.split_whitespace().skip(3);
            [numbers.next().unwrap(), numbers.next().unwrap()]
        })
        .unwrap();
    assert_eq!(soft, hard);
}

#[test]
fn bounds_that_make_no_sense_are_refused() {
    let authority = Authority::init(&[]);
    for (option, values) in [
        ("--max-connections", ["0", "100001", "many"]),
        ("--max-streams", ["0", "1001", "many"]),
        ("--max-head", ["7", "1025", "64k"]),
        ("--handshake-timeout", ["0", "3601", "10s"]),
        ("--head-timeout", ["0", "3601", "10s"]),
        ("--idle-timeout", ["0", "86401", "1m"]),
    ] {
        for value in values {
            authority.pki(&["serve", option, value]).exits(2);
        }
    }
}
