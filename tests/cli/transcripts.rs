//! One transcript file a refusal, in `tests/transcripts`: what was typed, what was said, the exit code.
//!
//! A transcript is a small text that a person can read and edit:
//!
//! ```text
//! # what it is about
//! $ pki init                     run it; the lines below it, up to the next `$`, `%` or `#`, are what it says
//! ? 1                            its exit code, where that is not 0
//! % pki init                     the same for what goes before: it must succeed, and nobody reads what it says
//! % write FILE TEXT              a file for the next command; `\n`, `\x01` and the like are understood
//! % overwrite FILE OFFSET TEXT   damage
//! % fill-disk-after BYTES        the next command may write no file beyond this size
//! % passphrase TEXT              what PKI_PASSPHRASE says from here on
//! ```
//!
//! `[..]` stands for anything within a line. A command that fails must leave every file as it was: that is checked for
//! each. `PKI_TEST_BLESS=1` writes what was really said into the transcripts, for a person to read and judge.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::tools::fixture;
use crate::support::{Authority, PASSPHRASE, Tree, files_below, finish, hermetic};

#[test]
fn every_transcript_is_true() {
    let mut wrong = Vec::new();
    let files = files_below(&fixture("transcripts"));
    assert!(!files.is_empty());
    for file in files {
        let written = fs::read_to_string(&file).unwrap();
        let played = Play::new().play(&written);
        if agrees(&written, &played) {
            continue;
        }
        if std::env::var_os("PKI_TEST_BLESS").is_some() {
            fs::write(&file, &played).unwrap();
        }
        wrong.push(format!("{} goes otherwise:\n{played}", file.display()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One transcript being played in a directory of its own.
struct Play {
    authority: Authority,
    passphrase: String,
    largest_file: Option<u64>,
}

impl Play {
    fn new() -> Self {
        Self {
            authority: Authority::none(),
            passphrase: PASSPHRASE.to_owned(),
            largest_file: None,
        }
    }

    /// The transcript with what really happened after each command.
    fn play(mut self, written: &str) -> String {
        let mut played = String::new();
        for line in written.lines() {
            let kept = line.starts_with(['#', '%', '$']) || line.is_empty();
            if kept {
                played.push_str(line);
                played.push('\n');
            }
            if let Some(words) = line.strip_prefix("% ") {
                self.prepare(&words_of(words));
            } else if let Some(words) = line.strip_prefix("$ pki ") {
                played.push_str(&self.run(&words_of(words)));
            }
        }
        played
    }

    fn prepare(&mut self, words: &[String]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["write", file, text] => {
                let file = self.authority.path(file);
                fs::write(&file, text).unwrap();
                // As a careful person would: some of them are passwords.
                fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
            }
            ["overwrite", file, offset, text] => {
                let file = self.authority.path(file);
                let mut content = fs::read(&file).unwrap();
                let offset: usize = offset.parse().unwrap();
                content[offset..offset + text.len()].copy_from_slice(text.as_bytes());
                fs::write(&file, content).unwrap();
            }
            ["truncate", file, length] => {
                let file = fs::File::options()
                    .write(true)
                    .open(self.authority.path(file))
                    .unwrap();
                file.set_len(length.parse().unwrap()).unwrap();
            }
            ["pki", ..] => drop(self.authority.pki(&words[1..]).ok()),
            ["fill-disk-after", bytes] => self.largest_file = Some(bytes.parse().unwrap()),
            ["passphrase", passphrase] => passphrase.clone_into(&mut self.passphrase),
            _ => panic!("no such preparation: {words:?}"),
        }
    }

    /// Runs a command and returns what belongs below it.
    fn run(&mut self, words: &[String]) -> String {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = match self.largest_file.take() {
            None => self.authority.command(&words),
            Some(bytes) => self.on_a_full_disk(bytes, &words),
        };
        let before = Tree::of(self.authority.home());
        let finished = finish(command.env("PKI_PASSPHRASE", &self.passphrase));
        let mut said = match finished.code {
            Some(0) => String::new(),
            Some(code) => format!("? {code}\n"),
            None => "? killed\n".to_owned(),
        };
        if finished.code != Some(0) {
            let changes = before.changes_to(&Tree::of(self.authority.home()));
            let changes = changes.lines().map(|change| format!("CHANGED {change}\n"));
            said.extend(changes);
        }
        said.push_str(&self.anonymous(&finished.said()));
        said
    }

    /// A command whose files can grow no further than this: the system's answer to a write beyond it is an error, as on
    /// a full disk, once the signal that comes with it is ignored.
    fn on_a_full_disk(&self, bytes: u64, words: &[&str]) -> std::process::Command {
        let mut command = hermetic("/bin/bash", self.authority.home());
        let blocks = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", bytes / 1024);
        command
            .args(["-c", &blocks, "bash", crate::support::authority::PKI])
            .args(words)
            .env("PKI_CA_DATA", self.authority.data());
        command
    }

    /// What differs between two runs: the temporary directory.
    fn anonymous(&self, said: &str) -> String {
        let home = self.authority.home().to_str().unwrap();
        said.replace(home, "[HOME]")
    }
}

/// Splits a line into words; quotes hold a word together, and `\n` and `\xNN` stand for what they stand for in Rust.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(escaped(&mut letters)),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn escaped(letters: &mut std::str::Chars<'_>) -> char {
    match letters.next() {
        Some('n') => '\n',
        Some('x') => {
            let digits: String = letters.take(2).collect();
            char::from(u8::from_str_radix(&digits, 16).expect("two hex digits"))
        }
        Some(other) => other,
        None => '\\',
    }
}

/// Whether what was said fits what is written, `[..]` standing for anything within a line.
fn agrees(written: &str, played: &str) -> bool {
    let (written, played): (Vec<_>, Vec<_>) = (written.lines().collect(), played.lines().collect());
    written.len() == played.len()
        && written
            .iter()
            .zip(&played)
            .all(|(pattern, line)| fits(pattern, line))
}

fn fits(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once("[..]") else {
        return pattern == line;
    };
    let Some(after) = line.strip_prefix(start) else {
        return false;
    };
    // Any place from here on where the rest fits.
    let mut places = after
        .char_indices()
        .map(|(place, _)| place)
        .chain([after.len()]);
    places.any(|place| fits(rest, &after[place..]))
}

#[test]
fn a_pattern_fits_within_a_line_only_where_all_its_parts_do() {
    assert!(fits("a [..] c", "a b c"));
    assert!(fits("[..]", ""));
    assert!(!fits("a [..] c", "a b d"));
    assert!(!fits("a", "a b"));
    assert_eq!(
        words_of(r#"write "a b" \x01\n"#),
        ["write", "a b", "\u{1}\n"]
    );
}
