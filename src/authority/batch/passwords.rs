//! The passwords of many bundles: a file of rows that is never behind the bundles.
//!
//! A row is synced before its certificate is recorded, so that no kill leaves a bundle that nobody can open. One that was written for a
//! certificate which then was not recorded is taken out when the file is opened again.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Member;
use super::making::Made;
use super::round::is_of_the_row;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::Inventory;
use crate::name::Device;
use crate::serial::SerialNumber;

const COLUMNS: [&str; 5] = ["name", "device", "file", "password", "serial_number"];

/// The file, open at its end.
pub(super) struct Passwords {
    path: PathBuf,
    file: File,
}

impl Passwords {
    /// Opens the file for this run alone, or makes it, and takes out the rows of certificates that were not recorded.
    pub(super) fn open(path: &Path, directory: &Path, inventory: &Inventory) -> Result<Self> {
        refuse_beside(path, directory)?;
        if matches!(path.try_exists(), Ok(false)) {
            file::write(path, &line(&COLUMNS)?, Access::Private, Existing::Refuse)?;
        }
        let opened = claimed(path)?;
        let failed = |cause| file::failure("read", path, &cause);
        if opened.metadata().map_err(failed)?.mode() & 0o077 != 0 {
            return Err(Error::new(
                ErrorKind::File,
                format!("{} holds passwords and others may read it", path.display()),
            )
            .with_hint(format!("Run chmod 600 {}.", path.display())));
        }
        let mut passwords = Self {
            path: path.to_path_buf(),
            file: opened,
        };
        passwords.take_out_stale(inventory)?;
        Ok(passwords)
    }

    /// Writes the rows of certificates, and records these; where that fails, the rows are taken back.
    pub(super) fn with(
        &mut self,
        made: &[(Member, Made)],
        record: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let failed = |cause| file::failure("write", &self.path, &cause);
        let before = self.file.metadata().map_err(failed)?.len();
        let mut rows = Zeroizing::new(Vec::new());
        for (member, made) in made {
            let (Some(password), Some(output)) = (&made.password, made.outputs.first()) else {
                continue;
            };
            let file = output.path.file_name().unwrap_or_default();
            let row = line(&[
                member.name.as_str(),
                member.device.as_ref().map_or("", Device::as_str),
                &file.to_string_lossy(),
                password.expose(),
                &made.certificate.serial_number().to_string(),
            ])?;
            rows.extend_from_slice(&row);
        }
        let take_back = || {
            // Where even that fails, the next to open the file takes them out.
            let _ = self.file.set_len(before);
        };
        (&self.file)
            .write_all(&rows)
            .and_then(|()| self.file.sync_data())
            .map_err(failed)
            .inspect_err(|_| take_back())?;
        // A commit that failed for the disk may come about all the same: then these are the only passwords of its bundles.
        record().inspect_err(|cause| {
            if is_of_the_row(cause) {
                take_back();
            }
        })
    }

    /// Rewrites the file without rows whose certificates are in no inventory; as a rule there are none, and it stays as it is.
    fn take_out_stale(&mut self, inventory: &Inventory) -> Result<()> {
        let unreadable = || {
            Error::new(
                ErrorKind::Malformed,
                format!("{} is no file of passwords", self.path.display()),
            )
            .with_hint(
                "Give a file that is not there yet, or the one that the same command wrote before.",
            )
        };
        let failed = |cause| file::failure("read", &self.path, &cause);
        self.file.rewind().map_err(failed)?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(BufReader::new(&self.file));
        if reader.headers().map_err(|_| unreadable())? != COLUMNS[..] {
            return Err(unreadable());
        }
        let temporary = file::temporary_beside(&self.path)?;
        let whole = file::write_new(&temporary, &self.path, &line(&COLUMNS)?, Access::Private)?;
        let mut kept = BufWriter::new(&whole);
        let mut stale = 0;
        let sorted = reader.records().try_for_each(|row| {
            let row = row.map_err(|_| unreadable())?;
            let serial_number = row.get(COLUMNS.len() - 1);
            let serial_number = serial_number.and_then(SerialNumber::from_hexadecimal);
            let is_recorded = match serial_number {
                Some(number) => inventory.find_by_serial_number(&number)?.is_some(),
                // A kill may have torn the last row.
                None => false,
            };
            match is_recorded {
                true => {
                    let fields: Vec<&str> = row.iter().collect();
                    kept.write_all(&line(&fields)?).map_err(failed)
                }
                false => {
                    stale += 1;
                    Ok(())
                }
            }
        });
        let sorted = sorted
            .and_then(|()| kept.flush().map_err(failed))
            .and_then(|()| whole.sync_all().map_err(failed));
        drop(kept);
        if sorted.is_err() || stale == 0 {
            file::remove_quietly(&temporary);
            return sorted;
        }
        // Locked before it has the name, so that nobody else gets hold of it.
        let claimed = claimed(&temporary)?;
        file::rename(&temporary, &self.path, Existing::Replace)?;
        self.file = claimed;
        Ok(())
    }
}

/// The file, locked: rows that another run took back would be those of this one.
fn claimed(path: &Path) -> Result<File> {
    let in_use = || {
        Error::new(
            ErrorKind::NotPermitted,
            format!("another run writes into {}", path.display()),
        )
        .with_hint("Wait for its end, or give a file of its own.")
    };
    file::lock_to_append(path)?.ok_or_else(in_use)
}

/// A row as it stands in the file.
fn line(fields: &[&str]) -> Result<Zeroizing<Vec<u8>>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer
        .write_record(fields)
        .ok()
        .and_then(|()| writer.into_inner().ok());
    let failed = || {
        Error::new(
            ErrorKind::Internal,
            "a row of passwords could not be written",
        )
    };
    written.map(Zeroizing::new).ok_or_else(failed)
}

/// Whoever may take the bundles must not find the passwords beside them.
fn refuse_beside(path: &Path, directory: &Path) -> Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    let above = real(file::directory_of(path));
    let is_below = match (above, real(directory)) {
        (Some(above), Some(directory)) => above.starts_with(directory),
        _ => false,
    };
    match is_below {
        false => Ok(()),
        true => Err(Error::new(
            ErrorKind::NotPermitted,
            format!(
                "{} would lie beside the bundles that it opens",
                path.display()
            ),
        )
        .with_hint("Give a file outside of --out-dir: passwords go another way than bundles.")),
    }
}
