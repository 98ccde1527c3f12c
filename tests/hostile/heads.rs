//! HTTP/1.1 on the plain side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

use super::crowds::{connect, drip, each};
use super::siege::Target;

const OCSP: &str =
    "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\n";

/// Sends the beginning and then the same without end; counts octets.
pub(super) async fn pour(target: &Target, address: SocketAddr, begin: &str, more: &[u8]) {
    let Some(mut stream) = connect(address).await else {
        return;
    };
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        writer.write_all(begin.as_bytes()).await?;
        loop {
            writer.write_all(more).await?;
            target.count(more.len());
        }
    };
    let _: std::io::Result<()> = tokio::select! {
        sent = sending => sent,
        _ = async { reader.read_to_end(&mut Vec::new()).await } => Ok(()),
    };
}

/// Sends this and reads what comes; counts one.
async fn ask(target: &Target, request: &[u8]) {
    if let Some(mut stream) = connect(target.http).await {
        let _ = stream.write_all(request).await;
        target.count(1);
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

pub(super) async fn dripping_head(target: Arc<Target>) {
    each(600, || {
        let target = target.clone();
        async move {
            if let Some(mut stream) = connect(target.http).await {
                let head = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(1000));
                drip(&target, &mut stream, head.as_bytes()).await;
            }
        }
    })
    .await;
}

pub(super) async fn dripping_body(target: Arc<Target>) {
    each(600, || {
        let target = target.clone();
        async move {
            if let Some(mut stream) = connect(target.http).await {
                let head = format!("{OCSP}Content-Length: 16000\r\n\r\n");
                let _ = stream.write_all(head.as_bytes()).await;
                drip(&target, &mut stream, &[0x30; 1000]).await;
            }
        }
    })
    .await;
}

pub(super) async fn many_fields(target: Arc<Target>) {
    let fields: String = (0..10_000).map(|n| format!("x{n}: y\r\n")).collect();
    let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
    each(8, || {
        let (target, request) = (target.clone(), request.clone());
        async move { ask(&target, request.as_bytes()).await }
    })
    .await;
}

pub(super) async fn large_field(target: Arc<Target>) {
    let request = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    each(8, || {
        let (target, request) = (target.clone(), request.clone());
        async move { ask(&target, request.as_bytes()).await }
    })
    .await;
}

pub(super) async fn endless_line(target: Arc<Target>) {
    each(8, || {
        let target = target.clone();
        async move { pour(&target, target.http, "GET /", &[b'x'; 4096]).await }
    })
    .await;
}

pub(super) async fn two_lengths(target: Arc<Target>) {
    each(8, || {
        let target = target.clone();
        async move {
            for lengths in [
                "Content-Length: 5\r\nContent-Length: 50\r\n",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
            ] {
                let request = format!("{OCSP}{lengths}\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n");
                let asked = ask(&target, request.as_bytes());
                let _ = tokio::time::timeout(Duration::from_secs(1), asked).await;
            }
        }
    })
    .await;
}

pub(super) async fn endless_extension(target: Arc<Target>) {
    let begin = format!("{OCSP}Transfer-Encoding: chunked\r\n\r\n1;");
    each(8, || {
        let (target, begin) = (target.clone(), begin.clone());
        async move { pour(&target, target.http, &begin, &[b'x'; 4096]).await }
    })
    .await;
}

pub(super) async fn large_bodies(target: Arc<Target>) {
    let begin = format!("{OCSP}Content-Length: 1073741824\r\n\r\n");
    let elsewhere =
        "POST /crl/root.crl HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n";
    each(4, || {
        let (target, begin) = (target.clone(), begin.clone());
        async move {
            pour(&target, target.http, &begin, &[0x30; 16 << 10]).await;
            pour(&target, target.http, elsewhere, &[0x30; 16 << 10]).await;
        }
    })
    .await;
}

/// A connection on which little fits into the buffers of the system.
pub(super) async fn narrow(address: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(([127, 0, 0, 2], 0).into()).ok()?;
    socket.set_recv_buffer_size(2048).ok()?;
    socket.connect(address).await.ok()
}

/// On more connections than there are places the largest page is asked for time and again, and none of it read.
pub(super) async fn unread(target: Arc<Target>) {
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    each(600, || {
        let (target, request) = (target.clone(), request.clone());
        async move {
            if let Some(mut stream) = narrow(target.http).await
                && stream.write_all(&request).await.is_ok()
            {
                target.count(100);
                let _ = stream.readable().await;
                sleep(Duration::from_secs(60)).await;
            }
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}
