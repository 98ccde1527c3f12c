//! What a directory was last written for, in a file of its own there.

use std::path::Path;

use serde_json::{Value, json};

use super::Args;
use crate::cli::values;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::name::Name;
use crate::site::{File, Software, Upstream};

const NAME: &str = "site.json";

/// The server, and the options that count again where they are not given.
#[derive(Debug)]
pub(super) struct Last(Value);

impl Last {
    /// Reads what lies in a directory, where anything does.
    pub(super) fn of(directory: &Path) -> Result<Self> {
        let path = directory.join(NAME);
        if matches!(path.try_exists(), Ok(false)) {
            return Ok(Self(Value::Null));
        }
        let malformed = || {
            Error::new(
                ErrorKind::Malformed,
                format!("{} is not what pki server-config wrote", path.display()),
            )
            .with_hint("Remove it, and give every option again.")
        };
        let read: Value = serde_json::from_slice(&file::read(&path)?).map_err(|_| malformed())?;
        match read.get("server").is_some_and(Value::is_string) {
            true => Ok(Self(read)),
            false => Err(malformed()),
        }
    }

    /// Says whether nothing was written there yet.
    pub(super) fn is_none(&self) -> bool {
        self.0.is_null()
    }

    /// Refuses a directory in which the configuration of another server lies: the files of both have the same names.
    pub(super) fn is_of(&self, server: Software, directory: &Path) -> Result<()> {
        match self.text("server") {
            Some(other) if other != server.name() => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{} is the directory of {other}", directory.display()),
            )
            .with_hint(format!("Give {server} one of its own with --directory."))),
            _ => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }
}

impl Args {
    /// Takes over the options that counted last and are not given now, and returns them in words.
    pub(super) fn complete(&mut self, last: &Last) -> Result<String> {
        let mut taken = Vec::new();
        if let (None, Some(host)) = (&self.host, last.text("host")) {
            taken.push(format!("--host {host}"));
            self.host = Some(host.to_owned());
        }
        if let (None, Some(listen)) = (self.listen, last.text("listen")) {
            taken.push(format!("--listen {listen}"));
            self.listen = Some(values::address(listen)?);
        }
        if let (None, Some(upstream)) = (&self.upstream, last.text("upstream")) {
            taken.push(format!("--upstream {upstream}"));
            self.upstream = Some(Upstream::parse(upstream)?);
        }
        Ok(taken.join(" "))
    }

    /// The options as they count now, for the next time.
    ///
    /// The host also where nobody chose it: it was the only one, and with the next server certificate it no longer is.
    pub(super) fn remembered(&self, host: &Name) -> File {
        let document = json!({
            "server": self.server.name(),
            "host": host.as_str(),
            "listen": self.listen.map(|listen| listen.to_string()),
            "upstream": self.upstream.as_ref().map(ToString::to_string),
        });
        File::text(NAME, format!("{document:#}\n"))
    }
}
