//! What both ends of a TLS connection sent first, as the server and the client read it for their accounts.

use pki::session::{ClientHello, End, Exchange, FirstFlight, Observed, Recording, Session};

/// The length of what the client sent, then that, then what the server sent.
pub fn read(input: &[u8]) {
    let (length, rest) = input.split_first_chunk().unwrap_or((&[0, 0], &[]));
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (from_client, from_server) = rest.split_at(length);
    let wants_status = ClientHello::wants_status(from_client);
    let flight = FirstFlight::read(from_client, from_server);
    if let Some(flight) = &flight {
        assert!(wants_status.is_some());
        assert!(
            flight
                .client
                .key_shares
                .iter()
                .map(|it| it.public.len())
                .sum::<usize>()
                <= length
        );
    }
    let exchange = Exchange::read(from_client, from_server);
    assert!(exchange.client.is_none() || exchange.server.is_some());
    for end in [End::Client, End::Server] {
        let (sent, received) = match end {
            End::Client => (from_client, from_server),
            End::Server => (from_server, from_client),
        };
        let recording = Recording {
            received: received.to_vec(),
            sent: sent.to_vec(),
        };
        let session = Session::unfinished(end, &recording, Observed::default());
        // What is kept for as long as the connection lasts tells the same.
        let kept = Session::unfinished(end, &recording.readable(), Observed::default());
        assert_eq!(session, kept);
        let Some(session) = session else { continue };
        assert!(flight.is_some());
        assert!(serde_json::to_string(&session).is_ok());
        assert!(serde_json::to_string(&session.handshake).is_ok());
        drop(session.story());
    }
}
