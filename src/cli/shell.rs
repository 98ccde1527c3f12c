//! Command lines that are told ready to be pasted into a shell.

use std::borrow::Cow;
use std::path::Path;

/// A word as a shell reads it back: as it is, or in single quotes (POSIX XCU §2.2.2).
pub(super) fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |letter: char| letter.is_alphanumeric() || "@%+=:,./_-".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// A path as one word that is no option.
pub(super) fn quoted_path(path: &Path) -> String {
    let mut text = path.display().to_string();
    if text.starts_with('-') {
        text.insert_str(0, "./");
    }
    quoted(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_take_apart_is_quoted() {
        for (word, typed) in [
            ("alice/phone", "alice/phone"),
            ("zoë@example.org", "zoë@example.org"),
            ("JAVA_HOME=/opt/jdk", "JAVA_HOME=/opt/jdk"),
            ("Alice Liddell", "'Alice Liddell'"),
            ("/home/a b/$x", "'/home/a b/$x'"),
            ("$(reboot)", "'$(reboot)'"),
            ("~a.p12", "'~a.p12'"),
            ("o'brien", r"'o'\''brien'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), typed);
        }
    }

    #[test]
    fn a_path_is_no_option_whatever_it_begins_with() {
        for (path, word) in [
            ("old.p12", "old.p12"),
            ("-old.p12", "./-old.p12"),
            ("-my old.p12", "'./-my old.p12'"),
        ] {
            assert_eq!(quoted_path(Path::new(path)), word);
        }
    }
}
