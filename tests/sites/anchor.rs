//! A second hierarchy that a server is told to trust, with a CA too many: what is issued by that is refused.

use std::fs;
use std::path::{Path, PathBuf};

use super::Running;
use crate::support::{Authority, Credentials, path_text};

const CA: &str = "keyUsage=critical,keyCertSign,cRLSign";
const END_ENTITY: [&str; 3] = [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    "extendedKeyUsage=clientAuth",
];

/// The hierarchy as `pki probe --probe-anchor` lays it out, and two who have a certificate beneath it.
pub(super) struct Anchor {
    pub(super) directory: PathBuf,
    /// Issued as deep as by a CA of ours.
    pub(super) plain: Credentials,
    /// Issued by one CA further down.
    pub(super) deeper: Credentials,
}

/// Makes certificates by OpenSSL in a directory.
struct Workshop<'a> {
    authority: &'a Authority,
    directory: PathBuf,
}

impl Workshop<'_> {
    /// A certificate with a new key, by an issuer or by itself.
    #[track_caller]
    fn issue(
        &self,
        name: &str,
        subject: &str,
        issuer: Option<&str>,
        extensions: &[&str],
    ) -> Option<()> {
        let path = |ending: &str| format!("{name}.{ending}");
        let (key, certificate) = (path("key"), path("pem"));
        let subject = format!("/CN={subject}");
        let mut words = vec!["req", "-x509", "-config", "req.cnf", "-days", "7", "-noenc"];
        words.extend(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        words.extend(["-keyout", &key, "-out", &certificate, "-subj", &subject]);
        let by = issuer.map(|issuer| (format!("{issuer}.pem"), format!("{issuer}.key")));
        if let Some((certificate, key)) = &by {
            words.extend(["-CA", certificate, "-CAkey", key]);
        }
        let identifiers = ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"];
        for extension in extensions.iter().chain(&identifiers) {
            words.extend(["-addext", extension]);
        }
        self.openssl(&words)
    }

    /// The CRL of a CA that revoked nothing.
    #[track_caller]
    fn crl(&self, name: &str) -> Option<()> {
        let configuration = format!(
            "[ca]\ndefault_ca=it\n[it]\ndatabase={name}.index\ncrlnumber={name}.number\ndefault_md=sha256\n\
             default_crl_days=7\ncrl_extensions=extensions\n[extensions]\nauthorityKeyIdentifier=keyid\n"
        );
        self.write(&format!("{name}.cnf"), &configuration);
        self.write(&format!("{name}.index"), "");
        self.write(&format!("{name}.number"), "01");
        let [configuration, certificate, key, crl] =
            ["cnf", "pem", "key", "crl"].map(|ending| format!("{name}.{ending}"));
        self.openssl(&[
            "ca",
            "-gencrl",
            "-config",
            &configuration,
            "-cert",
            &certificate,
            "-keyfile",
            &key,
            "-out",
            &crl,
        ])
    }

    /// A file of these, one after the other.
    fn join(&self, name: &str, parts: &[&str]) -> PathBuf {
        let read = |part: &&str| fs::read_to_string(self.directory.join(part)).unwrap();
        self.write(name, &parts.iter().map(read).collect::<String>())
    }

    fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.directory.join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    #[track_caller]
    fn openssl(&self, words: &[&str]) -> Option<()> {
        use crate::support::{finish, hermetic, tool};
        let mut command = hermetic(tool("openssl")?, self.authority.home());
        finish(command.args(words).current_dir(&self.directory)).ok();
        Some(())
    }
}

impl Anchor {
    #[track_caller]
    pub(super) fn make(authority: &Authority) -> Option<Self> {
        let directory = authority.path("anchor");
        fs::create_dir(&directory).unwrap();
        let workshop = Workshop {
            authority,
            directory: directory.clone(),
        };
        workshop.write("req.cnf", "[req]\ndistinguished_name=it\n[it]\n");
        let any = ["basicConstraints=critical,CA:TRUE", CA];
        let last = ["basicConstraints=critical,CA:TRUE,pathlen:0", CA];
        workshop.issue("own-root", "Anchor Root", None, &any)?;
        workshop.issue("own-issuing", "Anchor Issuing", Some("own-root"), &any)?;
        workshop.issue("sub", "Anchor Sub", Some("own-issuing"), &last)?;
        workshop.issue("plain", "alice", Some("own-issuing"), &END_ENTITY)?;
        workshop.issue("deeper", "alice", Some("sub"), &END_ENTITY)?;
        for name in ["own-root", "own-issuing", "sub"] {
            workshop.crl(name)?;
        }
        workshop.join("root.pem", &["own-root.pem"]);
        workshop.join("issuing.pem", &["own-issuing.pem"]);
        let crls = ["own-root.crl", "own-issuing.crl", "sub.crl"];
        workshop.join("crl.pem", &crls);
        let credentials = |name: &str, chain: &[&str]| Credentials {
            certificate: workshop.join(&format!("{name}.chain.pem"), chain),
            key: directory.join(format!("{name}.key")),
            chain: None,
        };
        Some(Self {
            plain: credentials("plain", &["plain.pem", "own-issuing.pem"]),
            deeper: credentials("deeper", &["deeper.pem", "sub.pem", "own-issuing.pem"]),
            directory,
        })
    }
}

/// What is wrong in a configuration that lets in one CA more: the file, what stands there, and what would.
const ONE_MORE: [(&str, &str, &str, &str); 3] = [
    (
        "nginx",
        "nginx.conf",
        "ssl_verify_depth 1;",
        "ssl_verify_depth 2;",
    ),
    (
        "apache",
        "httpd.conf",
        "SSLVerifyDepth 2",
        "SSLVerifyDepth 3",
    ),
    (
        "haproxy",
        "issuers.txt",
        "Anchor Issuing\n",
        "Anchor Issuing\nAnchor Sub\n",
    ),
];

#[test]
fn each_proxy_trusts_the_anchor_of_a_probe_but_no_ca_beneath_its_issuing_ones() {
    let authority = Authority::init(&[]);
    let Some(anchor) = Anchor::make(&authority) else {
        return;
    };
    for (word, file, right, wrong) in ONE_MORE {
        let Some(server) = Running::start(word, &authority, Some(&anchor.directory)) else {
            return;
        };
        let visit = |who: &Credentials| server.visit(&authority, Some(who), "", &[]);
        let Some(plain) = visit(&anchor.plain) else {
            return;
        };
        assert!(plain.welcomes("alice"), "{word}: {plain:?}");
        let deeper = visit(&anchor.deeper).unwrap();
        assert!(deeper.is_refused(), "{word}: {deeper:?}");
        // It is the depth that does it, nothing else.
        replace(&server.directory().join(file), right, wrong);
        server.reload();
        let deeper = visit(&anchor.deeper).unwrap();
        assert!(deeper.welcomes("alice"), "{word}: {deeper:?}");
    }
}

#[test]
fn a_refresh_after_the_anchor_is_gone_takes_the_trust_in_it_away() {
    let authority = Authority::init(&[]);
    let Some(anchor) = Anchor::make(&authority) else {
        return;
    };
    let Some(server) = Running::start("nginx", &authority, Some(&anchor.directory)) else {
        return;
    };
    let visit = |who: &Credentials| server.visit(&authority, Some(who), "", &[]);
    let Some(before) = visit(&anchor.plain) else {
        return;
    };
    assert!(before.welcomes("alice"), "{before:?}");
    let words = ["crl.pem", "root.pem", "issuing.pem"];
    for name in words {
        fs::remove_file(anchor.directory.join(name)).unwrap();
    }
    server.refresh(&authority);
    let after = visit(&anchor.plain).unwrap();
    assert!(after.is_refused(), "{after:?}");
    // To begin with one that is not there is a mistake.
    let words = ["server-config", "nginx", "--probe-anchor"];
    let again = [&words[..], &[path_text(&anchor.directory)]].concat();
    authority.pki(&again).exits(1);
}

fn replace(path: &Path, right: &str, wrong: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(right).count(), 1, "{right} in {text}");
    fs::write(path, text.replace(right, wrong)).unwrap();
}
