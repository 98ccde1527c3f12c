//! How the program speaks.
//!
//! Data goes to stdout and the conversation to stderr. An error is one sentence of fact and one hint of what to do.
//! With `--json`, stdout carries exactly one JSON document. Colour never carries a meaning of its own. A reader that
//! goes away (a broken pipe) has read enough: that is success.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::error::{Error, ErrorKind};

/// With which code the program exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done (0).
    Done,
    /// Refused or failed (1).
    Refused,
    /// The command line is wrong (2).
    Usage,
    /// The check ran and found something wrong (3).
    Found,
    /// `needs-renewal`: nothing is known under that reference (2).
    NotFound,
    /// `needs-renewal`: the question could not be answered (255).
    Undecided,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The program's voice in one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    json: bool,
    quiet: bool,
    color: Color,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Found => 3,
            Exit::NotFound => 2,
            Exit::Undecided => 255,
        })
    }
}

impl Report {
    pub(super) fn new(json: bool, quiet: bool, color: Color) -> Self {
        Self { json, quiet, color }
    }

    /// The voice before the command line is understood.
    pub(super) fn plain() -> Self {
        Self::new(false, false, Color::Auto)
    }

    pub(super) fn with_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    pub(super) fn is_json(self) -> bool {
        self.json
    }

    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Writes the one JSON document, where `--json` asks for it, else what `text` makes.
    pub(super) fn result(self, document: &impl Serialize, text: impl FnOnce() -> String) {
        if self.json {
            match serde_json::to_string_pretty(document) {
                Ok(document) => self.data(&document),
                Err(cause) => self.say(&format!("cannot write JSON: {cause}")),
            }
        } else {
            self.data(&text());
        }
    }

    /// Writes data to stdout, with a line end.
    pub(super) fn data(self, text: &str) {
        self.bytes(format!("{text}\n").as_bytes());
    }

    /// Writes octets to stdout as they are.
    pub(super) fn bytes(self, octets: &[u8]) {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(octets).and_then(|()| stdout.flush()) {
            Ok(()) => {}
            // The Rust runtime ignores SIGPIPE, so a closed pipe shows as an error here.
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(cause) => {
                self.stderr(&format!("pki: error: cannot write to stdout: {cause}"));
                std::process::exit(1);
            }
        }
    }

    /// Says something to the person, unless `--quiet`.
    pub(super) fn say(self, text: &str) {
        if !self.quiet {
            self.stderr(text);
        }
    }

    /// Warns; `--quiet` does not silence it.
    pub(super) fn warn(self, text: &str) {
        let style = AnsiColor::Yellow.on_default().bold();
        self.stderr(&format!("pki: {} {text}", self.styled("warning:", style)));
    }

    /// Reports a refusal or failure and says with which code to exit.
    pub(super) fn failure(self, error: &Error) -> Exit {
        if self.json {
            let document = json!({"error": {
                "kind": error.kind().as_str(),
                "message": error.message(),
                "hint": error.hint(),
            }});
            self.data(&serde_json::to_string_pretty(&document).unwrap_or_default());
        } else {
            self.complain(error);
        }
        match error.kind() {
            ErrorKind::Usage => Exit::Usage,
            _ => Exit::Refused,
        }
    }

    /// Says on stderr what failed and what to do, where more than one thing may and the command goes on.
    pub(super) fn complain(self, error: &Error) {
        let style = AnsiColor::Red.on_default().bold();
        self.stderr(&format!(
            "pki: {} {}",
            self.styled("error:", style),
            error.message()
        ));
        if let Some(hint) = error.hint() {
            self.stderr(&format!(
                "pki: {} {hint}",
                self.styled("hint:", Style::new().bold())
            ));
        }
    }

    /// The same of several; what holds for many places, such as a program that is not there, is said once.
    pub(super) fn complain_of_each(self, errors: &[&Error]) {
        for (position, error) in errors.iter().enumerate() {
            let is_same = |earlier: &&Error| {
                earlier.message() == error.message() && earlier.hint() == error.hint()
            };
            if !errors.iter().take(position).any(is_same) {
                self.complain(error);
            }
        }
    }

    fn stderr(self, text: &str) {
        // A closed stderr is no reason to fail.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Colours a part of the data, where colours are wanted on stdout.
    pub(super) fn painted(self, text: &str, style: Style) -> String {
        self.paint(text, style, io::stdout().is_terminal())
    }

    /// How many columns the terminal has to which the data goes; nothing where it goes elsewhere, and nothing is cut then.
    pub(super) fn width(self) -> Option<usize> {
        let stdout = io::stdout();
        let size = stdout
            .is_terminal()
            .then(|| rustix::termios::tcgetwinsize(&stdout).ok());
        // A terminal that does not know its size says 0.
        let columns = size.flatten().map(|size| usize::from(size.ws_col));
        columns.filter(|columns| *columns > 0)
    }

    fn styled(self, word: &str, style: Style) -> String {
        self.paint(word, style, io::stderr().is_terminal())
    }

    fn paint(self, text: &str, style: Style, to_terminal: bool) -> String {
        let colored = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && to_terminal
            }
        };
        if colored {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
