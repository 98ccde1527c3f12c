//! The platforms that import bundles, and which form each takes.

use std::fmt;

use super::Form;
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

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

    /// Says whether the platform imports a key of this algorithm, named as in `--json` output.
    ///
    /// # Errors
    /// Refuses Ed25519 wherever a browser would use the key: NSS cannot import one (measured), and no system's store
    /// offers one.
    pub fn check_key(self, key_algorithm: &str) -> Result<()> {
        let programs = matches!(self, Self::Any | Self::OpenSsl | Self::Java);
        if key_algorithm != "ed25519" || programs {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotPermitted,
            format!("{self} cannot import an Ed25519 key"),
        )
        .with_hint("Use --key-algorithm p256, which every platform imports."))
    }

    /// The form that the platform imports.
    ///
    /// macOS up to 14, iOS up to 16, Android 9 and 12, Windows Server 2016, Java 8 before 8u301 and Java 11 before
    /// 11.0.12 refuse AES with SHA-256 (measured before this program was begun).
    pub fn form(self) -> Form {
        match self {
            Self::Any
            | Self::Firefox
            | Self::Chrome
            | Self::Windows
            | Self::Java
            | Self::OpenSsl => Form::Aes256Sha256,
            Self::Windows2016 | Self::MacOs | Self::Ios | Self::Android | Self::Java8 => {
                Form::TripleDesSha1
            }
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
