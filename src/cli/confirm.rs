//! A question before what cannot be taken back.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::error::{Error, ErrorKind, Result};

/// Asks on the terminal; `what` is to be done, as in "a revocation", and `undone` says that it was not.
pub(super) fn confirm(what: &str, question: &str, undone: &str) -> Result<()> {
    match ask(question) {
        Some(true) => Ok(()),
        Some(false) => {
            Err(Error::new(ErrorKind::NotPermitted, undone).with_hint("Answer y to do it."))
        }
        None => Err(Error::new(
            ErrorKind::Usage,
            format!("{what} must be confirmed and there is no terminal to ask on"),
        )
        .with_hint("Say --yes.")),
    }
}

/// The answer to a question, which is no unless it is yes; nothing where there is no terminal to ask on.
pub(super) fn ask(question: &str) -> Option<bool> {
    if !io::stdin().is_terminal() {
        return None;
    }
    eprint!("{question} [y/N] ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    Some(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}
