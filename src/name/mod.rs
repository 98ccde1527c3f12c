//! Names as people type them, checked once: a name, a device, and the kinds of subjectAltName.

mod cidr;
mod common_name;
mod constraints;
mod subject_alt_name;

use std::fmt;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

pub use cidr::Cidr;
pub use constraints::{NameConstraints, Subtree};
pub use subject_alt_name::SubjectAltName;

use crate::error::{Error, ErrorKind, Result};

/// The longest name or device, in characters (RFC 5280 Appendix A.1, ub-common-name).
const MAX_CHARACTERS: usize = 64;
/// From this many hexadecimal digits on a reference means a serial number.
const SERIAL_NUMBER_DIGITS: usize = 8;

/// What names the CA's own certificates wherever a certificate can be named.
const RESERVED: [&str; 2] = ["root", "issuing"];

/// Whom a certificate is for: in NFC, 1 to 64 characters, unique under case folding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// On which device a certificate lies (`laptop`, `phone`): the same rules as a [`Name`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(Name);

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Refuses what is empty or over 64 characters, holds `/`, control or bidirectional characters, begins with a
    /// dot or hyphen, or could be read as a serial number.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_as(text, "name")
    }

    fn parse_as(text: &str, what: &str) -> Result<Self> {
        let refuse = |fact: &str, hint: &str| {
            Err(Error::new(
                ErrorKind::InvalidInput,
                format!("the {what} {} {fact}", Quoted(text)),
            )
            .with_hint(hint))
        };
        let name = ComposingNormalizerBorrowed::new_nfc()
            .normalize(text)
            .into_owned();
        let characters = name.chars().count();
        if characters == 0 {
            return refuse(
                "is empty",
                "Give 1 to 64 characters, such as alice or alice@example.org.",
            );
        }
        if characters > MAX_CHARACTERS {
            return refuse(
                &format!("has {characters} characters, and a commonName holds at most 64"),
                "Shorten it; a long e-mail address can go in --email.",
            );
        }
        if name.chars().any(char::is_control) {
            return refuse("holds a control character", "Leave it out.");
        }
        if name.chars().any(is_bidirectional_control) {
            return refuse(
                "holds a character that changes the direction of text",
                "Leave it out: it could make one name look like another.",
            );
        }
        if name.contains('/') {
            return refuse(
                "holds a slash",
                "A slash separates name and device; give the device with --device.",
            );
        }
        if name.starts_with(['.', '-']) {
            return refuse(
                "begins with a dot or a hyphen",
                "Begin with a letter or digit: a name is also the name of a directory.",
            );
        }
        if name.trim() != name {
            return refuse("begins or ends with a space", "Leave the space out.");
        }
        // Serial numbers and fingerprints are also written with colons between their octets.
        let digits = name.replace(':', "");
        if digits.len() >= SERIAL_NUMBER_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return refuse(
                "could be read as a serial number",
                "Add a letter past f, or a dot or hyphen inside.",
            );
        }
        if RESERVED.contains(&fold(&name).as_str()) {
            return refuse(
                "names a certificate of the CA itself",
                "Choose another name: pki export root must always give the root.",
            );
        }
        Ok(Self(name))
    }

    /// The name as it stands in the certificate.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which names are compared: Unicode's full case folding.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl Device {
    /// Reads a device.
    ///
    /// # Errors
    /// The same refusals as [`Name::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        Name::parse_as(text, "device").map(Self)
    }

    /// The device as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The form under which devices are compared.
    pub fn folded(&self) -> String {
        self.0.folded()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Folds the case of `text` for a comparison that no locale changes.
pub fn fold(text: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    CaseMapper::new().fold_string(&composed).into_owned()
}

/// Text from outside in quotation marks, cut short and with control characters made visible.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        f.write_str("\"")?;
        for character in self.0.chars().take(SHOWN) {
            if character.is_control() || is_bidirectional_control(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        if self.0.chars().nth(SHOWN).is_some() {
            f.write_str("…")?;
        }
        f.write_str("\"")
    }
}

/// Text from outside on one line: what would begin another, turn it around or command a terminal is replaced.
pub fn one_line(text: &str) -> String {
    let replaced = |character: char| {
        let unsafe_here = character.is_control()
            || is_bidirectional_control(character)
            || matches!(character, '\u{2028}' | '\u{2029}');
        if unsafe_here {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        }
    };
    text.chars().map(replaced).collect()
}

/// Unicode's Bidi_Control property, by which one text can be made to look like another.
fn is_bidirectional_control(character: char) -> bool {
    matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_addresses_and_other_scripts_are_names() {
        for text in [
            "alice",
            "alice@example.org",
            "Zoë",
            "李雷",
            "a",
            &"x".repeat(64),
            "deadbee",
            "Bob Smith",
        ] {
            assert!(Name::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_could_deceive_or_leave_its_directory_is_not_a_name() {
        for text in [
            "",
            "a/b",
            "../x",
            ".hidden",
            "-rf",
            "al\u{0}ice",
            "al\nice",
            "a\u{202e}b",
            &"x".repeat(65),
            "deadbeef",
            "dead:beef",
            "root",
            "Issuing",
            "0123456789",
            " alice",
        ] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_are_compared_composed_and_without_case() -> Result<()> {
        assert_eq!(Name::parse("Zoe\u{308}")?, Name::parse("Zoë")?);
        assert_eq!(
            Name::parse("STRASSE")?.folded(),
            Name::parse("straße")?.folded()
        );
        assert_ne!(
            Name::parse("alice")?.folded(),
            Name::parse("alicia")?.folded()
        );
        Ok(())
    }

    #[test]
    fn a_quoted_text_cannot_break_out_of_its_line() {
        assert_eq!(Quoted("a\nb").to_string(), "\"a\\u{a}b\"");
        assert!(Quoted(&"x".repeat(100)).to_string().ends_with("…\""));
    }
}
