//! A TLS client that is not ours: `openssl s_client`, and what it makes of a visit.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::process::finish_with_input;
use super::{Authority, Finished, Server, hermetic, tool};

/// The protocol versions that the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    V1_2,
    V1_3,
    /// The newest that both ends speak, with older ones offered besides.
    Newest,
}

impl Tls {
    pub(crate) const BOTH: [Self; 2] = [Self::V1_2, Self::V1_3];

    /// The name in the server's session document.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "TLSv1.2",
            Self::V1_3 | Self::Newest => "TLSv1.3",
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::V1_2 => "-tls1_2",
            Self::V1_3 => "-tls1_3",
            Self::Newest => "-no_ssl3",
        }
    }
}

/// A certificate with its key and what lies above it, as PEM files.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) chain: Option<PathBuf>,
}

impl Credentials {
    /// Writes the blocks of one PEM text (key, end entity first, the rest) to `STEM.key`, `STEM.pem`, `STEM.chain`.
    #[track_caller]
    pub(crate) fn from_pem(text: &str, stem: &Path) -> Self {
        let blocks = pem_blocks(text);
        let key = blocks.iter().find(|block| block.contains("PRIVATE KEY"));
        let mut certificates = blocks.iter().filter(|block| block.contains("CERTIFICATE"));
        let write = |extension: &str, content: &str| {
            let path = stem.with_extension(extension);
            fs::write(&path, content).expect("a PEM file can be written");
            path
        };
        let certificate = write("pem", certificates.next().expect("an end entity"));
        let rest: String = certificates.map(String::as_str).collect();
        Self {
            certificate,
            key: write("key", key.expect("a private key")),
            chain: (!rest.is_empty()).then(|| write("chain", &rest)),
        }
    }
}

/// What came of one connection.
pub(crate) struct Visit {
    /// The HTTP status; none when the handshake was refused.
    pub(crate) status: Option<u16>,
    /// `/login.json`, or null.
    pub(crate) document: Value,
    /// The page at `/`, where it was asked for too.
    pub(crate) page: Option<String>,
    /// Whether the client took up an earlier session.
    pub(crate) resumed: bool,
    /// The TLS alert's number, if the server sent one.
    pub(crate) alert: Option<u8>,
    /// The client's side of the exporter, in lower-case hex.
    pub(crate) exporter: Option<String>,
    /// All that s_client said.
    pub(crate) finished: Finished,
}

impl Visit {
    /// Panics unless the server answered with this status, verdict and reason.
    #[track_caller]
    pub(crate) fn assert_judged(&self, status: u16, verdict: &str, reason: Option<&str>) {
        let said = self.finished.said();
        assert_eq!(self.status, Some(status), "{said}");
        assert_eq!(self.document["verdict"], verdict, "{said}");
        assert_eq!(self.document["reason"].as_str(), reason, "{said}");
    }
}

/// Asks for `/login.json`: with these credentials, in this version, keeping or taking up a session.
#[track_caller]
pub(crate) fn visit(
    authority: &Authority,
    server: &Server,
    credentials: Option<&Credentials>,
    tls: Tls,
    session: Session<'_>,
) -> Option<Visit> {
    let port = server.port();
    visit_by(authority, port, credentials, tls, session, &[], &[DOCUMENT])
}

/// The same on a port of its own, as of a relay before the server, with more words for s_client, and asking for these paths on
/// one connection.
#[track_caller]
pub(crate) fn visit_by(
    authority: &Authority,
    port: &str,
    credentials: Option<&Credentials>,
    tls: Tls,
    session: Session<'_>,
    more: &[&str],
    paths: &[&str],
) -> Option<Visit> {
    let openssl = tool("openssl")?;
    // s_client writes what it says through a buffer and what the server says past it: a line at a time keeps the order.
    let mut command = hermetic(tool("stdbuf")?, authority.home());
    command
        .arg("-oL")
        .arg(openssl)
        .args(["s_client", "-ign_eof", tls.option()])
        .args(["-connect", &format!("127.0.0.1:{port}")])
        .args(["-servername", "localhost", "-verify_hostname", "localhost"])
        .args(["-verify_return_error", "-CAfile"])
        .arg(authority.root())
        .args([
            "-keymatexport",
            "EXPORTER-pki-session",
            "-keymatexportlen",
            "32",
        ]);
    if let Some(credentials) = credentials {
        command.arg("-cert").arg(&credentials.certificate);
        command.arg("-key").arg(&credentials.key);
        if let Some(chain) = &credentials.chain {
            command.arg("-cert_chain").arg(chain);
        }
    }
    command.args(more);
    match session {
        Session::Fresh => {}
        Session::Keep(file) => drop(command.arg("-sess_out").arg(file)),
        Session::Resume(file) => drop(command.arg("-sess_in").arg(file)),
    }
    let (last, earlier) = paths.split_last().expect("a path");
    let asks = earlier
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let mut requests: String = asks.collect();
    requests.push_str(&format!(
        "GET {last} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ));
    let finished = finish_with_input(&mut command, Some(requests.as_bytes()));
    Some(Visit::read(finished))
}

/// Where the server tells its decision as data.
pub(crate) const DOCUMENT: &str = "/login.json";

/// What becomes of the TLS session.
#[derive(Clone, Copy)]
pub(crate) enum Session<'a> {
    Fresh,
    Keep(&'a Path),
    Resume(&'a Path),
}

impl Visit {
    fn read(finished: Finished) -> Self {
        let out = finished.out();
        let status = out
            .split("HTTP/1.1 ")
            .nth(1)
            .and_then(|rest| rest.get(..3)?.parse().ok());
        let document = out
            .find("\r\n\r\n{")
            .map(|start| serde_json::Deserializer::from_str(&out[start..]).into_iter())
            .and_then(|mut documents| documents.next()?.ok());
        // s_client says so between two records, wherever that is in what it was sent.
        let page = out.replace("read R BLOCK\n", "");
        let page = page.find("<!DOCTYPE").and_then(|start| {
            let end = page[start..].find("</html>")?;
            Some(page[start..start + end].to_owned())
        });
        let alert = finished
            .err()
            .split("SSL alert number ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        let exporter = out
            .split("Keying material: ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next())
            .map(str::to_lowercase);
        Self {
            status,
            document: document.unwrap_or_default(),
            page,
            resumed: out.contains("\nReused, TLSv1."),
            alert,
            exporter,
            finished,
        }
    }
}

fn pem_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        if line.starts_with("-----BEGIN ") {
            open = Some(String::new());
        }
        if let Some(block) = &mut open {
            block.push_str(line);
            block.push('\n');
        }
        if line.starts_with("-----END ") {
            blocks.extend(open.take());
        }
    }
    blocks
}
