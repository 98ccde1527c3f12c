//! Logins over the network, judged as people and attackers would try them.
//!
//! The client is `openssl s_client`, which offers whatever it is told to; our own `pki login` has its tests beside.

mod ours;
mod refused;
mod resumed;
mod session;

use std::fs;
use std::path::Path;

use crate::support::{Authority, Credentials, path_text};

/// An authority as it stands after a month of life, and one certificate for each way to be refused.
struct Cast {
    authority: Authority,
    accepted: Credentials,
    /// Reason and credentials.
    refused: Vec<(&'static str, Credentials)>,
}

impl Cast {
    /// None where a tool is missing and may be.
    fn assemble() -> Option<Self> {
        let authority = Authority::none();
        authority.pki_at("-30d", &["init"])?.ok();
        let issued_at = |offset: &str, words: &[&str]| {
            let words = [&["issue-client"], words, &["--json"]].concat();
            let document = authority.pki_at(offset, &words)?.ok().json();
            authority.credentials(&authority.client(&document))
        };
        let expired = issued_at("-20d", &["expired", "--validity", "7d"])?;
        let early = issued_at("+2d", &["early"])?;
        let revoked = authority.credentials(&authority.issue_client(&["revoked"]))?;
        authority.pki(&["revoke", "revoked", "--yes"]).ok();
        let held = authority.credentials(&authority.issue_client(&["held"]))?;
        let hold = ["revoke", "held", "--reason", "certificateHold", "--yes"];
        authority.pki(&hold).ok();
        let accepted = authority.credentials(&authority.issue_client(&["alice"]))?;
        authority
            .pki(&["issue-server", "web.localhost", "--name", "web"])
            .ok();
        let server_profile = Credentials {
            certificate: authority.path("ca-data/servers/web/fullchain.pem"),
            key: authority.path("ca-data/servers/web/key.pem"),
            chain: Some(authority.issuing()),
        };
        let refused = vec![
            (
                "unknown-issuer",
                foreign(&authority, "/CN=Foreign CA", "foreign")?,
            ),
            ("unknown-issuer", self_signed(&authority)?),
            (
                "bad-signature",
                foreign(&authority, &issuing_subject(&authority)?, "namesake")?,
            ),
            ("wrong-extended-key-usage", server_profile),
            ("not-issued-here", signed_behind_our_back(&authority)?),
            ("revoked", revoked),
            ("revoked", held),
            ("not-yet-valid", early),
            ("expired", expired),
        ];
        Some(Self {
            authority,
            accepted,
            refused,
        })
    }
}

const CLIENT_EXTENSIONS: &str = "basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

/// A new P-256 key and a request for it, as `STEM.key` and `STEM.csr`.
fn request(authority: &Authority, stem: &str) -> Option<()> {
    authority
        .openssl(&[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-keyout",
            &format!("{stem}.key"),
            "-out",
            &format!("{stem}.csr"),
            "-subj",
            "/CN=alice",
        ])?
        .ok();
    Some(())
}

/// A certificate in alice's name, signed by this CA certificate and key.
fn signed_by(authority: &Authority, stem: &str, ca: &Path, key: &Path) -> Option<Credentials> {
    request(authority, stem)?;
    fs::write(authority.path("client.cnf"), CLIENT_EXTENSIONS).unwrap();
    let certificate = format!("{stem}.pem");
    authority
        .openssl(&[
            "x509",
            "-req",
            "-in",
            &format!("{stem}.csr"),
            "-out",
            &certificate,
            "-days",
            "30",
            "-extfile",
            "client.cnf",
            "-CA",
            path_text(ca),
            "-CAkey",
            path_text(key),
            "-passin",
            "env:PASSPHRASE",
        ])?
        .ok();
    Some(Credentials {
        certificate: authority.path(&certificate),
        key: authority.path(&format!("{stem}.key")),
        chain: Some(ca.to_path_buf()),
    })
}

/// A client of somebody else's CA, which calls itself by this DN.
fn foreign(authority: &Authority, subject: &str, stem: &str) -> Option<Credentials> {
    let (certificate, key) = (format!("{stem}-ca.pem"), format!("{stem}-ca.key"));
    authority
        .openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-keyout",
            &key,
            "-out",
            &certificate,
            "-subj",
            subject,
            "-utf8",
            "-days",
            "30",
            "-addext",
            "keyUsage=critical,keyCertSign",
        ])?
        .ok();
    signed_by(
        authority,
        stem,
        &authority.path(&certificate),
        &authority.path(&key),
    )
}

fn self_signed(authority: &Authority) -> Option<Credentials> {
    authority
        .openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-keyout",
            "self.key",
            "-out",
            "self.pem",
            "-subj",
            "/CN=alice",
            "-days",
            "30",
            "-addext",
            "extendedKeyUsage=clientAuth",
        ])?
        .ok();
    Some(Credentials {
        certificate: authority.path("self.pem"),
        key: authority.path("self.key"),
        chain: None,
    })
}

/// Signed with our own key, but not by this program: the inventory knows nothing of it.
fn signed_behind_our_back(authority: &Authority) -> Option<Credentials> {
    let (issuing, key) = (authority.issuing(), authority.issuing_key());
    signed_by(authority, "unrecorded", &issuing, &key)
}

/// The issuing CA's DN in the form that `openssl req -subj` reads.
fn issuing_subject(authority: &Authority) -> Option<String> {
    let issuing = authority.issuing();
    let printed = authority
        .openssl(&[
            "x509",
            "-noout",
            "-subject",
            "-nameopt",
            "compat",
            "-in",
            path_text(&issuing),
        ])?
        .ok()
        .out();
    Some(
        printed
            .trim()
            .trim_start_matches("subject=")
            .trim()
            .to_owned(),
    )
}
