//! The table of clients: read once to see that every row is good, and once more to issue.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, StringRecord, Trim};

use crate::authority::Member;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::name::{Device, Name, Quoted, SubjectAltName};
use crate::validity::Lifetime;

const COLUMNS: [&str; 5] = ["name", "device", "email", "upn", "validity"];

/// Where each column stands, as far as it is there.
#[derive(Clone, Copy)]
struct Header {
    places: [Option<usize>; COLUMNS.len()],
}

/// A table on disk.
pub(in crate::cli) struct Rows {
    path: PathBuf,
    lifetime: Lifetime,
}

impl Rows {
    /// A table whose rows live for `lifetime` where they say nothing themselves.
    pub(in crate::cli) fn new(path: &Path, lifetime: Lifetime) -> Self {
        Self {
            path: path.to_path_buf(),
            lifetime,
        }
    }

    /// Reads every row and forgets it; how many there are.
    ///
    /// # Errors
    /// Names the first line that cannot be issued to, so that nothing is begun that a slip of the pen would end in the middle.
    pub(super) fn check(&self) -> Result<u64> {
        let mut count = 0;
        for member in self.read()? {
            member?;
            count += 1;
        }
        Ok(count)
    }

    /// The rows, one after the other; only the one that is asked for is in memory.
    pub(super) fn read(&self) -> Result<impl Iterator<Item = Result<Member>> + '_> {
        let failed = |cause| file::failure("read", &self.path, &cause);
        let opened = File::open(&self.path).map_err(failed)?;
        self.members(BufReader::new(opened))
    }

    /// The rows of a table that is open.
    pub(in crate::cli) fn members<R: Read>(
        &self,
        opened: R,
    ) -> Result<impl Iterator<Item = Result<Member>> + use<'_, R>> {
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(opened);
        let header = self.header(&mut reader)?;
        Ok(reader.into_records().map(move |row| {
            let row = row.map_err(|cause| self.unreadable(&cause))?;
            let line = row.position().map_or(0, csv::Position::line);
            self.member(header, &row, line)
                .map_err(|refusal| self.on_line(line, &refusal))
        }))
    }

    fn header(&self, reader: &mut Reader<impl Read>) -> Result<Header> {
        let names = reader.headers().map_err(|cause| self.unreadable(&cause))?;
        let place = |column: &str| names.iter().position(|it| it.eq_ignore_ascii_case(column));
        let known = |name: &&str| {
            COLUMNS
                .iter()
                .any(|column| name.eq_ignore_ascii_case(column))
        };
        if let Some(unknown) = names.iter().find(|name| !known(name)) {
            return Err(self.without(format!("has no use for a column {}", Quoted(unknown))));
        }
        let header = Header {
            places: COLUMNS.map(place),
        };
        match header.places {
            [Some(_), ..] => Ok(header),
            _ => Err(self.without("names no column `name` in its first line".to_owned())),
        }
    }

    fn member(&self, header: Header, row: &StringRecord, line: u64) -> Result<Member> {
        let [name, device, email, upn, validity] = header.places.map(|place| {
            let text = place.and_then(|place| row.get(place)).unwrap_or_default();
            (!text.is_empty()).then_some(text)
        });
        let emails = email.map(SubjectAltName::parse_email);
        let principals = upn.map(SubjectAltName::parse_upn);
        Ok(Member {
            line,
            name: Name::parse(name.unwrap_or_default())?,
            device: device.map(Device::parse).transpose()?,
            subject_alt_names: emails
                .into_iter()
                .chain(principals)
                .collect::<Result<_>>()?,
            lifetime: validity.map_or(Ok(self.lifetime), Lifetime::parse)?,
        })
    }

    fn on_line(&self, line: u64, refusal: &Error) -> Error {
        let place = format!(
            "line {line} of {}: {}",
            self.path.display(),
            refusal.message()
        );
        let error = Error::new(refusal.kind(), place);
        match refusal.hint() {
            Some(hint) => error.with_hint(hint.to_owned()),
            None => error,
        }
    }

    fn without(&self, fact: String) -> Error {
        Error::new(
            ErrorKind::InvalidInput,
            format!("{} {fact}", self.path.display()),
        )
        .with_hint(format!(
            "Its first line names the columns: {}.",
            COLUMNS.join(", ")
        ))
    }

    fn unreadable(&self, cause: &csv::Error) -> Error {
        let path = self.path.display();
        let line = cause.position().map(csv::Position::line);
        let fact = match (cause.kind(), line) {
            (
                csv::ErrorKind::UnequalLengths {
                    expected_len, len, ..
                },
                Some(line),
            ) => {
                format!("line {line} of {path} has {len} fields, and the first line {expected_len}")
            }
            (csv::ErrorKind::Utf8 { .. }, Some(line)) => {
                format!("line {line} of {path} is not UTF-8")
            }
            _ => format!("{path} cannot be read as CSV: {cause}"),
        };
        Error::new(ErrorKind::Malformed, fact).with_hint(
            "Write one row a line, as many fields as the first line names, in UTF-8 (RFC 4180).",
        )
    }
}
