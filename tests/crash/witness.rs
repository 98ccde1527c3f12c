//! What was ever seen of a CA, read past the program: with SQLite, x509-parser and the files themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aws_lc_rs::digest;
use rusqlite::{Connection, OpenFlags};
use x509_parser::prelude::{FromDer, ParsedExtension};
use x509_parser::revocation_list::CertificateRevocationList;

use crate::support::{Authority, files_below, path_text};

/// Everything that was seen at any time.
#[derive(Default)]
pub(super) struct Witness {
    /// Issuer and serial number, and the certificate that has them.
    certificates: BTreeMap<(Vec<u8>, Vec<u8>), Vec<u8>>,
    /// Of each CA's CRL file the number and the octets.
    crls: BTreeMap<String, (u64, Vec<u8>)>,
    /// The entries of the audit log, by their numbers.
    log: BTreeMap<i64, Vec<u8>>,
}

/// A row of the inventory, as far as it matters here.
struct Row {
    issuer: Vec<u8>,
    serial_number: Vec<u8>,
    der: Vec<u8>,
    profile: String,
    name: Option<String>,
}

impl Witness {
    /// Looks at a CA as it lies there; panics where something was lost or used twice.
    #[track_caller]
    pub(super) fn look(&mut self, authority: &Authority, when: &str) {
        let path = authority.path("ca-data/pki.db");
        if !path.exists() {
            assert!(
                self.certificates.is_empty(),
                "{when}: the inventory is gone"
            );
            return;
        }
        let connection = open(&path);
        let sound: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok", "{when}");
        let rows = rows(&connection);
        let known: BTreeMap<_, _> = rows
            .iter()
            .map(|row| {
                (
                    (row.issuer.clone(), row.serial_number.clone()),
                    row.der.clone(),
                )
            })
            .collect();
        assert_eq!(
            known.len(),
            rows.len(),
            "{when}: a serial number stands there twice"
        );
        for (key, der) in &self.certificates {
            assert_eq!(
                known.get(key),
                Some(der),
                "{when}: a certificate is gone, or is another"
            );
        }
        self.certificates = known;
        self.every_file_is_of_a_known_certificate(authority, &rows, when);
        self.numbers_only_grow(authority, &connection, when);
        self.the_log_only_grows(&connection, when);
    }

    /// Whoever was recorded here has the only copy of the key in a bundle, under its name.
    #[track_caller]
    pub(super) fn everybody_has_a_bundle(&self, authority: &Authority, when: &str) {
        let bundles: BTreeSet<_> = files_below(authority.home())
            .into_iter()
            .filter(|path| path_text(path).ends_with(".p12") && !is_hidden(path))
            .flat_map(|path| key_identifiers(&fs::read(path).unwrap()))
            .collect();
        for row in rows(&open(&authority.path("ca-data/pki.db"))) {
            if row.profile == "client" {
                let has_one = bundles.contains(&sha1(&row.der));
                assert!(has_one, "{when}: the key of {:?} is gone", row.name);
            }
        }
    }

    #[track_caller]
    fn every_file_is_of_a_known_certificate(
        &self,
        authority: &Authority,
        rows: &[Row],
        when: &str,
    ) {
        let ders: BTreeSet<_> = rows.iter().map(|row| row.der.as_slice()).collect();
        let ids: BTreeSet<_> = rows.iter().map(|row| sha1(&row.der)).collect();
        for path in files_below(authority.home()) {
            let text = path_text(&path);
            // What has no name yet is nobody's; what was replaced by a restore is another CA's state. The files of a change that was
            // decided come before its row: whoever opens the CA next finishes it.
            let is_decided = text.contains("/issuers/") || text.ends_with("/issuing.pem");
            let is_under_way = is_decided && authority.path("ca-data/.change/plan").exists();
            if is_hidden(&path) || text.contains("before-restore") || is_under_way {
                continue;
            }
            let contents = fs::read(&path).unwrap();
            if text.ends_with(".p12") {
                let mut of_it = key_identifiers(&contents).into_iter();
                let is_known = of_it.any(|id| ids.contains(&id));
                assert!(is_known, "{when}: {text} is of nobody who is known");
            } else if text.ends_with(".pem") && !text.ends_with("key.pem") {
                for section in pem::parse_many(&contents).unwrap() {
                    let is_known =
                        section.tag() != "CERTIFICATE" || ders.contains(section.contents());
                    assert!(is_known, "{when}: {text} is of nobody who is known");
                }
            }
        }
    }

    /// A CRL is the one that was seen before, or has a greater number; and none is published that was not recorded.
    #[track_caller]
    fn numbers_only_grow(&mut self, authority: &Authority, connection: &Connection, when: &str) {
        let numbers: Vec<(i64, i64)> = connection
            .prepare("SELECT issuer_id, crl_number FROM crl ORDER BY id")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut last = BTreeMap::new();
        for (issuer, number) in &numbers {
            let before = last.insert(issuer, number);
            assert!(
                before < Some(number),
                "{when}: a cRLNumber repeats or falls"
            );
        }
        for path in files_below(&authority.path("ca-data/issuers")) {
            let name = path_text(&path).to_owned();
            if !name.ends_with("/crl.der") || is_hidden(&path) {
                continue;
            }
            let der = fs::read(&path).unwrap();
            let number = number_of(&der);
            let recorded = numbers.iter().any(|(_, it)| it.unsigned_abs() == number);
            assert!(recorded, "{when}: {name} was never recorded");
            if let Some((before, octets)) = self.crls.get(&name) {
                let is_newer = number > *before;
                assert!(
                    is_newer || *octets == der,
                    "{when}: {number} after {before}"
                );
            }
            self.crls.insert(name, (number, der));
        }
    }

    #[track_caller]
    fn the_log_only_grows(&mut self, connection: &Connection, when: &str) {
        let log: BTreeMap<i64, Vec<u8>> = connection
            .prepare("SELECT id, hash FROM audit")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for (id, hash) in &self.log {
            assert_eq!(
                log.get(id),
                Some(hash),
                "{when}: entry {id} is gone, or is another"
            );
        }
        self.log = log;
    }
}

/// A connection that has the database open, and has looked into it.
pub(super) fn survivor(authority: &Authority) -> Connection {
    let connection = open(&authority.path("ca-data/pki.db"));
    assert!(!rows(&connection).is_empty());
    connection
}

/// How many certificates a database knows; nothing where there is none.
pub(super) fn count(path: &Path) -> Option<usize> {
    path.exists().then(|| rows(&open(path)).len())
}

/// The certificates of the CAs that the inventory knows, the newest last.
pub(super) fn authorities(authority: &Authority) -> Vec<Vec<u8>> {
    let mut rows = rows(&open(&authority.path("ca-data/pki.db")));
    rows.retain(|row| matches!(row.profile.as_str(), "root" | "issuing"));
    rows.into_iter().map(|row| row.der).collect()
}

/// How many entries of the audit log tell of an action.
pub(super) fn entries(authority: &Authority, action: &str) -> u32 {
    open(&authority.path("ca-data/pki.db"))
        .query_row(
            "SELECT count(*) FROM audit WHERE action = ?1",
            [action],
            |row| row.get(0),
        )
        .unwrap()
}

fn open(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection
        .busy_timeout(crate::support::process::LIMIT)
        .unwrap();
    connection
}

fn rows(connection: &Connection) -> Vec<Row> {
    connection
        .prepare("SELECT issuer, serial_number, der, profile, name FROM certificate ORDER BY id")
        .unwrap()
        .query_map([], |row| {
            Ok(Row {
                issuer: row.get(0)?,
                serial_number: row.get(1)?,
                der: row.get(2)?,
                profile: row.get(3)?,
                name: row.get(4)?,
            })
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn number_of(der: &[u8]) -> u64 {
    let (_, list) = CertificateRevocationList::from_der(der).unwrap();
    let mut numbers =
        list.extensions()
            .iter()
            .filter_map(|extension| match extension.parsed_extension() {
                ParsedExtension::CRLNumber(number) => {
                    Some(number.iter_u64_digits().next().unwrap_or(0))
                }
                _ => None,
            });
    numbers.next().unwrap()
}

/// A file or a directory above it is one of those that no command gave a name yet.
fn is_hidden(path: &Path) -> bool {
    let parts = path.components().rev().take(4);
    parts
        .filter_map(|part| part.as_os_str().to_str())
        .any(|part| part.starts_with(".") && !part.starts_with(".tmp"))
}

/// The localKeyId that a bundle bears for its key, outside the encryption.
fn sha1(der: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der)
        .as_ref()
        .to_vec()
}

/// Whatever in a bundle looks like one: an OCTET STRING of twenty octets.
fn key_identifiers(bundle: &[u8]) -> Vec<Vec<u8>> {
    let windows = bundle.windows(22);
    let strings = windows.filter(|window| window.starts_with(&[0x04, 20]));
    strings.map(|window| window[2..].to_vec()).collect()
}
