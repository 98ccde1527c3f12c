//! Who keeps a place at the window for proxies, and who does not.

use std::time::Duration;

use pki::server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::fixture::Authority;
use super::serving::Running;

const SECRET: &str = "correct-horse-battery-staple";

async fn connect(server: &Running) -> TcpStream {
    let place = server.verify.as_deref().unwrap();
    let address = place.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Asks and tells the status.
async fn ask(stream: &mut TcpStream, path: &str, secret: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nPki-Verify-Secret: {secret}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[9..length.min(12)]).into_owned()
}

/// Ends when the server closes the connection.
async fn is_closed(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn only_who_has_shown_the_secret_keeps_a_place_without_asking() {
    let authority = Authority::new();
    let limits = Limits {
        header: Duration::from_millis(300),
        connections: 4,
        ..Limits::default()
    };
    let server = authority.serve_proxies(SECRET, limits).await;
    let mut proxy = connect(&server).await;
    assert_eq!(ask(&mut proxy, "/verify", SECRET).await, "401");
    // All other places: one is silent, one does not end its head, one asks for something else.
    let silent = connect(&server).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /verify HTTP/1.1\r\nx: ")
        .await
        .unwrap();
    let mut elsewhere = connect(&server).await;
    assert_eq!(ask(&mut elsewhere, "/", SECRET).await, "404");
    server.logged("all 4 places are taken").await;
    // Waits until there is a place again.
    let mut second = connect(&server).await;
    assert_eq!(ask(&mut second, "/verify", SECRET).await, "401");
    is_closed(silent).await;
    is_closed(slow).await;
    is_closed(elsewhere).await;
    tokio::time::sleep(limits.header * 2).await;
    for proxy in [&mut proxy, &mut second] {
        assert_eq!(ask(proxy, "/verify", SECRET).await, "401");
    }
    let told = server.stop().await;
    let full = told.iter().filter(|line| line.contains("places are taken"));
    assert_eq!(full.count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_wrong_secret_ends_the_connection() {
    let authority = Authority::new();
    let server = authority.serve_proxies(SECRET, Limits::default()).await;
    let mut guessing = connect(&server).await;
    assert_eq!(
        ask(&mut guessing, "/verify", "correct-horse-battery").await,
        "403"
    );
    is_closed(guessing).await;
}
