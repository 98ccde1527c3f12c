//! Paths that can stand in every configuration.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// What may stand in a path besides letters and digits.
///
/// Each of the configurations has other signs with a meaning of their own, and the refresh script, systemd's units and cron's lines
/// have more (spaces, quotes, `$`, `%`, `#`, `;`, braces, backslashes): these have none in any of them.
const PLAIN: &str = "/._-+~=";

/// An absolute path without any sign that means something in a configuration, a shell script or a unit of systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// Takes an absolute path.
    ///
    /// # Errors
    /// Refuses a relative path, and one with other signs than letters, digits and a few more.
    pub fn new(path: &Path) -> Result<Self> {
        let text = path.to_str().unwrap_or_default();
        let plain = |sign: char| sign.is_alphanumeric() || PLAIN.contains(sign);
        if !path.is_absolute() || text.is_empty() || !text.chars().all(plain) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "the path {} cannot stand in a configuration",
                    Quoted(&path.display().to_string())
                ),
            )
            .with_hint(format!(
                "Choose an absolute path of letters, digits and the signs {PLAIN}, or go there by a symbolic link of such a name."
            )));
        }
        Ok(Self(text.to_owned()))
    }

    /// A file in it, by a name of our own.
    pub fn join(&self, name: &'static str) -> Self {
        Self(format!("{}/{name}", self.0.trim_end_matches('/')))
    }

    /// The path.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(&self.0)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_plain_absolute_path_is_taken_as_it_stands() {
        let place = Place::new(Path::new("/srv/ca-data_1/Zoë.x")).unwrap();
        assert_eq!(place.as_str(), "/srv/ca-data_1/Zoë.x");
        assert_eq!(
            place.join("crl.pem").as_str(),
            "/srv/ca-data_1/Zoë.x/crl.pem"
        );
        let root = Place::new(Path::new("/")).unwrap();
        assert_eq!(root.join("crl.pem").as_str(), "/crl.pem");
    }

    #[test]
    fn a_path_that_could_break_out_of_a_configuration_is_refused() {
        for text in [
            "",
            "relative",
            "/a b",
            "/a\nb",
            "/a\"b",
            "/a'b",
            "/a;b",
            "/a{b}",
            "/a$b",
            "/a%b",
            "/a#b",
            "/a\\b",
            "/a`b",
            "/a(b)",
            "/a&b",
            "/a|b",
            "/a<b>",
            "/a*b",
            "/a?b",
            "/a[b]",
            "/a!b",
            "/a:b",
            "/a,b",
            "/a@b",
            "/a\u{202e}b",
        ] {
            assert!(Place::new(Path::new(text)).is_err(), "{text:?}");
        }
    }
}
