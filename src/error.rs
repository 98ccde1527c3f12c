//! What can go wrong, said in one sentence of fact and one hint of what to do.

use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or a failure: its kind, one sentence that states the fact, and one hint that says what to do.
///
/// Neither sentence ever holds a secret: a password, a passphrase or key material.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
}

/// Which rule was broken; the stable word in `--json` output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The words on the command line do not fit together (exit code 2).
    Usage,
    /// A name, address, duration or other value is not of its form.
    InvalidInput,
    /// What is asked for is against the profile or a constraint of the issuer.
    NotPermitted,
    /// Nothing is known under that reference.
    NotFound,
    /// The reference fits several certificates.
    Ambiguous,
    /// What is to be made is there already.
    AlreadyExists,
    /// There is no certificate authority in the directory.
    NotInitialized,
    /// A passphrase or password is needed and was not given.
    PassphraseRequired,
    /// The passphrase or password does not open the key or bundle.
    WrongPassphrase,
    /// A file or request could not be read as what it should be.
    Malformed,
    /// The inventory is damaged, newer than this program, or could not be reached.
    Inventory,
    /// A file or directory could not be read or written.
    File,
    /// The network could not be reached or used.
    Network,
    /// A check of our own work failed; nothing was handed out.
    Internal,
}

impl Error {
    /// A refusal of `kind`, stating the fact in one sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// The same refusal with one sentence of what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Which rule was broken.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence of fact.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl ErrorKind {
    /// The kind's stable word, in kebab-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::InvalidInput => "invalid-input",
            Self::NotPermitted => "not-permitted",
            Self::NotFound => "not-found",
            Self::Ambiguous => "ambiguous",
            Self::AlreadyExists => "already-exists",
            Self::NotInitialized => "not-initialized",
            Self::PassphraseRequired => "passphrase-required",
            Self::WrongPassphrase => "wrong-passphrase",
            Self::Malformed => "malformed",
            Self::Inventory => "inventory",
            Self::File => "file",
            Self::Network => "network",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
