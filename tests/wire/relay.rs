//! A relay in front of a server that remembers what goes through, so that nobody must sniff.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::run;
use crate::support::process::{LIMIT, POLL};
use crate::support::{Authority, path_text};

/// What went through: whether the client sent it, and the octets.
type Segments = Arc<Mutex<Vec<(bool, Vec<u8>)>>>;

/// A relay in front of a server.
pub(crate) struct Relay {
    pub(crate) port: String,
    connections: Arc<Mutex<Vec<Segments>>>,
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Relay {
    /// Waits for one connection, and passes it on to the server on this port of the loopback interface.
    pub(crate) fn before(server: &str) -> Self {
        Self::start(server, true)
    }

    /// The same for every connection until [`Self::recording_with`] is asked for, as a browser makes several.
    pub(crate) fn before_many(server: &str) -> Self {
        Self::start(server, false)
    }

    fn start(server: &str, only_one: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let server: u16 = server.parse().unwrap();
        let connections = Arc::<Mutex<Vec<Segments>>>::default();
        let ended = Arc::<AtomicBool>::default();
        let thread = {
            let (connections, ended) = (connections.clone(), ended.clone());
            thread::spawn(move || {
                thread::scope(|scope| {
                    while let Some(client) = accept(&listener, &ended) {
                        let segments = Segments::default();
                        connections.lock().unwrap().push(segments.clone());
                        scope.spawn(move || relay(&client, server, &segments));
                        if only_one {
                            break;
                        }
                    }
                });
            })
        };
        Self {
            port,
            connections,
            ended,
            thread,
        }
    }

    /// Waits for all ends to finish, and makes a recording of the connection that began with this ClientHello.random.
    #[track_caller]
    pub(crate) fn recording_with(self, authority: &Authority, random: &str) -> Option<PathBuf> {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().expect("all ends finish");
        let random = super::names::octets(random);
        let connections = self.connections.lock().unwrap();
        let begins = |segments: &&Segments| {
            let segments = segments.lock().unwrap();
            let sent = segments.iter().filter(|(from_client, _)| *from_client);
            let sent: Vec<u8> = sent
                .flat_map(|(_, octets)| octets.clone())
                .take(64)
                .collect();
            sent.windows(random.len()).any(|window| window == random)
        };
        let found = connections.iter().find(begins);
        record(
            found.expect("a connection with this random"),
            authority,
            "browser",
        )
    }

    /// Waits for both ends to finish, and lets text2pcap make a recording of it: a program that is not ours.
    #[track_caller]
    pub(crate) fn recording(self, authority: &Authority, stem: &str) -> Option<PathBuf> {
        self.thread.join().expect("both ends finish");
        let segments = self.connections.lock().unwrap().remove(0);
        record(&segments, authority, stem)
    }
}

fn record(segments: &Segments, authority: &Authority, stem: &str) -> Option<PathBuf> {
    let mut text = String::new();
    for (from_client, octets) in segments.lock().unwrap().iter() {
        for packet in octets.chunks(1400) {
            text.push_str(if *from_client { "O\n" } else { "I\n" });
            for (row, octets) in packet.chunks(16).enumerate() {
                text.push_str(&format!("{:06x}", row * 16));
                octets
                    .iter()
                    .for_each(|it| text.push_str(&format!(" {it:02x}")));
                text.push('\n');
            }
        }
    }
    let dump = authority.path(&format!("{stem}.txt"));
    fs::write(&dump, text).unwrap();
    let recording = authority.path(&format!("{stem}.relayed.pcapng"));
    let addresses = ["-4", "127.0.0.1,127.0.0.2", "-T", "50000,443"];
    let files = [path_text(&dump), path_text(&recording)];
    run(
        authority,
        "text2pcap",
        &[&["-q", "-D"], &addresses[..], &files].concat(),
    )?;
    Some(recording)
}

fn relay(client: &TcpStream, server: u16, segments: &Segments) {
    let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
    let ends = [(true, client, &server), (false, &server, client)];
    thread::scope(|scope| {
        for (from_client, from, to) in ends {
            scope.spawn(move || pass_on(from_client, from, to, segments));
        }
    });
}

/// The next client; none when nobody more will come.
fn accept(listener: &TcpListener, ended: &AtomicBool) -> Option<TcpStream> {
    let deadline = Instant::now() + LIMIT;
    listener.set_nonblocking(true).unwrap();
    while !ended.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return Some(stream);
            }
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => thread::sleep(POLL),
            Err(cause) => panic!("{cause}"),
        }
        assert!(Instant::now() < deadline, "nobody connected to the relay");
    }
    None
}

fn pass_on(from_client: bool, mut from: &TcpStream, mut to: &TcpStream, segments: &Segments) {
    let mut buffer = vec![0; 16 << 10];
    // An end may break the connection off; what came until then is what there is.
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        // Noted before it is passed on, so that no answer stands before its question.
        let segment = (from_client, buffer[..count].to_vec());
        segments.lock().unwrap().push(segment);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
