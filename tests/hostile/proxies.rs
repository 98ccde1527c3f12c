//! The address at which proxies ask (docs/verify.md): attacked by users of this machine who do not know the secret, and through a proxy that passes
//! on whatever its clients send.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use super::crowds::{connect, each};
use super::frames::everywhere;
use super::heads::{narrow, pour};
use super::siege::Target;

/// How large a head may be there, in octets.
const HEAD: usize = 256 << 10;

/// Certificates as nginx passes them on: PEM, URL-encoded.
pub(super) fn escaped<'a>(chain: impl IntoIterator<Item = &'a CertificateDer<'static>>) -> String {
    let escape = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    let block = |der: &CertificateDer<'_>| {
        let block = pem::Pem::new("CERTIFICATE", der.as_ref());
        pem::encode_config(
            &block,
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        )
    };
    let text: String = chain.into_iter().map(block).collect();
    text.bytes().map(escape).collect()
}

/// A question about this, and whether it brings the secret.
pub(super) fn question(target: &Target, field: &str, knows_the_secret: bool) -> String {
    let secret = match knows_the_secret {
        true => &target.secret,
        false => "wrong-wrong-wrong-wrong",
    };
    format!(
        "GET /verify HTTP/1.1\r\nHost: x\r\nPki-Verify-Secret: {secret}\r\nX-SSL-Client-Cert: {field}\r\n\r\n"
    )
}

/// Sends this and reads what comes until the end; counts so many.
async fn send(target: &Target, octets: &[u8], blows: usize) {
    if let Some(mut stream) = connect(target.verify).await {
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let _ = tokio::join!(writer.write_all(octets), reader.read_to_end(&mut answer));
        target.count(blows);
    }
}

/// Heads with a field as large as one may be, and of a megabyte.
pub(super) async fn large_heads(target: Arc<Target>) {
    let heads = [HEAD - 1024, 1 << 20].map(|size| question(&target, &"x".repeat(size), false));
    let heads = Arc::new(heads);
    each(8, || {
        let (target, heads) = (target.clone(), heads.clone());
        async move {
            for head in heads.iter() {
                send(&target, head.as_bytes(), 1).await;
            }
        }
    })
    .await;
}

/// Nearly a whole head on each place, and then nothing.
pub(super) async fn heads_held_back(target: Arc<Target>) {
    let word = question(&target, &"x".repeat(HEAD - 1024), false);
    let word = Arc::new(word.trim_end().to_owned());
    each(everywhere(&target), || {
        let (target, word) = (target.clone(), word.clone());
        async move {
            if let Some(mut stream) = connect(target.verify).await
                && stream.write_all(word.as_bytes()).await.is_ok()
            {
                target.count(1);
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// A thousand questions behind one another, of which the first ends the connection.
pub(super) async fn guesses(target: Arc<Target>) {
    let words = Arc::new(question(&target, &target.field, false).repeat(1000));
    each(8, || {
        let (target, words) = (target.clone(), words.clone());
        async move { send(&target, words.as_bytes(), 1).await }
    })
    .await;
}

/// Bodies, which nobody reads.
pub(super) async fn endless_bodies(target: Arc<Target>) {
    each(4, || {
        let target = target.clone();
        async move {
            for knows_the_secret in [false, true] {
                let head = question(&target, &target.field, knows_the_secret);
                for body in [
                    "Content-Length: 1099511627776",
                    "Transfer-Encoding: chunked",
                ] {
                    let begin = head.replace("\r\n\r\n", &format!("\r\n{body}\r\n\r\n"));
                    let begin = begin.replace("GET", "POST");
                    // A chunk, of as many octets.
                    let more = [b"3ffa\r\n".as_slice(), &[b'x'; 0x3ffa], b"\r\n"].concat();
                    pour(&target, target.verify, &begin, &more).await;
                }
            }
        }
    })
    .await;
}

/// Ten certificates that nobody here issued, in as long a field as is read.
fn largest_field() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["a".to_owned(); 1370])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let field = escaped(&vec![certificate.der().clone(); 10]);
    assert!(
        (60 << 10..64 << 10).contains(&field.len()),
        "{}",
        field.len()
    );
    field
}

/// Questions about them, sixteen behind one another and again, with the secret.
pub(super) async fn largest_questions(target: Arc<Target>) {
    let words = Arc::new(question(&target, &largest_field(), true).repeat(16));
    each(4, || {
        let (target, words) = (target.clone(), words.clone());
        async move {
            let Some(mut stream) = connect(target.verify).await else {
                return;
            };
            let (mut reader, mut writer) = stream.split();
            let asking = async {
                while writer.write_all(words.as_bytes()).await.is_ok() {
                    target.count(16);
                }
            };
            let mut part = [0; 16 << 10];
            let reading =
                async { while reader.read(&mut part).await.is_ok_and(|read| read > 0) {} };
            tokio::select! {
                () = asking => {}
                () = reading => {}
            }
        }
    })
    .await;
}

/// The same on all places, and none of the answers read.
pub(super) async fn unread(target: Arc<Target>) {
    let words = Arc::new(question(&target, &largest_field(), true));
    each(everywhere(&target), || {
        let (target, words) = (target.clone(), words.clone());
        async move {
            if let Some(mut stream) = narrow(target.verify).await {
                while stream.write_all(words.as_bytes()).await.is_ok() {
                    target.count(1);
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}
