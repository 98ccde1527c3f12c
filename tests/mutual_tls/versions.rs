//! Which version of HTTP is spoken, and how long one may say nothing in it.

use std::process::Stdio;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use pki::server::{ClientAuth, Limits};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::fixture::Authority;
use super::http::{request, tls};

/// How HTTP/2 begins (RFC 9113 §3.4), and an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// A PING (RFC 9113 §6.7).
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0ping-us!";
/// Longer than any of this takes, unless it never ends.
const LONG: Duration = Duration::from_secs(20);

/// What a server answers before it closes the connection.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, said: &[u8]) -> Vec<u8> {
    stream.write_all(said).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    let ends = timeout(LONG, stream.read_to_end(&mut answer)).await;
    assert!(ends.is_ok(), "still open");
    answer
}

fn is_http_2(answer: &[u8]) -> bool {
    // The server's preface is a SETTINGS frame (RFC 9113 §3.4).
    answer.get(3) == Some(&4)
}

#[tokio::test]
async fn http_2_is_spoken_only_where_the_handshake_says_so_and_then_nothing_else() {
    let authority = Authority::new();
    let server = authority
        .serve_proxies("correct-horse-battery-staple", Limits::default())
        .await;
    let verify = server.verify.clone().unwrap();
    for address in [
        &server.http.to_string(),
        verify.trim_start_matches("http://"),
    ] {
        let stream = TcpStream::connect(address).await.unwrap();
        assert!(!is_http_2(&answer(stream, PREFACE).await), "{address}");
    }
    let stream = tls(&authority, &server, None, "http/1.1").await;
    assert!(!is_http_2(&answer(stream, PREFACE).await));

    let stream = tls(&authority, &server, None, "h2").await;
    let asked = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let told = answer(stream, asked).await;
    let told = String::from_utf8_lossy(&told);
    assert!(!told.contains("HTTP/1.1"), "{told}");
    // Else it is spoken.
    let stream = tls(&authority, &server, None, "h2").await;
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let told = sender.send_request(request("https://localhost/")).await;
    assert_eq!(told.unwrap().status(), 401);
}

#[tokio::test]
async fn a_client_that_only_sends_pings_loses_its_place() {
    let authority = Authority::new();
    let limits = Limits {
        idle: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = authority.serve_with(ClientAuth::Optional, limits).await;
    // A request whose answer the client gives no room for keeps no place either (RFC 9113 §6.9.2): SETTINGS_INITIAL_WINDOW_SIZE 0,
    // and a GET of / as HPACK has it.
    let narrow = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
    let get = b"\0\0\x0e\x01\x05\0\0\0\x01\x82\x87\x84\x41\x09localhost";
    for more in [&[][..], &[&narrow[..], &get[..]].concat()] {
        let stream = tls(&authority, &server, None, "h2").await;
        let (mut reading, mut writing) = tokio::io::split(stream);
        let begin = Instant::now();
        writing.write_all(PREFACE).await.unwrap();
        writing.write_all(more).await.unwrap();
        let pings = async {
            // Every reading and writing moves: by that alone it would stay for ever.
            while writing.write_all(PING).await.is_ok() && writing.flush().await.is_ok() {
                tokio::time::sleep(limits.idle / 10).await;
            }
        };
        let mut answered = Vec::new();
        let closed = async {
            let _ = reading.read_to_end(&mut answered).await;
        };
        let both = async { tokio::join!(pings, closed) };
        assert!(timeout(LONG, both).await.is_ok(), "still open");
        assert!(begin.elapsed() >= limits.idle);
        assert!(is_http_2(&answered));
        let goaway = answered.windows(2).any(|pair| pair == [8, 7]);
        assert!(goaway, "{answered:?}");
    }
}

#[tokio::test]
async fn who_asks_to_negotiate_anew_is_told_at_once_that_it_is_not_done() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let mut command = tokio::process::Command::new("openssl");
    command
        .args(["s_client", "-tls1_2", "-connect", &server.https.to_string()])
        .args(["-servername", "localhost"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let Ok(mut client) = command.spawn() else {
        let skips = std::env::var_os("PKI_TEST_SKIP_MISSING").is_some();
        assert!(skips, "openssl is missing");
        return;
    };
    // As no request was made, there is no answer that it could come with.
    let mut stdin = client.stdin.take().unwrap();
    let mut stdout = client.stdout.take().unwrap();
    let mut told = Vec::new();
    while !String::from_utf8_lossy(&told).contains("Verify return code") {
        assert_ne!(stdout.read_buf(&mut told).await.unwrap(), 0, "it ended");
    }
    stdin.write_all(b"R\n").await.unwrap();
    let mut said = Vec::new();
    let mut stderr = client.stderr.take().unwrap();
    let ends = timeout(Duration::from_secs(5), stderr.read_to_end(&mut said)).await;
    let said = String::from_utf8_lossy(&said);
    assert!(ends.is_ok(), "{said}");
    assert!(said.to_lowercase().contains("no renegotiation"), "{said}");
}
