//! The file of a backup: a tar archive that `tar xf` unpacks and `sha256sum -c` checks.
//!
//! ```text
//! pki-backup/backup.json     of what it is a backup, and when it was taken
//! pki-backup/ca-data/…       the files
//! pki-backup/SHA256SUMS      the digest of every file before it; it comes last, so that its absence shows a file cut short
//! ```

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Component, Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, EntryType, Header};

use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access};
use crate::hexadecimal;

/// The version of this layout.
pub(crate) const FORMAT: u32 = 1;
pub(crate) const FACTS: &str = "backup.json";
const TOP: &str = "pki-backup";
const SUMS: &str = "SHA256SUMS";
/// The name of every CRL.
pub(super) const CRL: &str = "crl.der";
const DATA: &str = "ca-data";
/// What the digests of ten million files need; the database alone may be larger.
const MAX_SUMS: u64 = 4 << 30;
/// No key, certificate or bundle is larger.
const MAX_MEMBER: u64 = 64 << 20;

/// Of what a file is a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The version of the layout.
    pub format: u32,
    /// When it was taken, RFC 3339.
    pub created_at: String,
    /// The SHA-256 of the root's certificate.
    pub root: String,
    /// The last entry of the audit log and its hash.
    pub audit_head: AuditHead,
    /// Whether the private keys of people, devices and servers are inside.
    pub with_bundles: bool,
}

/// The last entry of an audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Its number.
    pub id: i64,
    /// Its hash in hexadecimal.
    pub hash: String,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    /// The facts.
    Facts,
    /// A file of `ca-data`, by its path there.
    Data(PathBuf),
}

/// Who may read a file of `ca-data`, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) access: Access,
    /// It holds the private key of a person, a device or a server.
    pub(crate) end_entity_key: bool,
}

/// What lies at a path of `ca-data`; nothing that a backup knows, where there is no answer.
pub(crate) fn kind_of(path: &Path) -> Option<Kind> {
    let names: Option<Vec<&str>> = path.iter().map(|name| name.to_str()).collect();
    let (access, end_entity_key) = match names?[..] {
        ["pki.db" | "ocsp.key.pem" | "audit.key.pem"] => (Access::Private, false),
        ["root.pem" | "issuing.pem"] => (Access::Public, false),
        ["issuers", _, "key.pem"] => (Access::Private, false),
        ["issuers", _, "certificate.pem" | "crl.der"] => (Access::Public, false),
        ["servers", _, "key.pem"] => (Access::Private, true),
        ["servers", _, "fullchain.pem"] => (Access::Public, false),
        // What begins with a dot is on its way to its name.
        ["clients", _, file] if file.starts_with('.') => return None,
        ["clients", _, file] if file.ends_with(".p12") || file.ends_with("key.pem") => {
            (Access::Private, true)
        }
        ["clients", _, file] if file.ends_with(".pem") => (Access::Public, false),
        _ => return None,
    };
    Some(Kind {
        access,
        end_entity_key,
    })
}

/// Writes an archive, member by member.
pub(super) struct Writer {
    builder: Builder<BufWriter<File>>,
    path: PathBuf,
    modified: u64,
    sums: BTreeMap<String, String>,
}

impl Writer {
    pub(super) fn new(file: File, path: &Path, modified: i64) -> Self {
        Self {
            builder: Builder::new(BufWriter::new(file)),
            path: path.to_path_buf(),
            modified: u64::try_from(modified).unwrap_or(0),
            sums: BTreeMap::new(),
        }
    }

    /// Adds the facts; they come first.
    pub(super) fn facts(&mut self, facts: &Facts) -> Result<()> {
        let text = serde_json::to_vec_pretty(facts)
            .map_err(|cause| file::failure("write", &self.path, &cause.into()))?;
        self.directory(Path::new(TOP))?;
        self.member(FACTS, Access::Public, text.len() as u64, text.as_slice())?;
        self.directory(&Path::new(TOP).join(DATA))
    }

    /// Adds a directory of `ca-data`, so that `tar xf` makes it as private as it is.
    pub(super) fn data_directory(&mut self, path: &Path) -> Result<()> {
        self.directory(&Path::new(TOP).join(DATA).join(path))
    }

    /// Adds a file of `ca-data`.
    pub(super) fn data(
        &mut self,
        path: &Path,
        access: Access,
        size: u64,
        contents: impl Read,
    ) -> Result<()> {
        let name = Path::new(DATA).join(path);
        let name = name.to_str().ok_or_else(|| {
            Error::new(
                ErrorKind::File,
                format!("the name {} is not UTF-8", path.display()),
            )
        })?;
        self.member(name, access, size, contents)
    }

    /// Adds the digests and ends the archive.
    pub(super) fn finish(mut self) -> Result<()> {
        let mut text = String::new();
        for (name, sum) in &self.sums {
            text.push_str(&line(sum, name));
        }
        let size = text.len() as u64;
        self.append(SUMS, Access::Public, size, text.as_bytes())?;
        let path = self.path;
        let failed = |cause: io::Error| file::failure("write", &path, &cause);
        let buffered = self.builder.into_inner().map_err(failed)?;
        let file = buffered
            .into_inner()
            .map_err(|cause| failed(cause.into_error()))?;
        file.sync_all().map_err(failed)
    }

    fn member(&mut self, name: &str, access: Access, size: u64, contents: impl Read) -> Result<()> {
        let mut digesting = Digesting::new(contents.take(size));
        self.append(name, access, size, &mut digesting)?;
        self.sums.insert(name.to_owned(), digesting.finish());
        Ok(())
    }

    fn append(&mut self, name: &str, access: Access, size: u64, contents: impl Read) -> Result<()> {
        let mut header = self.header(EntryType::Regular, access.mode());
        header.set_size(size);
        self.builder
            .append_data(&mut header, Path::new(TOP).join(name), contents)
            .map_err(|cause| file::failure("write", &self.path, &cause))
    }

    fn directory(&mut self, path: &Path) -> Result<()> {
        let mut header = self.header(EntryType::Directory, 0o700);
        header.set_size(0);
        self.builder
            .append_data(&mut header, path, io::empty())
            .map_err(|cause| file::failure("write", &self.path, &cause))
    }

    fn header(&self, kind: EntryType, mode: u32) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(self.modified);
        header
    }
}

/// Reads an archive from its beginning to its end, hands every file to `visit`, and checks all digests.
///
/// # Errors
/// Refuses what is not a whole backup: links, devices, paths that lead elsewhere, files that are no part of `ca-data`,
/// and files without or with another digest than the archive says.
pub(crate) fn read(
    path: &Path,
    mut visit: impl FnMut(&Member, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).map_err(|cause| file::failure("read", path, &cause))?;
    let unreadable = |cause: io::Error| refusal(path, &format!("is damaged: {cause}"));
    let mut archive = Archive::new(BufReader::new(file));
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut sums = None;
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = name_of(&entry.path_bytes()).ok_or_else(|| {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            refusal(
                path,
                &format!("holds {name:?}, which is no part of a backup"),
            )
        })?;
        match entry.header().entry_type() {
            EntryType::Directory => continue,
            EntryType::Regular => {}
            _ => {
                return Err(refusal(
                    path,
                    &format!("holds {name:?}, which is no plain file"),
                ));
            }
        }
        if sums.is_some() {
            return Err(refusal(path, "goes on behind its end"));
        }
        if name == SUMS {
            let mut text = String::new();
            let read = entry.by_ref().take(MAX_SUMS).read_to_string(&mut text);
            read.map_err(unreadable)?;
            sums = Some(text);
            continue;
        }
        let member = member_of(&name)
            .ok_or_else(|| refusal(path, &format!("holds {name:?}, which is no part of a CA")))?;
        let is_database = member == Member::Data(PathBuf::from("pki.db"));
        let limit = match name.ends_with(CRL) {
            true => file::MAX_CRL,
            false => MAX_MEMBER,
        };
        if entry.size() > limit && !is_database {
            return Err(refusal(
                path,
                &format!("holds {name:?} of more than {} MiB", limit >> 20),
            ));
        }
        let mut digesting = Digesting::new(&mut entry);
        visit(&member, &mut digesting)?;
        io::copy(&mut digesting, &mut io::sink()).map_err(unreadable)?;
        if found.insert(name.clone(), digesting.finish()).is_some() {
            return Err(refusal(path, &format!("holds {name:?} twice")));
        }
    }
    let sums = sums.ok_or_else(|| refusal(path, "ends before its digests"))?;
    let written: String = found.iter().map(|(name, sum)| line(sum, name)).collect();
    match written == sums {
        true => Ok(()),
        false => Err(refusal(path, "holds other files than were backed up")),
    }
}

pub(crate) fn refusal(path: &Path, fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("{} {fact}", path.display()))
        .with_hint("Take another backup file; nothing was changed.")
}

/// A line as `sha256sum` writes it: a name with a backslash or a line end is escaped, and the line says so.
fn line(sum: &str, name: &str) -> String {
    let escaped = name.replace('\\', "\\\\").replace('\n', "\\n");
    let mark = if escaped == name { "" } else { "\\" };
    format!("{mark}{sum}  {escaped}\n")
}

/// The name beneath the top directory; nothing for a path that could lead anywhere else.
fn name_of(path: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(path).ok()?;
    let components: Option<Vec<&str>> = Path::new(text)
        .components()
        .map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let (top, rest) = components?
        .split_first()
        .map(|(top, rest)| (*top, rest.join("/")))?;
    (top == TOP).then_some(rest)
}

fn member_of(name: &str) -> Option<Member> {
    if name == FACTS {
        return Some(Member::Facts);
    }
    let path = Path::new(name).strip_prefix(DATA).ok()?;
    kind_of(path).map(|_| Member::Data(path.to_path_buf()))
}

/// Computes the digest of what is read through it.
struct Digesting<R> {
    inner: R,
    context: Context,
}

impl<R: Read> Digesting<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            context: Context::new(&SHA256),
        }
    }

    fn finish(self) -> String {
        hexadecimal::encode(self.context.finish().as_ref())
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
