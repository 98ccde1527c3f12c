//! Clients that are slow, many, mistaken or gone, and the end of the server.

use std::time::Duration;

use pki::login::Version;
use pki::server::{ClientAuth, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::fixture::{Authority, outcome};

fn short() -> Limits {
    Limits {
        handshake: Duration::from_millis(50),
        header: Duration::from_millis(50),
        idle: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_connection_that_is_opened_ahead_and_dropped_is_no_event() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for _ in 0..3 {
        drop(TcpStream::connect(server.https).await.unwrap());
    }
    let mut client = authority.login_as(None, Version::Tls13);
    client.login(&server.url()).await.unwrap();
    let log = server.stop().await;
    assert_eq!(log.len(), 1, "{log:?}");
}

#[tokio::test]
async fn what_is_not_tls_is_told_in_one_line_and_the_next_client_is_served() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    let mut stream = TcpStream::connect(server.https).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let log = server.logged("handshake failed").await;
    assert_eq!(log.len(), 1, "{log:?}");
    let mut client = authority.login_as(Some(&alice), Version::Tls12);
    let report = client.login(&server.url()).await.unwrap();
    assert_eq!(outcome(&report), ("accepted", None, None));
}

#[tokio::test]
async fn who_says_nothing_is_sent_away() {
    let authority = Authority::new();
    let server = authority.serve_with(ClientAuth::Optional, short()).await;
    for address in [server.https, server.http] {
        let mut silent = TcpStream::connect(address).await.unwrap();
        // Ends when the server closes the connection, and hangs if it does not.
        let mut nothing = Vec::new();
        let _ = silent.read_to_end(&mut nothing).await;
    }
}

#[tokio::test]
async fn a_full_server_serves_the_next_client_in_the_place_of_one_that_says_nothing() {
    let authority = Authority::new();
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = authority.serve_with(ClientAuth::Optional, limits).await;
    let mut silent = TcpStream::connect(server.https).await.unwrap();
    let mut client = authority.login_as(None, Version::Tls13);
    let report = client.login(&server.url()).await.unwrap();
    assert_eq!(outcome(&report), ("no-certificate", None, None));
    // Ends now and not after its ten seconds, or hangs.
    let _ = silent.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn a_server_that_is_stopped_ends_idle_connections_and_leaves_its_port() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let address = server.http;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    server.stop().await;
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_port_in_use_is_refused_by_name() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let config = pki::server::Config {
        https: server.https,
        http: None,
        verify: None,
        client_auth: ClientAuth::Optional,
        application: None,
        key_log: None,
        limits: Limits::default(),
        clock: time::OffsetDateTime::now_utc,
    };
    let log = |_: &pki::server::Event| {};
    let bound =
        pki::server::Server::bind(config, authority.on_disk().0, std::sync::Arc::new(log)).await;
    let refusal = bound.err().unwrap();
    assert_eq!(refusal.kind(), pki::error::ErrorKind::Network);
    assert!(refusal.message().contains(&server.https.to_string()));
    assert!(refusal.hint().unwrap().contains("another port"));
}

#[tokio::test]
async fn a_client_of_a_server_that_is_gone_is_told_so() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let url = server.url();
    server.stop().await;
    let mut client = authority.login_as(None, Version::Tls13);
    let refusal = client.login(&url).await.unwrap_err();
    assert_eq!(refusal.kind(), pki::error::ErrorKind::Network);
    assert!(refusal.message().contains("could not connect to"));
    assert!(refusal.hint().unwrap().contains("that the server runs"));
}
