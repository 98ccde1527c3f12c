//! `openssl req -x509` and `openssl ca`, as a guide tells to use them.

use std::fs;

use super::{KEY_PASSPHRASE, write};
use crate::support::{Authority, Finished};

/// What a guide to `openssl ca` tells to write, but shorter; `DN` is for the tests of odd names.
const CONFIGURATION: &str = "
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
[ca]
default_ca = here
[here]
dir = CA
certificate = CA/ca.pem
private_key = CA/ca.key
database = CA/index.txt
new_certs_dir = CA/newcerts
serial = CA/serial
rand_serial = no
default_md = sha256
default_days = 365
policy = policy
unique_subject = no
copy_extensions = copy
[policy]
organizationName = optional
commonName = optional
emailAddress = optional
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[both]
basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[signing]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

/// A CA in directories `ca/`, `policy/` …, each with an index and certificates of its own.
pub(super) struct Openssl<'a>(pub(super) &'a Authority);

impl Openssl<'_> {
    #[track_caller]
    pub(super) fn run(&self, words: &[&str]) -> Option<Finished> {
        self.0.openssl(words)
    }

    /// The directory of a CA, ready for `openssl ca`.
    #[track_caller]
    pub(super) fn lay_out(&self, ca: &str) {
        write(
            self.0,
            &format!("{ca}/openssl.cnf"),
            &CONFIGURATION.replace("CA/", &format!("{ca}/")),
        );
        write(self.0, &format!("{ca}/index.txt"), "");
        write(self.0, &format!("{ca}/serial"), "1000\n");
        fs::create_dir_all(self.0.path(&format!("{ca}/newcerts"))).unwrap();
    }

    /// A self-signed root in `ca/`, its key encrypted.
    #[track_caller]
    pub(super) fn root(&self, ca: &str, more: &[&str]) -> Option<()> {
        self.lay_out(ca);
        let (config, certificate, key) = (
            format!("{ca}/openssl.cnf"),
            format!("{ca}/ca.pem"),
            format!("{ca}/ca.key"),
        );
        let password = format!("pass:{KEY_PASSPHRASE}");
        let words = [
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-days",
            "3650",
            "-config",
            &config,
            "-extensions",
            "root",
            "-out",
            &certificate,
            "-keyout",
            &key,
            "-passout",
            &password,
        ];
        self.run(&[&words[..], more].concat())?.ok();
        Some(())
    }

    /// A certificate that a CA signs, as `CA/STEM.pem` with `CA/STEM.key`.
    #[track_caller]
    pub(super) fn issue(
        &self,
        ca: &str,
        stem: &str,
        extensions: &str,
        more: &[&str],
    ) -> Option<()> {
        let (config, request, key, out) = (
            format!("{ca}/openssl.cnf"),
            format!("{ca}/{stem}.csr"),
            format!("{ca}/{stem}.key"),
            format!("{ca}/{stem}.pem"),
        );
        let subject = format!("/CN={stem}");
        let password = format!("pass:{KEY_PASSPHRASE}");
        let request_words = [
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-config",
            &config,
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &request,
        ];
        // subjectAltName goes into the request, everything else to the CA.
        let (names, more): (Vec<&str>, Vec<&str>) = more
            .iter()
            .partition(|word| word.starts_with("subjectAltName"));
        let names: Vec<&str> = names
            .into_iter()
            .flat_map(|name| ["-addext", name])
            .collect();
        self.run(&[&request_words[..], &names].concat())?.ok();
        let words = [
            "ca",
            "-batch",
            "-notext",
            "-config",
            &config,
            "-passin",
            &password,
            "-extensions",
            extensions,
            "-in",
            &request,
            "-out",
            &out,
        ];
        self.run(&[&words[..], &more].concat())?.ok();
        Some(())
    }

    #[track_caller]
    pub(super) fn revoke(&self, ca: &str, stem: &str, reason: &[&str]) -> Option<()> {
        let (config, certificate) = (format!("{ca}/openssl.cnf"), format!("{ca}/{stem}.pem"));
        let password = format!("pass:{KEY_PASSPHRASE}");
        let words = [
            "ca",
            "-config",
            &config,
            "-passin",
            &password,
            "-revoke",
            &certificate,
        ];
        self.run(&[&words[..], reason].concat())?.ok();
        Some(())
    }
}
