//! Certificates in files and directories, as other programs leave them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::pem;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file;

/// The endings of files that claim to be certificates.
const ENDINGS: [&str; 3] = ["crt", "cer", "der"];
/// What begins a certificate in a PEM file; a request's line goes on with another word.
const PEM_CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// A certificate that was found in a file, or what is wrong with it.
pub(super) type Found = (PathBuf, Result<Certificate, String>);

/// Every certificate in files and directories; what is none in a directory is passed over.
pub(super) fn certificates(paths: &[PathBuf]) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.extend(in_file(path, &file::read(path)?, true));
            continue;
        }
        let failed = |cause: std::io::Error| file::failure("read", path, &cause);
        let entries = fs::read_dir(path).map_err(failed)?;
        let mut files = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(failed)?;
        files.retain(|path| path.is_file());
        files.sort();
        for file in files {
            let ending = file.extension().and_then(|ending| ending.to_str());
            let claims = ending.is_some_and(|ending| ENDINGS.contains(&ending));
            found.extend(in_file(&file, &file::read(&file)?, claims));
        }
    }
    Ok(found)
}

/// The certificates in one file, PEM or DER; one that claims to hold some and holds none is told.
fn in_file(path: &Path, contents: &[u8], claims: bool) -> Vec<Found> {
    let is_pem = contents
        .windows(PEM_CERTIFICATE.len())
        .any(|window| window == PEM_CERTIFICATE);
    let ders = match is_pem {
        true => pem::read_certificates(contents),
        false => Ok(vec![contents.to_vec()]),
    };
    let read = ders.map(|ders| ders.into_iter().map(Certificate::from_der));
    let found: Vec<_> = match read {
        Ok(certificates) => certificates.collect(),
        Err(cause) => vec![Err(cause)],
    };
    let found = found
        .into_iter()
        .filter(|it| claims || is_pem || it.is_ok());
    found
        .map(|it| {
            let told = it.map_err(|cause| cause.message().to_owned());
            (path.to_path_buf(), told)
        })
        .collect()
}
