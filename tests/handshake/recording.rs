//! One TLS connection between OpenSSL and OpenSSL, recorded on its way as an observer would, and what tshark makes of it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use super::OpensslServer;
use crate::support::process::finish_with_input;
use crate::support::{Authority, Finished, finish, hermetic, path_text, tool};

/// What the client asks for; it is on the wire only in encrypted form.
pub(super) const WANTED: &str = "/a-secret-place";

/// What was sent, in order, and whether by the client.
type Sent = Arc<Mutex<Vec<(bool, Vec<u8>)>>>;

/// A recorded connection.
pub(super) struct Recording {
    capture: PathBuf,
    home: PathBuf,
    /// The session's secrets, as the client knows them.
    pub(super) secrets: PathBuf,
    /// What the client said.
    pub(super) client: Finished,
}

impl Recording {
    /// Records `openssl s_client` asking an `openssl s_server` that has `old.pem` and `old.key`, in TLS 1.2 with one cipher.
    pub(super) fn of(authority: &Authority, cipher: &str) -> Option<Self> {
        let openssl = tool("openssl")?;
        tool("tshark")?;
        let cipher_list = format!("{cipher}:@SECLEVEL=0");
        let settings = ["-tls1_2", "-cipher", &cipher_list];
        let mut server = hermetic(&openssl, authority.home());
        server.args(["s_server", "-cert", "old.pem", "-key", "old.key"]);
        let server = OpensslServer::start(server.args(settings));
        let (sent, relay) = relay(server.address.clone());

        let secrets = authority.path(&format!("{cipher}.secrets"));
        let mut client = hermetic(&openssl, authority.home());
        client.args(["s_client", "-ign_eof", "-connect", &relay, "-keylogfile"]);
        client.arg(&secrets).args(settings);
        let request = format!("GET {WANTED} HTTP/1.0\r\n\r\n");
        let client = finish_with_input(&mut client, Some(request.as_bytes()));
        let capture = authority.path(&format!("{cipher}.pcap"));
        fs::write(&capture, pcap(&sent.lock().unwrap())).unwrap();
        Some(Self {
            capture,
            home: authority.home().to_owned(),
            secrets,
            client,
        })
    }

    /// Whether tshark reads the request with the server's private key and nothing else.
    pub(super) fn opens_with_key(&self, key: &Path) -> bool {
        self.opens(&format!("uat:rsa_keys:\"{}\",\"\"", path_text(key)))
    }

    /// Whether tshark reads it with the session's secrets.
    pub(super) fn opens_with_secrets(&self) -> bool {
        self.opens(&format!("tls.keylog_file:{}", path_text(&self.secrets)))
    }

    fn opens(&self, preference: &str) -> bool {
        let mut tshark = hermetic(tool("tshark").unwrap(), &self.home);
        tshark.arg("-r").arg(&self.capture).args(["-o", preference]);
        tshark.args([
            "-Y",
            "http.request",
            "-T",
            "fields",
            "-e",
            "http.request.uri",
        ]);
        finish(&mut tshark).ok().out().trim() == WANTED
    }

    /// Whether tshark sees a TLS handshake at all: else it opens nothing for another reason.
    pub(super) fn shows_a_handshake(&self) -> bool {
        let mut tshark = hermetic(tool("tshark").unwrap(), &self.home);
        tshark.arg("-r").arg(&self.capture);
        tshark.args(["-Y", "tls.handshake.type == 2"]);
        !finish(&mut tshark).ok().out().is_empty()
    }
}

/// Passes one connection on and writes down what passes; where it listens.
fn relay(server: String) -> (Sent, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sent = Sent::default();
    let kept = Arc::clone(&sent);
    thread::spawn(move || {
        let client = listener.accept().unwrap().0;
        let server = TcpStream::connect(server).unwrap();
        let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let noted = Arc::clone(&kept);
        let there = thread::spawn(move || pass(client, server, true, &noted));
        pass(ends.1, ends.0, false, &kept);
        there.join().unwrap();
    });
    (sent, address)
}

fn pass(mut from: TcpStream, mut to: TcpStream, by_client: bool, sent: &Sent) {
    let mut buffer = [0; 8192];
    // An end that is gone ends the relay.
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        sent.lock()
            .unwrap()
            .push((by_client, buffer[..length].to_vec()));
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// A capture file (LINKTYPE_RAW) of one TCP connection to port 443 in which this was sent.
fn pcap(sent: &[(bool, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2_u16, 4].map(u16::to_le_bytes).concat());
    file.extend([0_u32, 0, 65_535, 101].map(u32::to_le_bytes).concat());
    let (mut client, mut server) = (1_000_u32, 5_000_u32);
    let mut time = 0;
    let mut packet = |by_client: bool, flags: u8, numbers: (u32, u32), data: &[u8]| {
        let ports: [u16; 2] = if by_client {
            [50_000, 443]
        } else {
            [443, 50_000]
        };
        let hosts: [[u8; 4]; 2] = [[127, 0, 0, 1], [127, 0, 0, 2]];
        let hosts = if by_client {
            hosts
        } else {
            [hosts[1], hosts[0]]
        };
        let length = u16::try_from(40 + data.len()).unwrap().to_be_bytes();
        let ip = [
            &[0x45, 0],
            &length[..],
            &[0, 0, 0x40, 0, 64, 6, 0, 0],
            &hosts.concat(),
        ];
        let tcp = [
            &ports.map(u16::to_be_bytes).concat()[..],
            &numbers.0.to_be_bytes(),
            &numbers.1.to_be_bytes(),
            &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0],
            data,
        ];
        let whole = [ip.concat(), tcp.concat()].concat();
        let captured = u32::try_from(whole.len()).unwrap();
        time += 1;
        file.extend([0, time, captured, captured].map(u32::to_le_bytes).concat());
        file.extend(whole);
    };
    packet(true, 0x02, (client - 1, 0), &[]);
    packet(false, 0x12, (server - 1, client), &[]);
    packet(true, 0x10, (client, server), &[]);
    for (by_client, data) in sent {
        let length = u32::try_from(data.len()).unwrap();
        if *by_client {
            packet(true, 0x18, (client, server), data);
            client += length;
        } else {
            packet(false, 0x18, (server, client), data);
            server += length;
        }
    }
    file
}
