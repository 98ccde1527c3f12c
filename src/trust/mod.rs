//! Trust stores of this machine: whether they hold the root, how it is put in, and how it is taken out again.
//!
//! Nothing is written down about that. What was put in is recognised by its name, which is made from the fingerprint, and by
//! its DER. The same root under another name was put there by somebody else: it is left as it is, by both ways.

mod databases;
mod java;
pub mod nss;
mod owner;
mod program;
mod root;
mod system;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

pub use root::{check_root, check_trustworthy};
pub use system::{SystemRoots, system_roots};

use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;
use crate::secret::Secret;

/// How many hexadecimal digits of its fingerprint name a root.
const DIGITS: usize = 16;

/// The kinds of stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The system's own, which OpenSSL, GnuTLS, curl and most programs ask.
    System,
    /// The NSS databases of Chromium and Firefox.
    Nss,
    /// The keystore of a Java installation.
    Java,
}

/// How a store stands to a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does not hold it.
    Absent,
    /// It trusts it, under the name that this program gives.
    Installed,
    /// Putting it in, or taking it out, was begun and not finished.
    Unfinished,
    /// It trusts it, and somebody else put it there: under this name.
    Foreign(String),
    /// It holds it, and somebody has decided that it is not to be trusted, or for something else: by this mark.
    Marked(String),
}

/// One place where roots are trusted.
pub trait Store {
    /// What kind of store it is.
    fn kind(&self) -> Kind;

    /// Where it lies, for people.
    fn place(&self) -> String;

    /// Looks whether it holds the root.
    ///
    /// # Errors
    /// Says why that cannot be told.
    fn standing(&self, root: &Certificate) -> Result<Standing>;

    /// Says whether this user may change it.
    fn is_writable(&self) -> bool;

    /// Puts the root in, or finishes that; only asked where it is absent or unfinished.
    ///
    /// # Errors
    /// Says what failed.
    fn put_in(&self, root: &Certificate) -> Result<()>;

    /// Takes out what [`Store::put_in`] put in, or finishes that.
    ///
    /// # Errors
    /// Says what failed.
    fn take_out(&self, root: &Certificate) -> Result<()>;

    /// Says whether it keeps a name by which it can be told who put a root in; else each is taken for ours.
    fn tells_whose(&self) -> bool {
        true
    }

    /// The Java installation whose store it is.
    fn java_home(&self) -> Option<&Path> {
        None
    }
}

/// What this machine is like: everything that is looked up in the environment.
#[derive(Debug)]
pub struct Surroundings {
    /// Where the file system begins: `/`.
    pub root: PathBuf,
    /// The user's home directory.
    pub home: PathBuf,
    /// Where programs are looked for, as in PATH.
    pub path: OsString,
    /// The variables that programs are given.
    pub environment: Vec<(OsString, OsString)>,
    /// Where the user's browsers keep what is theirs.
    pub browsers: nss::Home,
    /// What opens the browsers' databases, where they have a password.
    pub nss_password: Option<Secret>,
    /// The Java installation that JAVA_HOME names.
    pub java_home: Option<PathBuf>,
    /// What opens the keystores of Java.
    pub java_password: Secret,
    /// Where a file may lie for a moment.
    pub temporary: PathBuf,
}

/// What became of one store.
#[derive(Debug)]
pub struct Outcome {
    /// How it stands now; nothing where that cannot be told.
    pub standing: Option<Standing>,
    /// Whether it stands otherwise than before.
    pub changed: bool,
    /// Why what was asked for was not done, or could not be told.
    pub error: Option<Error>,
}

impl Kind {
    /// Every kind, in the order in which the root is put in and taken out: on Debian the system's store feeds Java's.
    pub const ALL: [Self; 3] = [Self::System, Self::Nss, Self::Java];

    /// The kind's word on the command line and in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Nss => "nss",
            Self::Java => "java",
        }
    }

    /// Reads a kind's word.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a kind of trust store", Quoted(text)),
            )
            .with_hint(format!("Choose one of {known}."))
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Standing {
    /// The standing's word in `--json` output; what is unfinished cannot be told.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Installed => "installed",
            Self::Unfinished => "unknown",
            Self::Foreign(_) => "foreign",
            Self::Marked(_) => "marked",
        }
    }

    fn is_as_installed(&self) -> bool {
        matches!(self, Self::Installed | Self::Foreign(_))
    }

    fn is_as_uninstalled(&self) -> bool {
        matches!(self, Self::Absent | Self::Foreign(_) | Self::Marked(_))
    }
}

/// The stores of a kind that are there.
pub fn stores(kind: Kind, surroundings: &Surroundings) -> Vec<Box<dyn Store + '_>> {
    match kind {
        Kind::System => system::stores(surroundings),
        Kind::Nss => databases::stores(surroundings),
        Kind::Java => java::stores(surroundings),
    }
}

/// Looks how a store stands to a root.
pub fn status(store: &dyn Store, root: &Certificate) -> Outcome {
    match store.standing(root) {
        Ok(standing) => Outcome {
            error: (standing == Standing::Unfinished).then(|| unfinished(store)),
            standing: Some(standing),
            changed: false,
        },
        Err(cause) => Outcome {
            standing: None,
            changed: false,
            error: Some(cause),
        },
    }
}

/// Puts a root into a store, unless it is trusted there already. `mend` says what to do where this user may not.
pub fn install(store: &dyn Store, root: &Certificate, mend: &str) -> Outcome {
    let put_in = || store.put_in(root);
    change(store, root, Standing::is_as_installed, put_in, mend)
}

/// Takes a root out of a store, if this program put it there. `mend` says what to do where this user may not.
pub fn uninstall(store: &dyn Store, root: &Certificate, mend: &str) -> Outcome {
    let take_out = || store.take_out(root);
    change(store, root, Standing::is_as_uninstalled, take_out, mend)
}

fn change(
    store: &dyn Store,
    root: &Certificate,
    is_done: fn(&Standing) -> bool,
    act: impl FnOnce() -> Result<()>,
    mend: &str,
) -> Outcome {
    let before = status(store, root);
    let Some(standing) = before.standing.as_ref() else {
        return before;
    };
    if is_done(standing) {
        return before;
    }
    if !store.is_writable() {
        let fact = format!("{} may be changed with more rights only", store.place());
        return Outcome {
            error: Some(Error::new(ErrorKind::NotPermitted, fact).with_hint(mend)),
            ..before
        };
    }
    let acted = act();
    let after = status(store, root);
    let error = match acted {
        Err(cause) => Some(cause),
        Ok(()) if after.standing.as_ref().is_some_and(is_done) => None,
        Ok(()) => Some(after.error.unwrap_or_else(|| without_effect(store))),
    };
    Outcome {
        changed: after.standing.is_some() && after.standing != before.standing,
        standing: after.standing,
        error,
    }
}

/// The name of the files and entries by which a root of ours is recognised.
fn name_of(root: &Certificate) -> String {
    let fingerprint = root.fingerprint().to_string();
    format!("pki-{}", fingerprint.get(..DIGITS).unwrap_or_default())
}

fn unfinished(store: &dyn Store) -> Error {
    Error::new(
        ErrorKind::File,
        format!(
            "{} was being changed and that was not finished",
            store.place()
        ),
    )
    .with_hint("Run pki trust install or pki trust uninstall again.")
}

fn without_effect(store: &dyn Store) -> Error {
    Error::new(
        ErrorKind::File,
        format!("{} stands as before, though nothing failed", store.place()),
    )
    .with_hint("Look whether the system distrusts this root by a list of its own.")
}
