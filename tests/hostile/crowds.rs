//! Many connections that take places.

use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::ClientConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use super::siege::{Target, localhost};

/// So many at once of the same, each of which begins anew when it has ended.
pub(super) async fn each<F>(many: usize, one: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut all = JoinSet::new();
    for _ in 0..many {
        all.spawn(one());
    }
    while let Some(ended) = all.join_next().await {
        match ended {
            // The attack is over.
            Err(cause) if cause.is_cancelled() => return,
            ended => ended.unwrap(),
        }
        all.spawn(one());
    }
}

/// Whence attackers come, as far as they have not many addresses: somebody honest comes from 127.0.0.1.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

/// A connection; waits a little where there is none to be had, so that nobody spins.
pub(super) async fn connect(address: SocketAddr) -> Option<TcpStream> {
    connect_from(ELSEWHERE, address).await
}

async fn connect_from(from: [u8; 4], address: SocketAddr) -> Option<TcpStream> {
    let connected = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        socket.connect(address).await
    };
    let connected = connected.await;
    if connected.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
    connected.ok()
}

impl Target {
    pub(super) fn count(&self, blows: usize) {
        self.blows.fetch_add(blows as u64, Ordering::Relaxed);
    }

    /// A ClientHello as it is sent.
    pub(super) fn hello(&self) -> Vec<u8> {
        let mut client = ClientConnection::new(self.stranger.clone(), localhost()).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        hello
    }
}

/// Opens so many connections, says something on each, and holds them whatever becomes of them.
async fn hold(target: Arc<Target>, address: SocketAddr, word: Vec<u8>, from: fn(usize) -> [u8; 4]) {
    let mut held = Vec::new();
    while held.len() < target.crowd {
        if let Some(mut stream) = connect_from(from(held.len()), address).await {
            // It may have been sent away already.
            let _ = stream.write_all(&word).await;
            held.push(stream);
            target.count(1);
        }
    }
    pending().await
}

pub(super) async fn silent(target: Arc<Target>) {
    hold(target.clone(), target.https, Vec::new(), |_| ELSEWHERE).await;
}

pub(super) async fn silent_plain(target: Arc<Target>) {
    hold(target.clone(), target.http, Vec::new(), |_| ELSEWHERE).await;
}

/// The same where proxies ask.
pub(super) async fn silent_proxies(target: Arc<Target>) {
    hold(target.clone(), target.verify, Vec::new(), |_| ELSEWHERE).await;
}

pub(super) async fn greeting(target: Arc<Target>) {
    hold(target.clone(), target.https, target.hello(), |_| ELSEWHERE).await;
}

/// The same from where somebody honest comes from too.
pub(super) async fn greeting_beside(target: Arc<Target>) {
    let hello = target.hello();
    hold(target.clone(), target.https, hello, |_| [127, 0, 0, 1]).await;
}

/// Each from an address of its own.
pub(super) async fn greeting_from_everywhere(target: Arc<Target>) {
    let hello = target.hello();
    let from = |number: usize| [127, 1, (number >> 7) as u8, (number & 127) as u8 + 1];
    hold(target.clone(), target.https, hello, from).await;
}

/// As many as there are places and half as many again, each with a pause of a second after it was sent away.
pub(super) async fn returning(target: Arc<Target>) {
    let hello = target.hello();
    each(768, || {
        let (target, hello) = (target.clone(), hello.clone());
        async move {
            if let Some(mut stream) = connect(target.https).await {
                let _ = stream.write_all(&hello).await;
                target.count(1);
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
            sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
}

/// One octet after another of a word, as slowly as that.
pub(super) async fn drip(target: &Target, stream: &mut TcpStream, word: &[u8]) {
    for octet in word {
        if stream.write_all(&[*octet]).await.is_err() {
            return;
        }
        target.count(1);
        sleep(Duration::from_secs(1)).await;
    }
}

pub(super) async fn dripping_handshake(target: Arc<Target>) {
    let hello = target.hello();
    each(600, || {
        let (target, hello) = (target.clone(), hello.clone());
        async move {
            if let Some(mut stream) = connect(target.https).await {
                drip(&target, &mut stream, &hello).await;
            }
        }
    })
    .await;
}

/// Whole handshakes without a certificate, which HTTP/2 then lets lie still for a minute.
pub(super) async fn strangers(target: Arc<Target>) {
    let connector = TlsConnector::from(super::frames::stranger(&target));
    each(600, || {
        let (target, connector) = (target.clone(), connector.clone());
        async move {
            if let Some(stream) = connect(target.https).await
                && let Ok(mut stream) = connector.connect(localhost(), stream).await
            {
                target.count(1);
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
            sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
}
