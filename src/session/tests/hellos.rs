//! Hellos are read whatever records they lie in, and whatever is wrong with them.

use super::*;

#[tokio::test]
async fn a_hello_in_many_small_records_is_read_like_a_whole_one() {
    let ends = Pair::new(Ability::of(&version::TLS13)).connect().await;
    let whole = FirstFlight::read(&ends.from_client, &ends.from_server).unwrap();
    let split = in_records_of(7, &ends.from_client);
    assert!(split.len() > ends.from_client.len());
    assert_eq!(FirstFlight::read(&split, &ends.from_server), Some(whole));
}

#[tokio::test]
async fn a_flight_cut_off_anywhere_is_nothing_or_whole_and_never_a_panic() {
    for version in [&version::TLS12, &version::TLS13] {
        let ends = Pair::new(Ability::of(version)).connect().await;
        let whole = FirstFlight::read(&ends.from_client, &ends.from_server).unwrap();
        for (client, server) in [
            (&ends.from_client, &ends.from_server[..]),
            (&ends.from_server, &ends.from_client[..]),
        ] {
            for length in 0..client.len().min(4096) {
                let read = FirstFlight::read(&client[..length], server);
                assert!(read.is_none() || read.as_ref() == Some(&whole));
            }
        }
        for length in 0..ends.from_server.len().min(4096) {
            let read = FirstFlight::read(&ends.from_client, &ends.from_server[..length]);
            assert!(read.is_none() || read.as_ref() == Some(&whole));
        }
    }
}

#[tokio::test]
async fn no_changed_octet_makes_the_reader_panic() {
    for version in [&version::TLS12, &version::TLS13] {
        let ends = Pair::new(Ability::of(version)).connect().await;
        for position in 0..600 {
            for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                for damaged_server in [false, true] {
                    let mut client = ends.from_client.clone();
                    let mut server = ends.from_server.clone();
                    let damaged = if damaged_server {
                        &mut server
                    } else {
                        &mut client
                    };
                    if let Some(octet) = damaged.get_mut(position) {
                        *octet = value;
                    }
                    let _ = FirstFlight::read(&client, &server);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_warning_before_the_hello_hides_nothing_and_a_fatal_alert_ends_it() {
    let ends = Pair::new(Ability::of(&version::TLS12)).connect().await;
    let whole = FirstFlight::read(&ends.from_client, &ends.from_server);
    // unrecognized_name (RFC 6066 §3), as a warning and as a fatal alert.
    for (level, read) in [(1, whole), (2, None)] {
        let alert = [&[21, 3, 3, 0, 2, level, 112], &ends.from_server[..]].concat();
        assert_eq!(
            FirstFlight::read(&ends.from_client, &alert),
            read,
            "{level}"
        );
    }
}

#[test]
fn what_is_not_tls_is_nothing() {
    for garbage in [
        &b""[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[0x16; 400],
        &[0xff; 400],
        &[0; 400],
    ] {
        assert_eq!(FirstFlight::read(garbage, garbage), None);
    }
}

#[tokio::test]
async fn whether_a_client_wants_a_status_is_told_by_its_hello_alone() {
    for version in [&version::TLS12, &version::TLS13] {
        let ends = Pair::new(Ability::of(version)).connect().await;
        let mut hello = ends.from_client;
        assert_eq!(ClientHello::wants_status(&hello), Some(true));
        // status_request with the type `ocsp`, no responder and no extensions (RFC 6066 §8).
        let extension = [0, 5, 0, 5, 1, 0, 0, 0, 0];
        let at = hello.windows(9).position(|octets| octets == extension);
        hello[at.unwrap() + 1] = 0xfe;
        assert_eq!(ClientHello::wants_status(&hello), Some(false));
        assert_eq!(ClientHello::wants_status(&hello[..100]), None);
    }
    assert_eq!(ClientHello::wants_status(b"GET / HTTP/1.1\r\n\r\n"), None);
}

/// Puts the first record's content into records of at most `size` octets, and leaves the others as they are.
fn in_records_of(size: usize, flight: &[u8]) -> Vec<u8> {
    let end = 5 + usize::from(u16::from_be_bytes([flight[3], flight[4]]));
    let mut split = Vec::new();
    for part in flight[5..end].chunks(size) {
        split.extend_from_slice(&flight[..3]);
        split.extend_from_slice(&(part.len() as u16).to_be_bytes());
        split.extend_from_slice(part);
    }
    split.extend_from_slice(&flight[end..]);
    split
}
