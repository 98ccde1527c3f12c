//! Logins over the network, judged as people and attackers would try them.
//!
//! The client is `openssl s_client`, which offers whatever it is told to; our own `pki login` has its tests beside.

mod at_once;
mod browsers;
mod elsewhere;
mod ours;
mod places;
mod published;
mod recorded;
mod refused;
mod resumed;
mod session;

use std::fs;
use std::path::Path;

use crate::support::{Authority, Credentials, path_text};

/// An authority as it stands after a month of life, and one certificate for each way to be refused.
pub(crate) struct Cast {
    pub(crate) authority: Authority,
    pub(crate) accepted: Credentials,
    /// Reason and credentials.
    pub(crate) refused: Vec<(&'static str, Credentials)>,
}

impl Cast {
    /// None where a tool is missing and may be.
    pub(crate) fn assemble() -> Option<Self> {
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
            ("unknown-issuer", foreign(&authority)?),
            ("unknown-issuer", self_signed(&authority)?),
            ("unknown-issuer", of_version_1(&authority)?),
            ("bad-signature", namesake(&authority)?),
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

pub(crate) const CLIENT_EXTENSIONS: &str = "basicConstraints = critical, CA:FALSE
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
    signed_with(authority, CLIENT_EXTENSIONS, stem, ca, key)
}

/// The same with other extensions, as they stand in OpenSSL's configuration.
pub(crate) fn signed_with(
    authority: &Authority,
    extensions: &str,
    stem: &str,
    ca: &Path,
    key: &Path,
) -> Option<Credentials> {
    request(authority, stem)?;
    fs::write(authority.path("client.cnf"), extensions).unwrap();
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

/// Self-signed, and of version 1, as `openssl x509 -req` makes it without extensions: many a handmade certificate is.
fn of_version_1(authority: &Authority) -> Option<Credentials> {
    request(authority, "version-1")?;
    authority
        .openssl(&[
            "x509",
            "-req",
            "-in",
            "version-1.csr",
            "-signkey",
            "version-1.key",
            "-out",
            "version-1.pem",
            "-days",
            "30",
        ])?
        .ok();
    Some(Credentials {
        certificate: authority.path("version-1.pem"),
        key: authority.path("version-1.key"),
        chain: None,
    })
}

/// A client of somebody else's CA.
fn foreign(authority: &Authority) -> Option<Credentials> {
    self_issued(
        authority,
        "foreign-ca",
        "/CN=Foreign CA",
        "keyUsage=critical,keyCertSign",
    )?;
    let (certificate, key) = (
        authority.path("foreign-ca.pem"),
        authority.path("foreign-ca.key"),
    );
    signed_by(authority, "foreign", &certificate, &key)
}

/// A key and a certificate that it signed itself, as `STEM.key` and `STEM.pem`.
fn self_issued(authority: &Authority, stem: &str, subject: &str, extension: &str) -> Option<()> {
    let (certificate, key) = (format!("{stem}.pem"), format!("{stem}.key"));
    let p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let words = [
        "req", "-x509", "-noenc", "-days", "30", "-subj", subject, "-addext", extension,
    ];
    let files = ["-keyout", &key, "-out", &certificate];
    authority
        .openssl(&[&words[..], &p256, &files].concat())?
        .ok();
    Some(())
}

fn self_signed(authority: &Authority) -> Option<Credentials> {
    self_issued(
        authority,
        "self",
        "/CN=alice",
        "extendedKeyUsage=clientAuth",
    )?;
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

/// A client of a CA that has our issuing CA's DN, to the octet, and a key of its own.
fn namesake(authority: &Authority) -> Option<Credentials> {
    request(authority, "namesake-ca")?;
    let issuing = authority.issuing();
    authority
        .openssl(&[
            "x509",
            "-in",
            path_text(&issuing),
            "-signkey",
            "namesake-ca.key",
            "-out",
            "namesake-ca.pem",
        ])?
        .ok();
    let (certificate, key) = (
        authority.path("namesake-ca.pem"),
        authority.path("namesake-ca.key"),
    );
    signed_by(authority, "namesake", &certificate, &key)
}
