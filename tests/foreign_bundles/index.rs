//! Reads `tests/fixtures/pkcs12/index.tsv`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pki::secret::Secret;

/// What is expected of a file.
pub(crate) struct Expected {
    pub(crate) file: String,
    pub(crate) password: Secret,
    /// `opens`, or the kind of refusal and a word of it.
    pub(crate) finding: String,
    pub(crate) encoding: String,
    pub(crate) mac: String,
    pub(crate) key: String,
    pub(crate) certificates: String,
    /// Each identity's friendlyName and how many certificates are above its own.
    pub(crate) identities: String,
    /// How many certificates belong to none of these.
    pub(crate) others: usize,
    /// What each platform makes of it, by the platform's word.
    pub(crate) platforms: BTreeMap<String, String>,
}

impl Expected {
    pub(crate) fn path(&self) -> PathBuf {
        directory().join(&self.file)
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }
}

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pkcs12")
}

pub(crate) fn index() -> Vec<Expected> {
    let text = fs::read_to_string(directory().join("index.tsv")).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t'));
    let heads: Vec<&str> = lines.next().unwrap().collect();
    lines
        .map(|cells| {
            let cells: Vec<&str> = cells.collect();
            assert_eq!(cells.len(), heads.len(), "{cells:?}");
            let mut row: BTreeMap<_, _> = heads.iter().copied().zip(cells).collect();
            let mut take = |head| row.remove(head).unwrap().to_owned();
            Expected {
                file: take("file"),
                password: Secret::chosen(match &*take("password") {
                    "(empty)" => "",
                    password => password,
                }),
                finding: take("finding"),
                encoding: take("encoding"),
                mac: take("MAC"),
                key: take("key"),
                certificates: take("certificates"),
                identities: take("identities"),
                others: take("others").parse().unwrap(),
                platforms: row
                    .into_iter()
                    .map(|(head, cell)| (head.to_owned(), cell.to_owned()))
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn every_file_has_a_line_and_every_line_a_file() {
    let mut lines: Vec<_> = index().into_iter().map(|expected| expected.file).collect();
    let files = fs::read_dir(directory()).unwrap();
    let mut files: Vec<_> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".p12"))
        .collect();
    lines.sort();
    files.sort();
    assert_eq!(lines, files);
    assert!(files.len() >= 40);
}
