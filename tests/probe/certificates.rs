//! What a probe shows is what it says, to three programs that judge it from outside: OpenSSL, GnuTLS and NSS.
//!
//! `src/probe/kit/tests` proves more, where what was put right can be signed anew; here it is the command's own certificates, at
//! the time of the run. No program looks for revocations here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{below, probe, with_alice};
use crate::support::process::{finish, hermetic};
use crate::support::{Authority, Server, files_below, tool};

/// What a program says where it has no objection.
const GOOD: &str = "";

/// A case, and what the three programs object to.
struct Row {
    case: &'static str,
    openssl: &'static str,
    gnutls: &'static str,
    nss: &'static str,
}

const fn row(
    case: &'static str,
    openssl: &'static str,
    gnutls: &'static str,
    nss: &'static str,
) -> Row {
    Row {
        case,
        openssl,
        gnutls,
        nss,
    }
}

const fn good(case: &'static str) -> Row {
    row(case, GOOD, GOOD, GOOD)
}

/// What OpenSSL numbers, GnuTLS says, and NSS numbers. GnuTLS 3.7 does not look at the keyUsage of a client, nor at the
/// constraints of URIs; neither it nor NSS minds an RSA key of 1024 bits, and NSS no SHA-1.
const ROWS: [Row; 36] = [
    row("expired", "10", "uses expired certificate", "-8181"),
    row(
        "not-yet-valid",
        "9",
        "uses not yet valid certificate",
        "-8181",
    ),
    good("revoked"),
    good("held"),
    good("resumed-after-revocation-tls12"),
    good("resumed-after-revocation-tls13"),
    good("renegotiated-after-revocation"),
    row("self-signed", "18", ISSUER_UNKNOWN, "-8156"),
    row("foreign-ca-same-name", "20", ISSUER_UNKNOWN, "-8179"),
    row(
        "foreign-ca-same-key-identifiers",
        "7",
        SIGNATURE_INVALID,
        "-8182",
    ),
    row("end-entity-as-ca", "79", CONSTRAINTS_VIOLATED, "-8179"),
    row("unknown-ca", "20", ISSUER_UNKNOWN, "-8179"),
    row("intermediate-missing", "20", ISSUER_UNKNOWN, "-8179"),
    row("altered-signature", "7", SIGNATURE_INVALID, "-8182"),
    row("altered-content", "7", SIGNATURE_INVALID, "-8182"),
    row("server-certificate", "26", OTHER_PURPOSE, "-8101"),
    row("other-purpose", "26", OTHER_PURPOSE, "-8101"),
    row("encipherment-only", "26", GOOD, "-8102"),
    row(
        "unknown-critical-extension",
        "34",
        "unknown critical extension",
        "-8151",
    ),
    row("path-length", "25", CONSTRAINTS_VIOLATED, "-8155"),
    good("deeper-chain"),
    row("system-trusted-ca", "20", ISSUER_UNKNOWN, "-8179"),
    row("name-constraint-dns", "47", CONSTRAINTS_VIOLATED, "-8080"),
    row("name-constraint-email", "47", CONSTRAINTS_VIOLATED, "-8080"),
    row("name-constraint-ip", "47", CONSTRAINTS_VIOLATED, "-8080"),
    row("name-constraint-uri", "47", GOOD, "-8080"),
    row("sha1-signature", "68", "uses insecure algorithm", GOOD),
    row("rsa-1024", "66", GOOD, GOOD),
    good("plain"),
    good("rsa"),
    good("p384"),
    good("many-names"),
    good("large-certificate"),
    good("utf8-subject"),
    good("anchor-plain"),
    good("constrained-plain"),
];

const ISSUER_UNKNOWN: &str = "issuer is unknown";
const SIGNATURE_INVALID: &str = "signature in the certificate is invalid";
const CONSTRAINTS_VIOLATED: &str = "violates the signer's constraints";
const OTHER_PURPOSE: &str = "does not match the intended purpose";

/// The certificates of a run, and whom the site trusts.
struct Run {
    authority: Authority,
    certificates: PathBuf,
    trusted: [PathBuf; 2],
}

impl Run {
    fn new() -> Self {
        let authority = with_alice();
        let server = Server::start(&authority, &[]);
        let (anchor, certificates) = (below(&authority, "anchor"), below(&authority, "shown"));
        let options = ["--probe-anchor", &anchor, "--certificates", &certificates];
        probe(&authority, &server.https, &options, 0);
        let trusted = [authority.root(), Path::new(&anchor).join("root.pem")];
        let certificates = certificates.into();
        Self {
            authority,
            certificates,
            trusted,
        }
    }

    /// Says that every case has a row that shows something else than the plain certificate.
    fn assert_complete(&self) {
        let plain = fs::read(self.chain("plain")).unwrap();
        let files = files_below(&self.certificates).into_iter();
        let other = files.filter(|file| fs::read(file).unwrap() != plain);
        let name = |file: PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
        let shown: BTreeSet<_> = other.map(name).chain(["plain".to_owned()]).collect();
        let rows: BTreeSet<_> = ROWS.iter().map(|row| row.case.to_owned()).collect();
        assert_eq!(shown, rows);
    }

    fn chain(&self, case: &str) -> PathBuf {
        self.certificates.join(format!("{case}.pem"))
    }

    /// What a program says of a chain, and whether it takes it.
    fn said(&self, program: &Path, words: &[&str]) -> (bool, String) {
        let mut command = hermetic(program, self.authority.home());
        let finished = finish(command.args(words));
        (finished.code == Some(0), finished.said())
    }

    /// The number of the first error, as `error 10 at 0 depth lookup: certificate has expired`.
    fn openssl(&self, openssl: &Path, case: &str) -> String {
        let chain = self.chain(case);
        let chain = chain.to_str().unwrap();
        let mut words = vec!["verify", "-no-CAfile", "-no-CApath", "-no-CAstore"];
        words.extend(["-purpose", "sslclient", "-auth_level", "2", "-x509_strict"]);
        for trusted in &self.trusted {
            words.extend(["-trusted", trusted.to_str().unwrap()]);
        }
        let (taken, said) = self.said(
            openssl,
            &[&words[..], &["-untrusted", chain, chain]].concat(),
        );
        let mut errors = said
            .lines()
            .filter_map(|line| line.strip_prefix("error ")?.split_once(" at "));
        let first = errors.next().map(|(number, _)| number.to_owned());
        assert_eq!(taken, first.is_none(), "{case}: {said}");
        first.unwrap_or_default()
    }

    /// `Chain verification output: Not verified. The certificate is NOT trusted. …`
    fn gnutls(&self, certtool: &Path, case: &str) -> String {
        let both = self.authority.path("trusted.pem");
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
        fs::write(&both, self.trusted.iter().map(read).collect::<String>()).unwrap();
        let (chain, both) = (self.chain(case), both.to_str().unwrap().to_owned());
        let words = [
            "--verify",
            "--load-ca-certificate",
            &both,
            "--verify-purpose",
            "1.3.6.1.5.5.7.3.2",
            "--infile",
            chain.to_str().unwrap(),
        ];
        let (taken, said) = self.said(certtool, &words);
        let verdict = said
            .split_once("Chain verification output: ")
            .map(|(_, verdict)| verdict.trim().to_owned());
        let verdict = verdict.unwrap_or_else(|| panic!("{case}: {said}"));
        assert_eq!(taken, verdict.starts_with("Verified."), "{case}: {said}");
        match taken {
            true => String::new(),
            false => verdict,
        }
    }

    /// `ERROR -8181: Peer's Certificate has expired.`, the first of them.
    fn nss(&self, vfychain: &Path, database: &str, case: &str) -> String {
        let text = fs::read_to_string(self.chain(case)).unwrap();
        let mut words = vec!["-d".to_owned(), database.to_owned(), "-a".to_owned()];
        words.extend(["-u".to_owned(), "0".to_owned()]);
        for (place, block) in text
            .split_inclusive("-----END CERTIFICATE-----\n")
            .enumerate()
        {
            let file = self.authority.path(&format!("{case}-{place}.pem"));
            fs::write(&file, block).unwrap();
            words.push(file.to_str().unwrap().to_owned());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (taken, said) = self.said(vfychain, &words);
        assert_eq!(taken, said.contains("Chain is good!"), "{case}: {said}");
        let error = said
            .split_once("ERROR ")
            .and_then(|(_, rest)| rest.split_once(':'));
        let number = error.map(|(number, _)| number.to_owned());
        assert_eq!(taken, number.is_none(), "{case}: {said}");
        number.unwrap_or_default()
    }

    /// A database of NSS that trusts whom the site trusts to issue to clients; its name.
    fn database(&self, certutil: &Path) -> String {
        let directory = self.authority.path("nss");
        fs::create_dir(&directory).unwrap();
        let database = format!("sql:{}", directory.display());
        let words = ["-N", "-d", &database, "--empty-password"];
        assert!(self.said(certutil, &words).0);
        for (place, root) in self.trusted.iter().enumerate() {
            let (name, root) = (format!("root {place}"), root.to_str().unwrap());
            let words = ["-A", "-d", &database, "-n", &name, "-t", "T,,", "-i", root];
            assert!(self.said(certutil, &words).0);
        }
        database
    }
}

#[test]
fn openssl_gnutls_and_nss_object_to_each_certificate_for_the_reason_that_its_case_says() {
    let run = Run::new();
    run.assert_complete();
    if let Some(openssl) = tool("openssl") {
        for row in &ROWS {
            assert_eq!(run.openssl(&openssl, row.case), row.openssl, "{}", row.case);
        }
    }
    if let Some(certtool) = tool("certtool") {
        for row in &ROWS {
            let said = run.gnutls(&certtool, row.case);
            let found = said.is_empty() == row.gnutls.is_empty() && said.contains(row.gnutls);
            assert!(found, "{}: {said}", row.case);
        }
    }
    if let (Some(certutil), Some(vfychain)) = (tool("certutil"), tool("vfychain")) {
        let database = run.database(&certutil);
        for row in &ROWS {
            let number = run.nss(&vfychain, &database, row.case);
            assert_eq!(number, row.nss, "{}", row.case);
        }
    }
}
