//! One authority, one server, and a bundle of every form, key and kind of password.

use std::fs;
use std::path::PathBuf;

use crate::support::process::finish_with_input;
use crate::support::{Authority, Server, hermetic, path_text, tool};

/// The forms that we write: how the table calls each, and the words that ask for it.
pub(super) const FORMS: [(&str, &[&str]); 3] = [
    ("AES-256, SHA-256", &["--for", "any"]),
    // The old form with any password; --for macos refuses an empty one.
    ("Triple-DES, SHA-1", &["--for", "windows-2016"]),
    ("in .mobileconfig", &["--form", "mobileconfig"]),
];
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
    /// Which form, key algorithm and kind of password, as the table calls them.
    pub(super) place: [&'static str; 3],
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
    /// None where OpenSSL or Python is missing and may be.
    pub(super) fn set() -> Option<Self> {
        tool("openssl")?;
        tool("python3")?;
        let authority = Authority::init(&[]);
        let mut bundles = Vec::new();
        for form in FORMS {
            for key in KEYS {
                for password in PASSWORDS {
                    bundles.extend(issue(&authority, form, key, password));
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

/// None where the program refuses to write such a bundle.
fn issue(
    authority: &Authority,
    (form, asked): (&'static str, &[&str]),
    (key, algorithm): (&'static str, &str),
    (kind, chosen): (&'static str, Option<&str>),
) -> Option<Bundle> {
    let name = format!("{}-{algorithm}-{kind}", asked[1]).to_lowercase();
    let path = authority.path(&format!("{name}.p12"));
    let password_file = authority.path("bundle-password");
    let from_file = ["--password-file", path_text(&password_file)];
    let mut words = vec!["issue-client", &name, "--key-algorithm", algorithm];
    words.extend(["--out", path_text(&path)]);
    if let Some(chosen) = chosen {
        fs::write(&password_file, chosen).unwrap();
        words.extend(from_file);
    }
    if asked[0] == "--for" {
        words.extend(asked);
    }
    let document = authority.json(&words);
    let drawn = document["bundle"]["password"].as_str();
    let password = chosen.or(drawn).expect("a password").to_owned();
    if asked[0] == "--form" {
        fs::write(&password_file, &password).unwrap();
        let words = [&["export", &name, "--bundle", path_text(&path)], asked].concat();
        let profile = authority.pki(&[&words[..], &from_file].concat());
        if profile.code == Some(1) && profile.err().contains("refuses a bundle") {
            return None;
        }
        let profile = profile.ok();
        fs::write(&path, identity_in(authority, &profile.out())).unwrap();
    }
    let certificate = authority.pki(&["export", &name, "--form", "pem"]).ok();
    fs::write(authority.path("certificate.pem"), certificate.stdout).unwrap();
    let public_key = authority
        .openssl(&["x509", "-noout", "-pubkey", "-in", "certificate.pem"])
        .expect("looked for before")
        .ok()
        .out();
    Some(Bundle {
        place: [form, key, kind],
        name,
        path,
        password,
        public_key,
    })
}

/// The PKCS#12 file in a configuration profile, as Python's plistlib reads it.
fn identity_in(authority: &Authority, profile: &str) -> Vec<u8> {
    const TAKE_OUT: &str = "
import plistlib, sys
for payload in plistlib.loads(sys.stdin.buffer.read())['PayloadContent']:
    if payload['PayloadType'] == 'com.apple.security.pkcs12':
        sys.stdout.buffer.write(payload['PayloadContent'])
";
    let python = tool("python3").expect("looked for before");
    let mut python = hermetic(python, authority.home());
    finish_with_input(python.args(["-c", TAKE_OUT]), Some(profile.as_bytes()))
        .ok()
        .stdout
}
