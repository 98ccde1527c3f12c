//! The command that does with more rights what this user may not.

use super::super::shell::quoted;
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
    // Nothing follows the command, so that it can be pasted up to the end of the line.
    format!("Run it with more rights: {}", words.join(" "))
}
