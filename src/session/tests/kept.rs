//! What is kept of a recording: everything that is read in it, and nothing of what only its two ends can read.

use super::*;

/// A record of application data with nothing that anybody could read.
const PROTECTED: [u8; 9] = [23, 3, 3, 0, 4, 0xde, 0xad, 0xbe, 0xef];

fn kept(from_client: &[u8], from_server: &[u8]) -> Recording {
    let recording = Recording {
        received: from_client.to_vec(),
        sent: from_server.to_vec(),
    };
    recording.readable()
}

fn flight(recording: &Recording) -> FirstFlight {
    FirstFlight::read(&recording.received, &recording.sent).unwrap()
}

#[tokio::test]
async fn of_tls_1_3_the_hellos_are_kept_and_nothing_that_is_encrypted() {
    let ends = Pair::new(Ability::of(&version::TLS13)).connect().await;
    let whole = FirstFlight::read(&ends.from_client, &ends.from_server).unwrap();
    let recording = kept(&ends.from_client, &ends.from_server);
    assert_eq!(flight(&recording), whole);
    // ChangeCipherSpec, which means nothing there (RFC 8446 §D.4), is the last that is kept.
    let change_cipher_spec = [20, 3, 3, 0, 1, 1];
    assert!(recording.received.ends_with(&change_cipher_spec));
    assert!(recording.sent.ends_with(&change_cipher_spec));
    assert!(recording.sent.len() < ends.from_server.len() - 500);
    assert_eq!(recording.sent.len(), recording.sent.capacity());
}

#[tokio::test]
async fn of_tls_1_2_everything_is_kept() {
    let ends = Pair::new(Ability::of(&version::TLS12)).connect().await;
    let client = [&ends.from_client[..], &PROTECTED].concat();
    let recording = kept(&client, &ends.from_server);
    let whole = FirstFlight::read(&ends.from_client, &ends.from_server).unwrap();
    assert_eq!(flight(&recording), whole);
    assert_eq!(
        Exchange::read(&recording.received, &recording.sent),
        Exchange::read(&ends.from_client, &ends.from_server)
    );
    assert!(messages::changes_cipher(&recording.received));
    assert_eq!(recording.received, ends.from_client);
}

#[tokio::test]
async fn early_data_between_two_hellos_hides_the_second_neither_before_nor_afterwards() {
    let pair = Pair::new(Ability {
        client_groups: vec![kx_group::X25519, kx_group::SECP256R1],
        server_groups: vec![kx_group::SECP256R1],
        ..Ability::of(&version::TLS13)
    });
    let ends = pair.connect().await;
    let length = usize::from(u16::from_be_bytes([
        ends.from_client[3],
        ends.from_client[4],
    ]));
    let (first, second) = ends.from_client.split_at(5 + length);
    let client = [first, &PROTECTED, second].concat();
    let whole = FirstFlight::read(&client, &ends.from_server).unwrap();
    assert!(whole.retry.is_some());
    assert_eq!(flight(&kept(&client, &ends.from_server)), whole);
}

#[test]
fn of_what_is_no_whole_record_nothing_is_kept() {
    let whole = [22, 3, 3, 0, 1, 9];
    let cut_off = [&whole[..], &whole[..5]].concat();
    assert_eq!(kept(&cut_off, b"GET / HTTP/1.1\r\n\r\n").received, whole);
    assert_eq!(kept(b"", b"GET / HTTP/1.1\r\n\r\n").sent, b"");
    assert_eq!(kept(&PROTECTED, b""), Recording::default());
}
