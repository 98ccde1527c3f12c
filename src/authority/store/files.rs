//! Whose the files are and who may read them.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::Seen;
use crate::authority::CaData;
use crate::authority::backup::kind_of;
use crate::error::{Error, ErrorKind};
use crate::file::{self, Access};

/// Looks at everything that lies in the directory.
pub(super) fn examine(data: &CaData) -> Seen {
    let mut wrong = Vec::new();
    let mut count: u64 = 0;
    // The directory itself may be a link to where it lies; whose it is, all in it must be.
    let of_the_ca = fs::metadata(data.directory());
    let owner = of_the_ca.as_ref().map_or(0, MetadataExt::uid);
    wrong.extend(of_the_ca.ok().and_then(|metadata| visitor(data, &metadata)));
    let mut open = vec![data.directory().to_path_buf()];
    while let Some(path) = open.pop() {
        let is_ca = path == data.directory();
        let looked = match is_ca {
            true => fs::metadata(&path),
            false => fs::symlink_metadata(&path),
        };
        let metadata = match looked {
            Ok(metadata) => metadata,
            // A command that works meanwhile removes its own.
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => continue,
            Err(cause) => {
                wrong.push(file::failure("look at", &path, &cause));
                continue;
            }
        };
        wrong.extend(stranger(&path, &metadata, owner));
        if metadata.is_dir() {
            // What lies in a directory that is ours alone is ours alone, but it may be moved.
            wrong.extend(is_ca.then(|| private(&path, &metadata, "700")).flatten());
            match entries(&path) {
                Ok(entries) => open.extend(entries),
                Err(cause) => wrong.push(file::failure("read", &path, &cause)),
            }
            continue;
        }
        count += 1;
        if metadata.is_file() && is_secret(data, &path) {
            wrong.extend(private(&path, &metadata, "600"));
        }
    }
    Seen::all(
        format!("{count} files, each with an owner and a mode"),
        wrong,
    )
}

fn entries(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// What has a place of its own has its access; of all else, what looks like a key, a bundle or the inventory.
fn is_secret(data: &CaData, path: &Path) -> bool {
    let place = path.strip_prefix(data.directory()).unwrap_or(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match kind_of(place) {
        Some(kind) => kind.access == Access::Private,
        None => ["key.pem", ".p12", "pki.db"]
            .iter()
            .any(|part| name.contains(part)),
    }
}

/// Whoever looks should be the owner: what he makes here nobody else could change.
fn visitor(data: &CaData, metadata: &Metadata) -> Option<Error> {
    let (owner, user) = (metadata.uid(), geteuid().as_raw());
    let fact = format!(
        "{} belongs to the user with the number {owner}, and this is {user}",
        data.directory().display()
    );
    (owner != user).then(|| {
        Error::new(ErrorKind::File, fact).with_hint(
            "Run the commands as its owner: what another user makes there, he cannot change.",
        )
    })
}

fn stranger(path: &Path, metadata: &Metadata, owner: u32) -> Option<Error> {
    let fact = format!(
        "{} belongs to the user with the number {}, and the CA to {owner}",
        path.display(),
        metadata.uid()
    );
    (metadata.uid() != owner).then(|| {
        let mend = format!("As root, run chown {owner} {}.", path.display());
        Error::new(ErrorKind::File, fact).with_hint(mend)
    })
}

fn private(path: &Path, metadata: &Metadata, mode: &str) -> Option<Error> {
    let fact = format!(
        "{} has the mode {:04o}, which lets others in",
        path.display(),
        metadata.mode() & 0o7777
    );
    (metadata.mode() & 0o077 != 0).then(|| {
        Error::new(ErrorKind::File, fact).with_hint(format!("Run chmod {mode} {}.", path.display()))
    })
}
