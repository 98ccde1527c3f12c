//! A throw-away CA that the server under test is told to trust: it signs what the real CA never does.
//!
//! Its directory holds what the administrator gives to the server, how to do that and to undo it, and the keys of the CAs
//! that issue to end entities. The roots' keys are gone as soon as they have signed.

mod hierarchy;
mod names;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::forge::{Extension, Key, SignatureAlgorithm, Tbs};
use crate::bundle::pem;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::key::PrivateKey;
use crate::name::SubjectAltName;
use crate::profile::key_identifier;
use crate::validity::{Lifetime, Validity, format_instant};

pub(in crate::probe) use hierarchy::Rank;
pub(in crate::probe) use names::{NameKind, one_of_each};

/// How long it lives.
const LIFETIME: Lifetime = Lifetime::days(7);
/// Where the CAs lie that issue to end entities, each with its key.
const KEYS: &str = "keys";
const README: &str = include_str!("README.txt");

/// A throw-away CA, opened.
#[derive(Debug)]
pub struct Anchor {
    directory: PathBuf,
    issuers: Vec<Issuer>,
}

/// One of its CAs that issue to end entities.
#[derive(Debug)]
struct Issuer {
    rank: Rank,
    /// Its certificate and those above but the root's.
    chain: Vec<Certificate>,
    key: Key,
}

impl Anchor {
    /// Opens the throw-away CA in a directory, or makes one where there is none; says whether it was made now.
    ///
    /// `bearer` are the names of whom the probe pretends to be: the constrained CA is made to permit them.
    ///
    /// # Errors
    /// Refuses one whose life ends before that of a probe's certificates, and a directory that holds anything else.
    pub fn open_or_make(
        directory: &Path,
        bearer: &[SubjectAltName],
        now: OffsetDateTime,
    ) -> Result<(Self, bool)> {
        let missing = matches!(directory.try_exists(), Ok(false));
        if missing {
            make(directory, bearer, now)?;
        }
        Ok((Self::open(directory, now)?, missing))
    }

    /// Opens the throw-away CA in a directory.
    ///
    /// # Errors
    /// Refuses one whose life ends before that of a probe's certificates, and a directory that holds anything else.
    pub fn open(directory: &Path, now: OffsetDateTime) -> Result<Self> {
        let read = |rank| read(directory, rank);
        let issuers = Rank::ALL
            .into_iter()
            .map(read)
            .collect::<Result<Vec<_>>>()?;
        let opened = Self {
            directory: directory.to_path_buf(),
            issuers,
        };
        let until = opened.until();
        if until < now + crate::authority::PROBE_LIFETIME {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!(
                    "the throw-away CA in {} ends at {}",
                    directory.display(),
                    format_instant(until)
                ),
            )
            .with_hint(
                "Take it out of the server as its README.txt says, delete the directory, and run the command again: it makes another.",
            ));
        }
        Ok(opened)
    }

    /// Where it lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The last second of its life.
    pub fn until(&self) -> OffsetDateTime {
        let ends = self.issuers.iter().flat_map(|issuer| &issuer.chain);
        ends.map(|certificate| certificate.validity().not_after)
            .min()
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Signs an end entity's certificate: the issuer and its key identifier are put in, and what says where to ask about the
    /// certificate is taken out, for there is no such place.
    pub(super) fn sign(
        &self,
        rank: Rank,
        mut tbs: Tbs,
        how: SignatureAlgorithm,
    ) -> Result<Vec<Vec<u8>>> {
        let issuer = self.issuer(rank)?;
        let (certificate, key) = (issuer.certificate()?, &issuer.key);
        tbs.issuer = certificate.subject().der().to_vec();
        tbs.set(Extension::authority_key_identifier(&key_identifier(
            &key.public_key(),
        )?));
        for pointer in Extension::pointers() {
            tbs.remove(&pointer);
        }
        let mut chain = vec![tbs.sign(key, how)?.der()];
        chain.extend(issuer.chain.iter().map(|above| above.der().to_vec()));
        Ok(chain)
    }

    /// Says whether a CA permits a name.
    pub(super) fn permits(&self, rank: Rank, name: &SubjectAltName) -> bool {
        let constraints =
            |certificate: &Certificate| certificate.extensions().name_constraints.permits(name);
        self.issuer(rank)
            .is_ok_and(|issuer| issuer.chain.iter().all(constraints))
    }

    fn issuer(&self, rank: Rank) -> Result<&Issuer> {
        let found = self.issuers.iter().find(|issuer| issuer.rank == rank);
        found.ok_or_else(|| damaged(&self.directory))
    }
}

impl Issuer {
    fn certificate(&self) -> Result<&Certificate> {
        let missing = || Error::new(ErrorKind::Internal, "a throw-away CA has no certificate");
        self.chain.first().ok_or_else(missing)
    }
}

/// Makes it beside its place and moves it there in one step.
fn make(directory: &Path, bearer: &[SubjectAltName], now: OffsetDateTime) -> Result<()> {
    let validity = Validity::starting(now, LIFETIME)?;
    let hierarchy = hierarchy::Hierarchy::make(validity, bearer)?;
    let above = file::directory_of(directory);
    if !above.is_dir() {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("{} is not there", above.display()),
        )
        .with_hint("Make it first: the throw-away CA is made in a directory of its own below one that is there."));
    }
    let staging = file::temporary_beside(directory)?;
    let made = file::create_private_directory(&staging)?;
    let written = write(&staging, directory, &hierarchy, validity)
        .and_then(|()| file::rename(&staging, directory, Existing::Refuse));
    written.inspect_err(|_| {
        drop(fs::remove_dir_all(&staging));
        file::remove_empty_directories(&made);
    })
}

fn write(
    staging: &Path,
    directory: &Path,
    hierarchy: &hierarchy::Hierarchy,
    validity: Validity,
) -> Result<()> {
    let public = |name: &str, contents: &str| {
        let path = staging.join(name);
        file::write(&path, contents.as_bytes(), Access::Public, Existing::Refuse)
    };
    let certificates = |words: &[&str]| {
        let found = words.iter().filter_map(|word| hierarchy.find(word));
        pem::certificates(found.map(|made| made.certificate.der()))
    };
    public("root.pem", &certificates(&["root"]))?;
    public("issuing.pem", &certificates(&["issuing", "constrained"]))?;
    public("system.pem", &certificates(&["system"]))?;
    public("crl.pem", &certificate_lists(hierarchy)?)?;
    let readme = README
        .replace("{until}", &format_instant(validity.not_after))
        .replace("{directory}", &directory.display().to_string());
    public("README.txt", &readme)?;
    let keys = staging.join(KEYS);
    file::create_private_directory(&keys)?;
    for rank in Rank::ALL {
        let Some(made) = hierarchy.find(rank.word()) else {
            continue;
        };
        let chain = hierarchy.chain(rank.word());
        let key = PrivateKey::from_pkcs8(&made.key.pkcs8())?.to_pem(None)?;
        let chain = pem::certificates(chain.iter().map(|certificate| certificate.der()));
        let files = [
            (chain_file(staging, rank), chain.as_bytes()),
            (key_file(staging, rank), key.as_bytes()),
        ];
        for (path, contents) in files {
            file::write(&path, contents, Access::Private, Existing::Refuse)?;
        }
    }
    // Whoever runs the server must be able to read what is given to it; the keys are in a directory of their own.
    fs::set_permissions(staging, fs::Permissions::from_mode(0o755))
        .map_err(|cause| file::failure("open to others", directory, &cause))
}

fn certificate_lists(hierarchy: &hierarchy::Hierarchy) -> Result<String> {
    let form = ::pem::EncodeConfig::new().set_line_ending(::pem::LineEnding::LF);
    let blocks = hierarchy.certificate_lists()?.into_iter();
    let blocks = blocks.map(|der| ::pem::encode_config(&::pem::Pem::new("X509 CRL", der), form));
    Ok(blocks.collect())
}

fn read(directory: &Path, rank: Rank) -> Result<Issuer> {
    let (chain, key) = (chain_file(directory, rank), key_file(directory, rank));
    if matches!(key.try_exists(), Ok(false)) {
        return Err(damaged(directory));
    }
    let chain = pem::read_certificates(&file::read(&chain)?)?;
    let chain = chain.into_iter().map(Certificate::from_der);
    let key = PrivateKey::from_pem(&file::read_private(&key)?, None)?;
    Ok(Issuer {
        rank,
        chain: chain.collect::<Result<_>>()?,
        key: Key::from_pkcs8(key.pkcs8())?,
    })
}

fn chain_file(directory: &Path, rank: Rank) -> PathBuf {
    directory.join(KEYS).join(format!("{}.pem", rank.word()))
}

fn key_file(directory: &Path, rank: Rank) -> PathBuf {
    directory
        .join(KEYS)
        .join(format!("{}.key.pem", rank.word()))
}

fn damaged(directory: &Path) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("{} holds no throw-away CA", directory.display()),
    )
    .with_hint("Give a directory that is not there yet, and one is made; or that of one that pki probe has made.")
}
