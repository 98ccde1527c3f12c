//! Each thing that a client may take its time with has an end, however often something moves; and who was let in stays.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::{available_parallelism, sleep};
use std::time::{Duration, Instant};

use rustls::ClientConnection;

use super::attacks::ATTACKS;
use super::frames::{answered, slow_reset, stranger, with_http_2};
use super::records::largest_foreigner;
use super::siege::{Force, Siege, config, localhost, read_answer};

/// What the server is told.
const SHORT: [&str; 6] = [
    "--handshake-timeout",
    "1",
    "--head-timeout",
    "1",
    "--idle-timeout",
    "60",
];
/// The time between two octets: long before it is over, nothing is still.
const BETWEEN: Duration = Duration::from_millis(200);
/// Whatever else this machine does.
const AT_LAST: Duration = Duration::from_secs(30);

/// Sends this, and then an octet after another; how many of them until the server had enough.
#[track_caller]
fn drip(stream: &mut TcpStream, begin: &[u8]) -> usize {
    stream.write_all(begin).unwrap();
    stream.set_read_timeout(Some(BETWEEN)).unwrap();
    let begun = Instant::now();
    for sent in 0.. {
        assert!(begun.elapsed() < AT_LAST, "it goes on for ever");
        if stream.write_all(b"0").is_err() {
            return sent;
        }
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return sent,
            // An answer, such as 408.
            Ok(_) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return sent,
        }
    }
    unreachable!()
}

#[test]
fn an_octet_now_and_then_prolongs_no_handshake_no_head_and_no_body() {
    let Some(siege) = Siege::with(Force::Little, &SHORT) else {
        return;
    };
    let target = siege.target();
    let body = b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 9999\r\n\r\n";
    for (what, address, begin) in [
        ("a handshake", target.https, &target.hello()[..100]),
        ("a head", target.http, b"GET / HTTP/1.1\r\nX: "),
        ("a body", target.http, body),
    ] {
        let sent = drip(&mut TcpStream::connect(address).unwrap(), begin);
        assert!(sent >= 2, "{what} had no time at all");
    }
}

#[test]
fn who_was_let_in_stays_while_a_crowd_comes() {
    let Some(siege) = Siege::with(Force::Little, &["--max-connections", "8"]) else {
        return;
    };
    let target = siege.target();
    let identity = (target.chain.clone(), target.key.clone_key());
    let alice = config(&target.roots, Some(identity), &rustls::version::TLS13);
    let mut stream = TcpStream::connect(target.https).unwrap();
    stream.set_read_timeout(Some(AT_LAST)).unwrap();
    let mut tls = ClientConnection::new(Arc::new(alice), localhost()).unwrap();
    let mut tls = rustls::Stream::new(&mut tls, &mut stream);
    for _ in 0..2 {
        tls.write_all(b"GET /login.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        assert!(read_answer(&mut tls).contains("\"verdict\":\"accepted\""));
        let crowd: Vec<_> = (0..40)
            .map(|_| TcpStream::connect(target.https).unwrap())
            .collect();
        // Those that came first have been sent away, by which the server has seen all of them.
        for mut early in crowd.iter().take(30) {
            early.set_read_timeout(Some(AT_LAST)).unwrap();
            let ended = early.read(&mut [0]);
            assert!(
                !matches!(&ended, Err(cause) if cause.kind() == std::io::ErrorKind::WouldBlock)
            );
        }
        sleep(Duration::from_millis(10));
    }
}

/// How many frames that come to nothing a client may send at once, what may come in one reading besides, and how many a second.
const AT_ONCE: usize = 1000;
const READING: usize = (32 << 10) / 17;
const A_SECOND: f64 = 200.0;

#[test]
fn who_sends_more_that_comes_to_nothing_than_it_may_is_read_slowly_whoever_it_is() {
    let Some(siege) = Siege::start(Force::Little, &[]) else {
        return;
    };
    let target = siege.target();
    let identity = (target.chain.clone(), target.key.clone_key());
    let alice = config(&target.roots, Some(identity), &rustls::version::TLS13);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (times, client) in [stranger(target), with_http_2(alice)].iter().enumerate() {
        let begun = Instant::now();
        let answered = runtime.block_on(answered(target, client, Duration::from_secs(1)));
        let more = (begun.elapsed().as_secs_f64() * A_SECOND) as usize;
        assert!(answered >= AT_ONCE, "{answered}");
        assert!(answered <= AT_ONCE + READING + more, "{answered}");
        siege.wait_for_log(
            "slowed: too many frames of HTTP/2 for so few answers",
            times + 1,
        );
    }
}

#[test]
fn a_foreigner_who_takes_requests_back_begins_no_more_look_ups_than_others_have_turns() {
    // Whom it lets in it would send to an application, which nobody here needs.
    let upstream = ["--upstream", "http://127.0.0.1:9"];
    let Some(siege) = Siege::start(Force::Little, &upstream) else {
        return;
    };
    let before = siege.status("Threads");
    siege.under(
        |target| Box::pin(slow_reset(largest_foreigner(&target), target)),
        4000,
        |_| {},
    );
    // A thread that looked something up waits for ten seconds for more.
    let most = before + 8 + available_parallelism().unwrap().get() as u64;
    let threads = siege.status("Threads");
    assert!(threads <= most, "{before}, and then {threads}");
}

#[test]
fn six_connections_of_a_browser_find_places_behind_a_crowd_from_its_address_or_from_as_many() {
    let Some(siege) = Siege::begin(Force::Little) else {
        return;
    };
    let crowd = siege.target().crowd as u64;
    let alike = ATTACKS.iter().filter(|attack| attack.kind == "alike");
    for attack in alike {
        siege.under(attack.begin, crowd, Siege::log_in_like_a_browser);
    }
}
