//! What `docs/handshake.md` claims: the older ways refused by our server, and shown alive where others still speak them.

mod alerts;
mod hello;
mod older;
mod page;
mod recording;
mod refused;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Authority, Server};

/// `openssl s_server` on a free port, ended with the test.
struct OpensslServer {
    child: Child,
    /// Where it listens, `127.0.0.1:PORT`.
    address: String,
}

impl OpensslServer {
    /// Starts what was put together up to the address, and waits until it listens.
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        command.args(["-accept", "127.0.0.1:0", "-www"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = said
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("ACCEPT ")?.to_owned()));
        Self {
            child,
            address: address.expect("s_server says where it listens"),
        }
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server with an RSA certificate, so that nothing is refused for lack of an RSA key.
fn with_an_rsa_key() -> (Authority, Server) {
    let authority = Authority::init(&["--permit-dns", "localhost"]);
    let hosts = ["localhost", "login.localhost", "*.login.localhost"];
    let options = ["--name", "pki-serve", "--key-algorithm", "rsa-2048"];
    let words = [&["issue-server"], &hosts[..], &options].concat();
    authority.pki(&words).ok();
    let server = Server::start(&authority, &[]);
    (authority, server)
}
