//! What `docs/handshake.md` claims: the older ways refused by our server, and shown alive where others still speak them.

mod hello;
mod older;
mod page;
mod recording;
mod refused;

use crate::support::{Authority, Server};

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
