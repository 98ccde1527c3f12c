//! The command that does with more rights what this user may not.

use crate::trust::Store;

/// The same for one kind of store as a command line for sudo: with this very program, because an administrator's PATH may
/// hold another, and with absolute paths.
pub(super) fn with_more_rights(verb: &str, options: &[String], store: &dyn Store) -> String {
    let program = std::env::current_exe().ok();
    let program = program.map_or_else(|| "pki".to_owned(), |path| path.display().to_string());
    let mut words = vec!["sudo".to_owned()];
    // sudo hands on neither JAVA_HOME nor PATH, by which this installation may have been found.
    if let Some(home) = store.java_home() {
        words.extend(["env".to_owned(), format!("JAVA_HOME={}", home.display())]);
    }
    words.extend([program, "trust".to_owned(), verb.to_owned()]);
    words.extend(options.iter().cloned());
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    format!("{} does it.", words.join(" "))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-=+:,@%".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them_otherwise() {
        assert_eq!(quoted("/home/a/ca-data"), "/home/a/ca-data");
        assert_eq!(quoted("/home/a b/$x"), "'/home/a b/$x'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
