//! The gateway's time-outs: who may be still, and who may not. The application is this test itself.

use std::time::Duration;

use pki::server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::client::TlsStream;

use super::fixture::{Authority, Holder};
use super::http::tls;
use super::serving::Running;

const IDLE: Duration = Duration::from_millis(200);
/// What is still for so long would have been ended, if it were not right.
const LONG: Duration = Duration::from_millis(700);
/// What must come comes sooner than this, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

struct Site {
    authority: Authority,
    alice: Holder,
    listener: TcpListener,
    server: Running,
    client: TlsStream<TcpStream>,
}

impl Site {
    async fn new(protocol: &str) -> Self {
        let authority = Authority::new();
        let alice = authority.client("alice");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        let limits = Limits {
            idle: IDLE,
            // So that nothing else ends a connection.
            header: PATIENCE * 2,
            ..Limits::default()
        };
        let server = authority.serve_before(&upstream, limits).await;
        let client = tls(&authority, &server, Some(&alice), protocol).await;
        Self {
            authority,
            alice,
            listener,
            server,
            client,
        }
    }

    async fn send(&mut self, octets: &str) {
        self.client.write_all(octets.as_bytes()).await.unwrap();
    }

    /// The application's end of the next connection, after it has read a head.
    async fn asked(&self) -> TcpStream {
        let (mut application, _) = timeout(PATIENCE, self.listener.accept())
            .await
            .unwrap()
            .unwrap();
        read_until(&mut application, "\r\n\r\n").await;
        application
    }
}

async fn read_until<S: tokio::io::AsyncRead + Unpin>(stream: &mut S, text: &str) -> String {
    let mut heard = Vec::new();
    let reading = async {
        while !heard.ends_with(text.as_bytes()) {
            let octet = stream.read_u8().await.unwrap();
            heard.push(octet);
        }
    };
    timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8(heard).unwrap()
}

/// Reads until the other end ends the connection, however it does.
async fn read_to_the_end<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut heard = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut heard))
        .await
        .unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

const GET: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn an_application_may_be_silent_for_longer_than_a_connection_may_lie_idle() {
    let mut site = Site::new("http/1.1").await;
    site.send(GET).await;
    let mut application = site.asked().await;
    sleep(LONG).await;
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no";
    application.write_all(head).await.unwrap();
    read_until(&mut site.client, "\r\n\r\no").await;
    sleep(LONG).await;
    application.write_all(b"k").await.unwrap();
    read_until(&mut site.client, "k").await;
    // When the answer is over, the connection may lie idle as long as any other.
    assert_eq!(read_to_the_end(&mut site.client).await, "");
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_its_body_is_given_up_on() {
    let mut site = Site::new("http/1.1").await;
    site.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf")
        .await;
    let mut application = site.asked().await;
    assert_eq!(read_to_the_end(&mut application).await, "half");
    let said = read_to_the_end(&mut site.client).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    let log = site.server.stop().await;
    assert!(log.iter().all(|line| !line.contains("trouble")), "{log:?}");
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_given_up_on() {
    let mut site = Site::new("http/1.1").await;
    site.send(GET).await;
    let mut application = site.asked().await;
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    application.write_all(head).await.unwrap();
    let part = vec![0; 1 << 16];
    let endless = async { while application.write_all(&part).await.is_ok() {} };
    timeout(PATIENCE, endless).await.unwrap();
}

const UPGRADE: &str =
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

#[tokio::test]
async fn a_websocket_may_be_silent_until_one_end_has_finished() {
    let mut site = Site::new("http/1.1").await;
    site.send(UPGRADE).await;
    let mut application = site.asked().await;
    application.write_all(SWITCHED).await.unwrap();
    read_until(&mut site.client, "\r\n\r\n").await;
    sleep(LONG).await;
    site.send("up").await;
    read_until(&mut application, "up").await;
    sleep(LONG).await;
    application.write_all(b"down").await.unwrap();
    read_until(&mut site.client, "down").await;
    // The client finishes, and the application neither says nor ends anything any more.
    site.client.shutdown().await.unwrap();
    assert_eq!(read_to_the_end(&mut application).await, "");
    assert_eq!(read_to_the_end(&mut site.client).await, "");
}

#[tokio::test]
async fn a_websocket_whose_application_is_gone_ends_although_the_client_goes_on() {
    let mut site = Site::new("http/1.1").await;
    site.send(UPGRADE).await;
    let mut application = site.asked().await;
    application.write_all(SWITCHED).await.unwrap();
    read_until(&mut site.client, "\r\n\r\n").await;
    drop(application);
    let going_on = async {
        while site.client.write_all(b"is anybody there?").await.is_ok() {
            sleep(IDLE / 20).await;
        }
    };
    timeout(PATIENCE, going_on).await.unwrap();
}

#[tokio::test]
async fn a_revocation_ends_what_is_left_of_a_websocket() {
    let mut site = Site::new("http/1.1").await;
    site.send(UPGRADE).await;
    let mut application = site.asked().await;
    application.write_all(SWITCHED).await.unwrap();
    read_until(&mut site.client, "\r\n\r\n").await;
    // The client only listens from now on.
    site.client.shutdown().await.unwrap();
    assert_eq!(read_to_the_end(&mut application).await, "");
    site.authority.revoke(&site.alice);
    let listening = read_to_the_end(&mut site.client);
    let going_on = async {
        while application.write_all(b"news").await.is_ok() {
            sleep(IDLE / 20).await;
        }
    };
    timeout(PATIENCE, async { tokio::join!(listening, going_on) })
        .await
        .unwrap();
    let log = site.server.stop().await;
    assert!(
        log.iter()
            .any(|line| line.contains("refused revoked CN=alice")),
        "{log:?}"
    );
}

#[tokio::test]
async fn a_server_that_stops_ends_a_websocket() {
    let mut site = Site::new("http/1.1").await;
    site.send(UPGRADE).await;
    let mut application = site.asked().await;
    application.write_all(SWITCHED).await.unwrap();
    read_until(&mut site.client, "\r\n\r\n").await;
    let begun = Instant::now();
    site.server.stop().await;
    assert!(
        begun.elapsed() < Limits::default().stop,
        "nothing is waited for"
    );
    assert_eq!(read_to_the_end(&mut application).await, "");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    for (length, status) in [(40_000, "200"), (70_000, "431")] {
        let mut site = Site::new("http/1.1").await;
        let request = format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nX-Own: {}\r\n\r\n",
            "x".repeat(length)
        );
        site.send(&request).await;
        if status == "200" {
            let mut application = site.asked().await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            application.write_all(answer).await.unwrap();
        }
        let said = read_until(&mut site.client, "\r\n\r\n").await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
    }
}
