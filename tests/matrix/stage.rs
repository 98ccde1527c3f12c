//! One authority, one server, and a bundle of every form, key and kind of password.

use std::fs;
use std::path::PathBuf;

use crate::support::{Authority, Server, path_text, tool};

/// The forms that we write: how the table calls each, and the platform that it is asked for by.
pub(super) const FORMS: [(&str, &str); 2] =
    [("AES-256, SHA-256", "any"), ("Triple-DES, SHA-1", "macos")];
/// How the table calls a key algorithm, and how `--key-algorithm` does.
pub(super) const KEYS: [(&str, &str); 3] = [
    ("P-256", "p256"),
    ("P-384", "p384"),
    ("RSA-2048", "rsa-2048"),
];
/// The kinds of password: how the table calls each, and the password; none is drawn by the program.
pub(super) const PASSWORDS: [(&str, Option<&str>); 3] = [
    ("generated", None),
    ("non-ASCII", Some("Grüße, 世界 🔑")),
    ("empty", Some("")),
];

/// A bundle as it was handed over.
#[derive(Clone)]
pub(super) struct Bundle {
    /// Which form, key and password: places in the lists above.
    pub(super) place: (usize, usize, usize),
    /// Whose it is: no other bundle has this name.
    pub(super) name: String,
    /// The PKCS#12 file.
    pub(super) path: PathBuf,
    /// Its password.
    pub(super) password: String,
    /// The certificate's public key as OpenSSL prints it, out of the inventory.
    pub(super) public_key: String,
}

/// What every cell shares.
pub(super) struct Stage {
    pub(super) authority: Authority,
    pub(super) server: Server,
    pub(super) bundles: Vec<Bundle>,
}

impl Stage {
    /// None where OpenSSL is missing and may be.
    pub(super) fn set() -> Option<Self> {
        tool("openssl")?;
        let authority = Authority::init(&[]);
        let mut bundles = Vec::new();
        for form in 0..FORMS.len() {
            for key in 0..KEYS.len() {
                for password in 0..PASSWORDS.len() {
                    bundles.push(issue(&authority, (form, key, password)));
                }
            }
        }
        Some(Self {
            server: Server::start(&authority, &[]),
            authority,
            bundles,
        })
    }

    /// Where the server tells in JSON what it thinks of a login.
    pub(super) fn login_url(&self) -> String {
        format!("{}/login.json", self.server.https.trim_end_matches('/'))
    }
}

fn issue(authority: &Authority, (form, key, password): (usize, usize, usize)) -> Bundle {
    let (_, platform) = FORMS[form];
    let (_, algorithm) = KEYS[key];
    let (kind, chosen) = PASSWORDS[password];
    let name = format!("{platform}-{algorithm}-{kind}").to_lowercase();
    let path = authority.path(&format!("{name}.p12"));
    let mut words = vec!["issue-client", &name, "--for", platform];
    words.extend(["--key-algorithm", algorithm, "--out", path_text(&path)]);
    let file = authority.path("bundle-password");
    if let Some(chosen) = chosen {
        fs::write(&file, chosen).unwrap();
        words.extend(["--password-file", path_text(&file)]);
    }
    let document = authority.json(&words);
    let drawn = document["bundle"]["password"].as_str();
    let certificate = authority.path(&format!("{name}.pem"));
    let certificate = path_text(&certificate);
    let export = ["export", &name, "--form", "pem", "--out", certificate];
    authority.pki(&export).ok();
    let public_key = authority
        .openssl(&["x509", "-noout", "-pubkey", "-in", certificate])
        .expect("OpenSSL is there")
        .ok()
        .out();
    Bundle {
        place: (form, key, password),
        password: chosen.or(drawn).expect("a password").to_owned(),
        name,
        path,
        public_key,
    }
}
