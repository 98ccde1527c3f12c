//! Passphrases and passwords: from a file, from the environment, or from a prompt, never from the command line.

use std::io::{self, IsTerminal, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use super::report::Report;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::secret::Secret;

pub(super) const PASSPHRASE_VARIABLE: &str = "PKI_PASSPHRASE";
pub(super) const KEY_PASSPHRASE_VARIABLE: &str = "PKI_KEY_PASSPHRASE";
const NEW_PASSPHRASE_VARIABLE: &str = "PKI_NEW_PASSPHRASE";
pub(super) const BUNDLE_PASSWORD_VARIABLE: &str = "PKI_BUNDLE_PASSWORD";
pub(super) const EMPTY_PASSWORD: &str =
    "the bundle's password is empty: it protects nothing, and macOS and iOS refuse the bundle";
/// Standard input gives one secret and is then at its end; a second one would be read as empty.
static STDIN_IS_READ: AtomicBool = AtomicBool::new(false);
/// Nobody types more; a file that is larger is not a password.
const MAX_SECRET: u64 = 4096;

/// Asks for the passphrase of the CA on the terminal.
pub(super) fn ask_passphrase() -> Result<Secret> {
    prompt("Passphrase of the CA: ").unwrap_or_else(|| Err(missing_passphrase()))
}

/// The passphrase that a key from elsewhere has now.
pub(super) fn key_passphrase(file: Option<&Path>) -> Result<Secret> {
    if let Some(secret) = at_hand(file, KEY_PASSPHRASE_VARIABLE)? {
        return Ok(secret);
    }
    prompt("Passphrase of the key that is imported: ").unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::PassphraseRequired,
            "the key that is imported is encrypted and there is no terminal to ask on",
        )
        .with_hint(
            "Give --key-passphrase-file FILE, set PKI_KEY_PASSPHRASE, or run the command on a terminal.",
        ))
    })
}

/// A passphrase for a CA that is being made.
pub(super) fn new_passphrase(file: Option<&Path>) -> Result<Secret> {
    let chosen = match at_hand(file, PASSPHRASE_VARIABLE)? {
        Some(secret) => secret,
        None => prompt_twice().unwrap_or_else(|| Err(missing_passphrase()))?,
    };
    not_empty(chosen)
}

/// The passphrase that takes the place of another.
pub(super) fn next_passphrase(file: Option<&Path>) -> Result<Secret> {
    let chosen = match at_hand(file, NEW_PASSPHRASE_VARIABLE)? {
        Some(secret) => secret,
        None => prompt_twice().unwrap_or_else(|| {
            Err(missing("the new passphrase").with_hint(
                "Give --new-passphrase-file FILE, set PKI_NEW_PASSPHRASE, or run the command on a terminal.",
            ))
        })?,
    };
    not_empty(chosen)
}

/// The passphrase of a root that has one of its own: from a file, or a prompt.
pub(super) fn root_passphrase(file: Option<&Path>) -> Result<Secret> {
    match file {
        Some(path) => read(path),
        None => prompt("Passphrase of the root: ").unwrap_or_else(|| {
            Err(missing("the root's own passphrase")
                .with_hint("Give --root-passphrase-file FILE, or run the command on a terminal."))
        }),
    }
}

/// Refuses a passphrase that would protect nothing.
pub(super) fn not_empty(passphrase: Secret) -> Result<Secret> {
    if passphrase.expose().is_empty() {
        return Err(
            Error::new(ErrorKind::InvalidInput, "the passphrase is empty")
                .with_hint("Choose one, or say --no-passphrase to keep the keys unencrypted."),
        );
    }
    Ok(passphrase)
}

/// The password of a bundle that is to be opened.
pub(super) fn bundle_password(file: Option<&Path>) -> Result<Secret> {
    if let Some(secret) = at_hand(file, BUNDLE_PASSWORD_VARIABLE)? {
        return Ok(secret);
    }
    prompt("Password of the bundle: ").unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::PassphraseRequired,
            "the bundle's password is needed and there is no terminal to ask on",
        )
        .with_hint("Give --password-file FILE or set PKI_BUNDLE_PASSWORD."))
    })
}

/// What was given without a question: by a file, else by an environment variable.
pub(super) fn at_hand(file: Option<&Path>, variable: &str) -> Result<Option<Secret>> {
    match file {
        Some(path) => read(path).map(Some),
        None => match std::env::var(variable) {
            Ok(text) => Ok(Some(Secret::chosen(text))),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{variable} is not UTF-8"),
            )
            .with_hint("Give the secret in a file, in UTF-8.")),
        },
    }
}

/// Reads a secret from a file, or from stdin for `-`; one trailing line end is not part of it.
pub(super) fn read(path: &Path) -> Result<Secret> {
    let mut contents = Zeroizing::new(Vec::new());
    if path == Path::new("-") {
        if STDIN_IS_READ.swap(true, Ordering::Relaxed) {
            return Err(
                Error::new(ErrorKind::Usage, "standard input can give one secret only")
                    .with_hint("Give the other one in a file or in its environment variable."),
            );
        }
        io::stdin()
            .take(MAX_SECRET + 1)
            .read_to_end(&mut contents)
            .map_err(|cause| file::failure("read", Path::new("standard input"), &cause))?;
    } else {
        let opened = std::fs::File::open(path);
        opened
            .and_then(|opened| {
                warn_of_readers(path, &opened.metadata()?);
                opened.take(MAX_SECRET + 1).read_to_end(&mut contents)
            })
            .map_err(|cause| file::failure("read", path, &cause))?;
    }
    let refuse = |fact: &str| {
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{} {fact}", path.display()),
        )
        .with_hint("A password file holds the password alone, in UTF-8."))
    };
    if contents.len() as u64 > MAX_SECRET {
        return refuse("is too long for a password");
    }
    let Ok(text) = std::str::from_utf8(&contents) else {
        return refuse("is not UTF-8");
    };
    // Notepad begins a file in UTF-8 with a byte order mark, which nobody types.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text
        .strip_suffix('\n')
        .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Secret::chosen(text))
}

/// A secret that others may read is one no more. The file is its owner's, who may have a reason: it is said, and read.
pub(super) fn warn_of_readers(path: &Path, metadata: &std::fs::Metadata) {
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        let (place, mode) = (path.display(), metadata.mode() & 0o7777);
        Report::plain().warn(&format!(
            "{place} holds a secret and its mode {mode:04o} lets others read it: run chmod 600 {place}"
        ));
    }
}

/// Asks on the terminal; nothing where there is none.
fn prompt(question: &str) -> Option<Result<Secret>> {
    if !io::stdin().is_terminal() {
        return None;
    }
    let answer = rpassword::prompt_password(question).map(Secret::chosen);
    Some(answer.map_err(|cause| file::failure("read", Path::new("the terminal"), &cause)))
}

fn prompt_twice() -> Option<Result<Secret>> {
    let first = prompt("Choose a passphrase for the CA: ")?;
    let second = prompt("The same again: ")?;
    Some(first.and_then(|first| {
        match first == second? {
            true => Ok(first),
            false => Err(
                Error::new(ErrorKind::InvalidInput, "the two passphrases differ")
                    .with_hint("Run the command again; nothing was made."),
            ),
        }
    }))
}

fn missing_passphrase() -> Error {
    missing("the CA's passphrase").with_hint(
        "Give --passphrase-file FILE, set PKI_PASSPHRASE, or run the command on a terminal.",
    )
}

fn missing(what: &str) -> Error {
    Error::new(
        ErrorKind::PassphraseRequired,
        format!("{what} is needed and there is no terminal to ask on"),
    )
}
