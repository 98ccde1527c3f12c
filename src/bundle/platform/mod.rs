//! The platforms that import bundles: the words of `--for`, the importers behind each, and what those take.
//!
//! What is known of them stands in one table, [`IMPORTERS`]; which [`Form`] a platform gets, what it refuses to be issued and
//! docs/platforms.md are derived from it.

mod importer;
mod matter;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod page;
mod sources;
mod table;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::fmt;

use super::{Form, ITERATIONS_CHOSEN};
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;
use crate::secret::Secret;

pub use importer::{Answer, Importer, Source};
pub use matter::Matter;
pub use table::IMPORTERS;

/// Where a bundle is to be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Whatever is current; the default.
    Any,
    /// Firefox on every system.
    Firefox,
    /// Chrome and Chromium with a store of their own (Linux).
    Chrome,
    /// Windows 10 1709, Windows Server 2019 and later.
    Windows,
    /// Windows Server 2016 and earlier.
    Windows2016,
    /// macOS.
    MacOs,
    /// iOS and iPadOS.
    Ios,
    /// Android.
    Android,
    /// Java 8u301, 11.0.12 and later.
    Java,
    /// Earlier Java.
    Java8,
    /// OpenSSL.
    OpenSsl,
}

impl Platform {
    /// Every platform, the default first.
    pub const ALL: [Self; 11] = [
        Self::Any,
        Self::Firefox,
        Self::Chrome,
        Self::Windows,
        Self::Windows2016,
        Self::MacOs,
        Self::Ios,
        Self::Android,
        Self::Java,
        Self::Java8,
        Self::OpenSsl,
    ];

    /// Reads the argument of `--for`.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{} is not a platform", Quoted(text)),
                )
                .with_hint(format!("Choose one of {known}."))
            })
    }

    /// The platform's word on the command line and in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Firefox => "firefox",
            Self::Chrome => "chrome",
            Self::Windows => "windows",
            Self::Windows2016 => "windows-2016",
            Self::MacOs => "macos",
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Java => "java",
            Self::Java8 => "java-8",
            Self::OpenSsl => "openssl",
        }
    }

    /// What the platform is called in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Any => "every current importer",
            Self::Firefox => "Firefox",
            Self::Chrome => "Chrome on Linux",
            Self::Windows => "Windows",
            Self::Windows2016 => "Windows Server 2016",
            Self::MacOs => "macOS",
            Self::Ios => "iOS",
            Self::Android => "Android",
            Self::Java => "Java",
            Self::Java8 => "Java before 8u301 and 11.0.12",
            Self::OpenSsl => "OpenSSL",
        }
    }

    /// The importers that count for this platform; for [`Any`](Self::Any), the current ones.
    pub fn importers(self) -> impl Iterator<Item = &'static Importer> {
        IMPORTERS
            .iter()
            .filter(move |importer| importer.platforms().contains(&self))
    }

    /// The newest form that all of the platform's importers take.
    pub fn form(self) -> Form {
        let suits = |form: &Form| {
            self.importers()
                .all(|importer| importer.takes_all(form.matters(), ITERATIONS_CHOSEN))
        };
        Form::ALL
            .into_iter()
            .find(suits)
            .unwrap_or(Form::Aes256Sha256)
    }

    /// Says whether a key of this algorithm, named as in `--json` output, is of use on the platform.
    ///
    /// # Errors
    /// Refuses one that some importer of the platform refuses, or that none of them can use. [`Any`](Self::Any) is what is meant
    /// where nothing was said, and refuses nothing.
    pub fn check_key(self, key_algorithm: &str) -> Result<()> {
        if key_algorithm != "ed25519" || !self.is_useless(Matter::Ed25519) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotPermitted,
            format!("{self} cannot import an Ed25519 key"),
        )
        .with_hint("Issue one with --key-algorithm p256, which every platform imports."))
    }

    /// Says whether the platform imports what is written under a password.
    ///
    /// # Errors
    /// As [`check_key`](Self::check_key), of an empty password and of one outside ASCII.
    pub fn check_password(self, password: &Secret) -> Result<()> {
        let text = password.expose();
        let (is_refused, refusal) = if text.is_empty() {
            let refusal = "refuses a bundle whose password is empty";
            (self.is_useless(Matter::EmptyPassword), refusal)
        } else if !text.is_ascii() {
            let refusal = "refuses a bundle whose password has characters outside ASCII";
            (self.is_useless(Matter::NonAsciiPassword), refusal)
        } else {
            (false, "")
        };
        match is_refused {
            false => Ok(()),
            true => Err(
                Error::new(ErrorKind::NotPermitted, format!("{self} {refusal}")).with_hint(
                    "Choose a password of letters, digits and signs on every keyboard, or let one be drawn.",
                ),
            ),
        }
    }

    /// Whether somebody who asked for this platform would get nothing that he can use.
    fn is_useless(self, matter: Matter) -> bool {
        let all_hide = || {
            self.importers()
                .all(|it| it.answer(matter) == Answer::Hides)
        };
        let refuses = |it: &Importer| it.answer(matter) == Answer::Refuses;
        self != Self::Any && (self.importers().any(refuses) || all_hide())
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
