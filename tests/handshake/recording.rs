//! One TLS connection between OpenSSL and OpenSSL, recorded on its way as an observer would, and what tshark makes of it.

use std::path::{Path, PathBuf};

use super::OpensslServer;
use crate::support::process::finish_with_input;
use crate::support::{Authority, Finished, finish, hermetic, path_text, tool};
use crate::wire::relay::Relay;

/// What the client asks for; it is on the wire only in encrypted form.
pub(super) const WANTED: &str = "/a-secret-place";

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
        let port = server.address.rsplit(':').next().unwrap();
        let relay = Relay::before(port);
        let address = format!("127.0.0.1:{}", relay.port);

        let secrets = authority.path(&format!("{cipher}.secrets"));
        let mut client = hermetic(&openssl, authority.home());
        client.args(["s_client", "-ign_eof", "-connect", &address, "-keylogfile"]);
        client.arg(&secrets).args(settings);
        let request = format!("GET {WANTED} HTTP/1.0\r\n\r\n");
        let client = finish_with_input(&mut client, Some(request.as_bytes()));
        let capture = relay.recording(authority, cipher)?;
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
