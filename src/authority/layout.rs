//! Where things lie in `ca-data`.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::outbox;
use crate::bundle::Anatomy;
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::hexadecimal;
use crate::inventory::Inventory;
use crate::name::{Device, Name};

/// The directory of a certificate authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaData {
    directory: PathBuf,
}

/// The bundles that lie in a person's directory.
#[derive(Debug, Default)]
pub struct Copies {
    bundles: Vec<(PathBuf, Anatomy)>,
    /// Why others of them could not be read.
    pub unreadable: Vec<Error>,
}

impl Copies {
    /// Those of a certificate. They are known by the localKeyId that their key carries outside the encryption: no password is needed.
    pub fn of(&self, certificate: &Certificate) -> Vec<PathBuf> {
        let of_it = |(_, anatomy): &&(_, Anatomy)| anatomy.is_of(certificate.der());
        let bundles = self.bundles.iter().filter(of_it);
        bundles.map(|(path, _)| path.clone()).collect()
    }

    /// The same where removing them removes the key.
    ///
    /// # Errors
    /// Refuses a symbolic link: it would go, and the key stay.
    pub fn removable(&self, certificate: &Certificate) -> Result<Vec<PathBuf>> {
        let bundles = self.of(certificate);
        for path in &bundles {
            if let Ok(target) = fs::read_link(path) {
                return Err(Error::new(
                    ErrorKind::NotPermitted,
                    format!("{} is a link to {}", path.display(), target.display()),
                )
                .with_hint("Remove what it leads to, and then the link: the key lies there."));
            }
        }
        Ok(bundles)
    }
}

impl CaData {
    /// Takes a directory, whether it is there or not.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// Says whether a file lies in it.
    pub fn holds(&self, file: &Path) -> bool {
        match (file.canonicalize(), self.directory.canonicalize()) {
            (Ok(file), Ok(directory)) => file.starts_with(directory),
            _ => false,
        }
    }

    /// Opens the inventory, after finishing or discarding what a killed command left behind.
    ///
    /// # Errors
    /// Refuses a directory without a CA, and an inventory that others may change, with the command that mends it.
    pub fn open(&self) -> Result<Inventory> {
        // Who may change it decides who gets in. A directory may come from a checkout, with a group of its own.
        for (path, bits) in [(self.inventory(), 0o022), (self.directory.clone(), 0o002)] {
            if path.exists() {
                refuse_if_changeable(&path, bits)?;
            }
        }
        self.open_whoever_may_change_it()
    }

    /// The same, for who looks at all that is wrong.
    pub(super) fn open_whoever_may_change_it(&self) -> Result<Inventory> {
        super::restore::finish_interrupted(self);
        if self.staging().is_dir() {
            super::init::finish_interrupted(self)?;
        }
        let there = self.inventory().try_exists();
        let there = there.map_err(|cause| file::failure("read", &self.inventory(), &cause))?;
        if !there {
            return Err(self.not_initialized());
        }
        let inventory = Inventory::open(&self.inventory())?;
        super::change::finish_interrupted(self, &inventory)?;
        outbox::recover(&self.pending(), &inventory)?;
        Ok(inventory)
    }

    /// The current root as its own file has it. Nothing is opened: what is done to this machine's stores by its administrator
    /// leaves no file of his in the directory of somebody else.
    ///
    /// # Errors
    /// Refuses a directory without a CA.
    pub fn root(&self) -> Result<Certificate> {
        let path = self.root_certificate();
        match file::read(&path) {
            Ok(contents) => Certificate::from_file(&contents),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Err(self.not_initialized()),
            Err(cause) => Err(cause),
        }
    }

    fn not_initialized(&self) -> Error {
        Error::new(
            ErrorKind::NotInitialized,
            format!(
                "there is no certificate authority in {}",
                self.directory.display()
            ),
        )
        .with_hint(match self.issuers().is_dir() {
            false => "Run pki init, or name its directory with --ca-data or PKI_CA_DATA.",
            true => "Its pki.db is gone: put back the newest backup with pki restore.",
        })
    }

    /// The files of recorded certificates that could not be given their names yet: where each lies, and its name.
    pub fn unfinished(&self) -> Vec<(PathBuf, PathBuf)> {
        outbox::unfinished(&self.pending())
    }

    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The SQLite database.
    pub fn inventory(&self) -> PathBuf {
        self.directory.join("pki.db")
    }

    /// The current root certificate, for people and programs to copy.
    pub fn root_certificate(&self) -> PathBuf {
        self.directory.join("root.pem")
    }

    /// The current issuing CA's certificate.
    pub fn issuing_certificate(&self) -> PathBuf {
        self.directory.join("issuing.pem")
    }

    /// The certificate and key of a CA of ours, named by its subject key identifier.
    pub fn issuer_directory(&self, authority: &Certificate) -> PathBuf {
        let identifier = authority.extensions().subject_key_identifier.as_deref();
        self.issuers()
            .join(hexadecimal::encode(identifier.unwrap_or_default()))
    }

    /// The private key of a CA of ours.
    pub fn issuer_key(&self, authority: &Certificate) -> PathBuf {
        self.issuer_directory(authority).join("key.pem")
    }

    /// The published CRL of a CA of ours, in DER.
    pub fn crl(&self, authority: &Certificate) -> PathBuf {
        self.issuer_directory(authority).join("crl.der")
    }

    /// Where a CRL lies until it is recorded.
    pub(super) fn unnamed_crl(&self, authority: &Certificate) -> PathBuf {
        self.issuer_directory(authority).join(".crl.der.pending")
    }

    /// The delegated OCSP responder's private key.
    pub fn ocsp_key(&self) -> PathBuf {
        self.directory.join("ocsp.key.pem")
    }

    /// The private key that signs the heads of the audit log.
    pub fn audit_key(&self) -> PathBuf {
        self.directory.join("audit.key.pem")
    }

    /// The files of a server.
    pub fn server_directory(&self, name: &Name) -> PathBuf {
        self.directory
            .join("servers")
            .join(&*file_name(name.as_str()))
    }

    /// The directory of a person's bundles.
    pub fn client_directory(&self, name: &Name) -> PathBuf {
        self.directory
            .join("clients")
            .join(&*file_name(name.as_str()))
    }

    /// The bundles that lie in it, in the order of their names.
    pub fn copies(&self, name: &Name) -> Copies {
        let entries = fs::read_dir(self.client_directory(name));
        let paths = entries.into_iter().flatten().flatten();
        let mut paths: Vec<_> = paths.map(|entry| entry.path()).collect();
        paths.retain(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.ends_with(".p12") && !name.starts_with('.'))
        });
        paths.sort();
        let mut copies = Copies::default();
        for path in paths {
            match read_copy(&path) {
                Ok(anatomy) => copies.bundles.push((path, anatomy)),
                Err(refusal) => copies.unreadable.push(refusal),
            }
        }
        copies
    }

    /// The copies of a certificate's bundle that lie in it, in the order of their names.
    ///
    /// # Errors
    /// Where there is none, says which file could not be read.
    pub fn bundles_with(&self, name: &Name, certificate: &Certificate) -> Result<Vec<PathBuf>> {
        let mut copies = self.copies(name);
        let bundles = copies.of(certificate);
        match copies.unreadable.pop() {
            Some(refusal) if bundles.is_empty() => Err(refusal),
            _ => Ok(bundles),
        }
    }

    /// Removes copies of bundles.
    ///
    /// # Errors
    /// Says which file could not be removed; nothing is put back.
    pub fn forget_bundles(&self, bundles: &[PathBuf]) -> Result<()> {
        for path in bundles {
            fs::remove_file(path).map_err(|cause| file::failure("remove", path, &cause))?;
            file::sync_directory_of(path)?;
        }
        Ok(())
    }

    /// The bundle of a name and device; where that file is there already, one that bears the serial number too.
    pub fn client_file(
        &self,
        name: &Name,
        device: Option<&Device>,
        ending: &str,
        certificate: &Certificate,
    ) -> PathBuf {
        let stem = file_name(device.map_or_else(|| name.as_str(), Device::as_str));
        let directory = self.client_directory(name);
        let plain = directory.join(format!("{stem}.{ending}"));
        if !plain.exists() {
            return plain;
        }
        let serial_number: String = certificate
            .serial_number()
            .to_string()
            .chars()
            .take(8)
            .collect();
        directory.join(format!("{stem}-{serial_number}.{ending}"))
    }

    /// Where commands note which files they are about to hand out.
    pub(super) fn pending(&self) -> PathBuf {
        self.directory.join("pending")
    }

    /// The certificates and keys of our CAs.
    pub(super) fn issuers(&self) -> PathBuf {
        self.directory.join("issuers")
    }

    /// Where a change to the CA's own files is put together.
    pub(super) fn change(&self) -> PathBuf {
        self.directory.join(".change")
    }

    /// Says whether anything of a CA lies here: one that is whole, damaged or was begun, or that of `pki demo` beneath.
    pub(super) fn holds_any_of_a_ca(&self) -> bool {
        let of_a_ca = [
            self.inventory(),
            self.root_certificate(),
            self.issuing_certificate(),
            self.issuers(),
            self.staging(),
            self.directory.join("demo"),
        ];
        of_a_ca.iter().any(|place| place.exists())
    }

    /// Where a new CA is put together before it is moved into place.
    pub(super) fn staging(&self) -> PathBuf {
        self.directory.join(".init")
    }

    /// Removes the root's private key from this machine; it is gone for good.
    ///
    /// # Errors
    /// Says why the file could not be removed.
    pub fn discard_root_key(&self, root: &Certificate) -> Result<()> {
        let path = self.issuer_key(root);
        fs::remove_file(&path).map_err(|cause| file::failure("remove", &path, &cause))?;
        file::sync_directory_of(&path)
    }
}

/// Refuses what others may change, by the bits of its mode that let them.
fn refuse_if_changeable(path: &Path, bits: u32) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|cause| file::failure("read", path, &cause))?;
    let mode = metadata.mode() & 0o7777;
    if mode & bits == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::File,
        format!(
            "{} decides who is let in, and its mode {mode:04o} lets others change it",
            path.display()
        ),
    )
    .with_hint(format!("Run chmod go-w {}.", path.display())))
}

/// What a bundle is made of; a pipe or a device is not waited for.
fn read_copy(path: &Path) -> Result<Anatomy> {
    let is_file = fs::metadata(path).map(|metadata| metadata.is_file());
    match is_file.map_err(|cause| file::failure("read", path, &cause))? {
        true => Anatomy::read(&file::read(path)?).map_err(|refusal| {
            Error::new(
                refusal.kind(),
                format!("cannot read {}: {}", path.display(), refusal.message()),
            )
        }),
        false => Err(Error::new(
            ErrorKind::File,
            format!("{} is not a file", path.display()),
        )),
    }
}

/// Longer names are not the names of files: it leaves room for an ending and a serial number in the 255 octets that Linux allows.
pub(super) const MAX_OCTETS: usize = 150;

/// A name as the name of a file: itself, or where 64 characters are too many octets for a file system, its beginning and
/// a digest of the whole.
pub(super) fn file_name(name: &str) -> Cow<'_, str> {
    if name.len() <= MAX_OCTETS {
        return Cow::Borrowed(name);
    }
    let digest: String = Fingerprint::of(name.as_bytes())
        .to_string()
        .chars()
        .take(16)
        .collect();
    let beginning: String = name.chars().take(MAX_OCTETS / 4 - 5).collect();
    Cow::Owned(format!("{beginning}-{digest}"))
}
