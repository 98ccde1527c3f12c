//! What the bundle tests share: an authority made with rcgen, and a scratch directory in which real programs run.

#![expect(
    dead_code,
    reason = "each of the tests that share this uses its own part of it"
)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use pki::bundle::Identity;
use pki::secret::Secret;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// The kinds of key that bundles carry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    P256,
    P384,
    Rsa2048,
}

/// A root and an issuing CA.
pub(crate) struct Authority {
    root: Vec<u8>,
    issuing: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let root_key = Kind::P256.key();
        let root = ca("Test Root");
        let root_certificate = root.self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(root, root_key);
        let key = Kind::P256.key();
        let issuing = ca("Test Issuing CA");
        let certificate = issuing.signed_by(&key, &root_issuer).unwrap();
        Self {
            root: root_certificate.der().to_vec(),
            issuing: certificate.der().to_vec(),
            issuer: Issuer::new(issuing, key),
        }
    }

    /// A client's identity under `name`.
    pub(crate) fn identity(&self, kind: Kind, name: &str) -> Identity {
        let key = kind.key();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            private_key: Zeroizing::new(key.serialize_der()),
            certificate: certificate.der().to_vec(),
            chain: vec![self.issuing.clone(), self.root.clone()],
            friendly_name: Some(name.to_owned()),
        }
    }
}

fn ca(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Kind {
    fn key(self) -> KeyPair {
        let algorithm = match self {
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::Rsa2048 => &rcgen::PKCS_RSA_SHA256,
        };
        KeyPair::generate_for(algorithm).unwrap()
    }
}

/// A directory in which programs run, with the bundle's password in the file `password`.
pub(crate) struct Scratch {
    directory: TempDir,
}

impl Scratch {
    pub(crate) fn new(password: &Secret) -> Self {
        let scratch = Self {
            directory: TempDir::new().unwrap(),
        };
        // With a newline: OpenSSL reads an empty file as no password at all, and all of them cut one newline off.
        scratch.write("password", format!("{}\n", password.expose()).as_bytes());
        scratch
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// What `openssl` printed.
    pub(crate) fn openssl(&self, arguments: &[&str]) -> String {
        text(&self.succeeds("openssl", arguments).stdout)
    }

    /// What `openssl pkcs12 -info` said, which goes to standard error.
    pub(crate) fn openssl_info(&self, arguments: &[&str]) -> String {
        text(&self.succeeds("openssl", arguments).stderr)
    }

    /// The first private key in a PEM file as OpenSSL understands it: PKCS#8 DER.
    pub(crate) fn openssl_pkcs8_der(&self, name: &str) -> Vec<u8> {
        let form = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"];
        self.succeeds("openssl", &[&form[..], &[name]].concat())
            .stdout
    }

    /// Makes an NSS database and imports a bundle into it.
    pub(crate) fn nss_import(&self, name: &str) {
        self.nss_database();
        let import = ["-i", name, "-d", "sql:nss", "-w", "password"];
        self.succeeds("pk12util", &import);
    }

    pub(crate) fn nss_database(&self) {
        fs::create_dir(self.path("nss")).unwrap();
        self.succeeds("certutil", &["-N", "-d", "sql:nss", "--empty-password"]);
    }

    /// What a program of NSS printed.
    pub(crate) fn nss(&self, command: &[&str]) -> String {
        text(&self.succeeds(command[0], &command[1..]).stdout)
    }

    /// What a program of Java printed.
    pub(crate) fn java(&self, command: &[&str]) -> String {
        text(&self.succeeds(command[0], &command[1..]).stdout)
    }

    /// What GnuTLS finds in a bundle, as PEM; the private key is still encrypted.
    pub(crate) fn certtool_bundle(&self, name: &str, password: &Secret) -> String {
        let arguments = ["--p12-info", "--inder", "--infile", name];
        self.certtool(&arguments, password)
    }

    /// The private key that GnuTLS decrypts out of what [`Self::certtool_bundle`] found: the DER inside the PKCS#8.
    pub(crate) fn certtool_key(&self, found: &str, password: &Secret) -> Vec<u8> {
        self.write("found.pem", found.as_bytes());
        let arguments = [
            "--key-info",
            "--pkcs8",
            "--no-text",
            "--infile",
            "found.pem",
        ];
        let said = self.certtool(&arguments, password);
        let start = said.find("-----BEGIN").expect(&said);
        pem::parse(&said[start..]).unwrap().into_contents()
    }

    fn certtool(&self, arguments: &[&str], password: &Secret) -> String {
        // certtool takes a password from its arguments only; an empty one it knows as --empty-password.
        let password = match password.expose() {
            "" => "--empty-password".to_owned(),
            text => format!("--password={text}"),
        };
        text(
            &self
                .succeeds("certtool", &[arguments, &[&password]].concat())
                .stdout,
        )
    }

    /// What a program said that had to refuse.
    pub(crate) fn refused(&self, command: &[&str]) -> String {
        let output = self.run(command[0], &command[1..]);
        assert!(!output.status.success(), "{command:?} succeeded");
        said(&output)
    }

    pub(crate) fn succeeds(&self, program: &str, arguments: &[&str]) -> Output {
        let output = self.run(program, arguments);
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}\n{}",
            output.status,
            said(&output)
        );
        output
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program)
            .args(arguments)
            .current_dir(self.directory.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| {
                panic!(
                    "{program} does not run ({error}): these tests need the Debian packages openssl, \
                     libnss3-tools, gnutls-bin and openjdk-17-jre-headless"
                )
            })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}
