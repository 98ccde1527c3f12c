//! TLS, record by record (RFC 8446 §5, RFC 5246 §6.2).

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, ConnectionTrafficSecrets, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::crowds::{connect, each};
use super::frames::{DOCUMENT, everywhere, never_read, with_http_2};
use super::siege::{Target, config, localhost};

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], payload].concat()
}

/// Sends this, reads what comes until the end; counts so many.
async fn send(target: Arc<Target>, octets: Arc<Vec<u8>>, blows: usize) {
    if let Some(mut stream) = connect(target.https).await {
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let _ = tokio::join!(writer.write_all(&octets), reader.read_to_end(&mut answer));
        target.count(blows);
    }
}

pub(super) async fn garbage(target: Arc<Target>) {
    // Of all kinds of records, and none.
    let words: Vec<_> = (0..64_u8)
        .map(|seed| {
            let noise: Vec<u8> = (0..16_384_u32)
                .map(|n| (n.wrapping_mul(2_654_435_761).wrapping_add(u32::from(seed)) >> 13) as u8)
                .collect();
            match seed % 4 {
                0 => noise,
                1 => record(HANDSHAKE, &noise),
                2 => record(DATA, &noise),
                _ => record(20 + seed % 8, &noise[..256]),
            }
        })
        .map(Arc::new)
        .collect();
    let mut turn = 0;
    let words = std::sync::Mutex::new(move || {
        turn += 1;
        words[turn % words.len()].clone()
    });
    each(8, || {
        let word = (words.lock().unwrap())();
        let length = word.len();
        send(target.clone(), word, length)
    })
    .await;
}

/// A ClientHello of so many octets, made larger by an extension that nobody knows.
fn large_hello(target: &Target, size: usize) -> Vec<u8> {
    let hello = &target.hello()[9..];
    // Behind version, random, session identifier, cipher suites and compression methods stand the extensions.
    let session = 34;
    let suites = session + 1 + usize::from(hello[session]);
    let number = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    let compression = suites + 2 + number(suites);
    let extensions = compression + 1 + usize::from(hello[compression]);
    let room = size.saturating_sub(hello.len() + 4);
    let short = |length: usize| (u16::try_from(length.min(0xffff)).unwrap()).to_be_bytes();
    let padding = [&[0x7a, 0x7b], &short(room)[..], &vec![0; room]].concat();
    let body = [
        &hello[..extensions],
        &short(number(extensions) + padding.len()),
        &hello[extensions + 2..],
        &padding,
    ]
    .concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[1], &length[1..], &body].concat()
}

pub(super) async fn large_hellos(target: Arc<Target>) {
    let words: Vec<_> = [60 << 10, (64 << 10) - 200, 65 << 10, 1 << 20]
        .map(|size| large_hello(&target, size))
        .map(|hello| {
            hello
                .chunks(16 << 10)
                .flat_map(|part| record(HANDSHAKE, part))
                .collect()
        })
        .map(Arc::<Vec<u8>>::new)
        .into();
    let turn = std::sync::atomic::AtomicUsize::new(0);
    each(8, || {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let word = words[turn % words.len()].clone();
        let length = word.len();
        send(target.clone(), word, length)
    })
    .await;
}

pub(super) async fn hello_in_pieces(target: Arc<Target>) {
    let hello = large_hello(&target, 60 << 10);
    let word: Vec<u8> = hello
        .iter()
        .flat_map(|octet| record(HANDSHAKE, &[*octet]))
        .collect();
    let word = Arc::new(word);
    each(8, || send(target.clone(), word.clone(), word.len())).await;
}

/// Handshakes with this chain, with which nothing is done then.
async fn shake(target: Arc<Target>, chain: Vec<CertificateDer<'static>>) {
    let identity = (chain, target.key.clone_key());
    let config = Arc::new(config(
        &target.roots,
        Some(identity),
        &rustls::version::TLS13,
    ));
    each(4, || {
        let (target, connector) = (target.clone(), TlsConnector::from(config.clone()));
        async move {
            if let Some(stream) = connect(target.https).await
                && let Ok(mut stream) = connector.connect(localhost(), stream).await
            {
                // In TLS 1.3 the client's part is over before the server has seen the chain.
                target.count(1);
                assert!(stream.read_to_end(&mut Vec::new()).await.is_err());
            }
        }
    })
    .await;
}

pub(super) async fn hundred_certificates(target: Arc<Target>) {
    let chain = target.chain.iter().cycle().take(100).cloned().collect();
    shake(target, chain).await;
}

pub(super) async fn large_chain(target: Arc<Target>) {
    let octets: usize = target.chain.iter().map(|it| it.len()).sum();
    let many = target.chain.len() * (1 << 20) / octets;
    let chain = target.chain.iter().cycle().take(many).cloned().collect();
    shake(target, chain).await;
}

/// Whatever makes our document about them large, as often as a client may ask for it and never read it, on all places.
pub(super) async fn largest_answers(target: Arc<Target>) {
    let config = largest_foreigner(&target);
    let many = everywhere(&target);
    never_read(target, config, DOCUMENT, many).await;
}

/// A client of HTTP/2 with the largest chain that one may present, of certificates that nobody here issued.
pub(super) fn largest_foreigner(target: &Target) -> Arc<ClientConfig> {
    let key = rcgen::KeyPair::generate().unwrap();
    // A name takes three octets in the certificate, and fifteen where it is told.
    let certificate = rcgen::CertificateParams::new(vec!["a".to_owned(); 370])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let chain = vec![certificate.der().clone(); 16];
    let octets: usize = chain.iter().map(|it| it.len()).sum();
    assert!((20 << 10..24 << 10).contains(&octets), "{octets}");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    with_http_2(config(
        &target.roots,
        Some((chain, key)),
        &rustls::version::TLS13,
    ))
}

/// A connection on which any record can be written.
struct Raw {
    stream: TcpStream,
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
    is_new: bool,
}

impl Raw {
    async fn open(target: &Target, version: &'static SupportedProtocolVersion) -> Option<Self> {
        let config = config(&target.roots, None, version);
        let stream = connect(target.https).await?;
        let connector = TlsConnector::from(Arc::new(ClientConfig::clone(&config)));
        let stream = connector.connect(localhost(), stream).await.ok()?;
        let (stream, connection) = stream.into_inner();
        let (sequence, secrets) = connection.dangerous_extract_secrets().unwrap().tx;
        let ConnectionTrafficSecrets::Aes256Gcm { key, iv } = secrets else {
            panic!("the server prefers another cipher suite");
        };
        Some(Self {
            stream,
            key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).unwrap()),
            iv: iv.as_ref().try_into().unwrap(),
            sequence,
            is_new: version == &rustls::version::TLS13,
        })
    }

    fn seal(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        let sequence = self.sequence.to_be_bytes();
        self.sequence += 1;
        let mut nonce = self.iv;
        if self.is_new {
            for (octet, other) in nonce[4..].iter_mut().zip(sequence) {
                *octet ^= other;
            }
            let mut sealed = [payload, &[kind]].concat();
            let length = u16::try_from(sealed.len() + 16).unwrap().to_be_bytes();
            let head = [&[DATA, 3, 3], &length[..]].concat();
            let nonce = Nonce::assume_unique_for_key(nonce);
            self.key
                .seal_in_place_append_tag(nonce, Aad::from(&head), &mut sealed)
                .unwrap();
            return [head, sealed].concat();
        }
        nonce[4..].copy_from_slice(&sequence);
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let beside = [&sequence[..], &[kind, 3, 3], &length].concat();
        let mut sealed = payload.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(&beside), &mut sealed)
            .unwrap();
        record(kind, &[&sequence[..], &sealed].concat())
    }
}

/// On a few connections, this record a hundred times and again, until the server has had enough of it.
async fn repeat(
    target: Arc<Target>,
    version: &'static SupportedProtocolVersion,
    kind: u8,
    payload: Vec<u8>,
) {
    each(4, || {
        let (target, payload) = (target.clone(), payload.clone());
        async move {
            let Some(mut raw) = Raw::open(&target, version).await else {
                return;
            };
            loop {
                let records: Vec<_> = (0..100).flat_map(|_| raw.seal(kind, &payload)).collect();
                if raw.stream.write_all(&records).await.is_err() {
                    return;
                }
                target.count(100);
            }
        }
    })
    .await;
}

pub(super) async fn empty(target: Arc<Target>) {
    repeat(target, &rustls::version::TLS13, DATA, Vec::new()).await;
}

pub(super) async fn warnings(target: Arc<Target>) {
    // user_canceled
    repeat(target, &rustls::version::TLS12, ALERT, vec![1, 90]).await;
}

pub(super) async fn renegotiations(target: Arc<Target>) {
    let hello = target.hello()[5..].to_vec();
    repeat(target, &rustls::version::TLS12, HANDSHAKE, hello).await;
}

pub(super) async fn key_updates(target: Arc<Target>) {
    each(4, || {
        let target = target.clone();
        async move {
            let connector = TlsConnector::from(target.stranger.clone());
            let Some(stream) = connect(target.https).await else {
                return;
            };
            let Ok(stream) = connector.connect(localhost(), stream).await else {
                return;
            };
            let (mut stream, mut connection) = stream.into_inner();
            loop {
                let mut records = Vec::new();
                for _ in 0..100 {
                    connection.refresh_traffic_keys().unwrap();
                    connection.write_tls(&mut records).unwrap();
                }
                if stream.write_all(&records).await.is_err() {
                    return;
                }
                target.count(100);
            }
        }
    })
    .await;
}
