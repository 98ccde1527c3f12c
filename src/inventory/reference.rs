//! References: how a person names a certificate on the command line.

use std::path::PathBuf;

use rusqlite::params;
use time::OffsetDateTime;

use super::{Inventory, Record, Status};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::hexadecimal;
use crate::name::{Device, Name, Quoted, fold};
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// How many digits a serial number of 20 octets and a SHA-256 have.
pub(super) const SERIAL_NUMBER_DIGITS: usize = 40;
pub(super) const FINGERPRINT_DIGITS: usize = 64;

/// What was typed where a command asks for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `alice`: her newest valid certificate.
    Name(Name),
    /// `alice/phone`, or `alice/` for the one without a device.
    Device(Name, Option<Device>),
    /// The first eight digits or more of a serial number, in lower case.
    SerialNumber(String),
    /// The SHA-256 of the DER.
    Fingerprint(Fingerprint),
    /// A file with the certificate.
    File(PathBuf),
    /// `root` or `issuing`: the CA's own current certificate.
    Authority(Profile),
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// Refuses what is none of its forms.
    pub fn parse(text: &str) -> Result<Self> {
        let is_path = ["/", "./", "../"]
            .iter()
            .any(|start| text.starts_with(start))
            || [".pem", ".der", ".crt"]
                .iter()
                .any(|end| text.ends_with(end));
        if is_path {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let digits = text.replace(':', "");
        if let Some(fingerprint) = fingerprint(&digits) {
            return Ok(Self::Fingerprint(fingerprint));
        }
        if let Some(prefix) = SerialNumber::parse_prefix(&digits) {
            return Ok(Self::SerialNumber(prefix));
        }
        match fold(text).as_str() {
            "root" => return Ok(Self::Authority(Profile::Root)),
            "issuing" => return Ok(Self::Authority(Profile::Issuing)),
            _ => {}
        }
        match text.split_once('/') {
            Some((name, "")) => Ok(Self::Device(Name::parse(name)?, None)),
            Some((name, device)) => Ok(Self::Device(
                Name::parse(name)?,
                Some(Device::parse(device)?),
            )),
            None => Name::parse(text).map(Self::Name),
        }
    }
}

impl Inventory {
    /// Finds the one certificate that a reference names.
    ///
    /// # Errors
    /// Refuses a reference that names none, a name with several devices, and a serial number's prefix that several
    /// share; the hint lists them.
    pub fn resolve(&self, reference: &Reference, now: OffsetDateTime) -> Result<Record> {
        match reference {
            Reference::Name(name) => self.newest_of_name(name, now),
            Reference::Device(name, device) => {
                let records = self.of_name(name)?;
                let wanted = device.as_ref().map(Device::folded);
                newest(
                    records
                        .into_iter()
                        .filter(|record| record.device.as_ref().map(Device::folded) == wanted),
                    now,
                )
                .ok_or_else(|| match device {
                    Some(device) => unknown(&format!("{name}/{device}")),
                    None => unknown(&format!("{name} without a device")),
                })
            }
            Reference::SerialNumber(prefix) => self.by_prefix(prefix),
            Reference::Fingerprint(fingerprint) => self
                .find_by_fingerprint(fingerprint)?
                .ok_or_else(|| unknown(&fingerprint.to_string())),
            Reference::Authority(profile) => match profile {
                Profile::Issuing => self.issuing_authority()?,
                other => self.current_authority(*other)?,
            }
            .ok_or_else(|| unknown(profile.as_str())),
            Reference::File(path) => {
                let certificate = Certificate::from_file(&file::read(path)?)?;
                self.find_by_fingerprint(&certificate.fingerprint())?
                    .ok_or_else(|| {
                        Error::new(
                            ErrorKind::NotFound,
                            format!("the certificate in {} was not issued here", path.display()),
                        )
                        .with_hint("Run openssl x509 -noout -text on the file to see whose it is.")
                    })
            }
        }
    }

    /// Every valid certificate of a name, or of one device of it, newest first.
    ///
    /// # Errors
    /// Refuses a name that has none.
    pub fn valid_of_name(
        &self,
        name: &Name,
        device: Option<&Device>,
        now: OffsetDateTime,
    ) -> Result<Vec<Record>> {
        let wanted = device.map(Device::folded);
        let mut records = self.of_name(name)?;
        records.retain(|record| {
            matches!(record.status(now), Status::Valid | Status::NotYetValid)
                && (wanted.is_none() || record.device.as_ref().map(Device::folded) == wanted)
        });
        if records.is_empty() {
            let whose =
                device.map_or_else(|| name.to_string(), |device| format!("{name}/{device}"));
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{whose} has no valid certificate"),
            )
            .with_hint("Run pki list to see what was issued."));
        }
        Ok(records)
    }

    /// Every certificate of a name, whatever device it is for and however it stands, newest first.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    pub fn of_name(&self, name: &Name) -> Result<Vec<Record>> {
        self.select(
            "WHERE c.name_folded = ?1 ORDER BY c.id DESC",
            params![name.folded()],
        )
    }

    fn newest_of_name(&self, name: &Name, now: OffsetDateTime) -> Result<Record> {
        let records = self.of_name(name)?;
        if records.is_empty() {
            return Err(unknown(name.as_str()));
        }
        let mut devices: Vec<&Record> = Vec::new();
        for record in records
            .iter()
            .filter(|record| record.status(now) == Status::Valid)
        {
            if !devices.iter().any(|known| known.device == record.device) {
                devices.push(record);
            }
        }
        if devices.len() > 1 {
            let list = devices.iter().map(|record| match &record.device {
                Some(_) => record.reference(),
                None => format!("{name}/"),
            });
            let list: Vec<_> = list.collect();
            return Err(Error::new(
                ErrorKind::Ambiguous,
                format!("{name} has valid certificates on {} devices", devices.len()),
            )
            .with_hint(format!("Say which: {}.", list.join(", "))));
        }
        newest(records.into_iter(), now).ok_or_else(|| unknown(name.as_str()))
    }

    fn by_prefix(&self, prefix: &str) -> Result<Record> {
        let (lowest, highest) = octets_between(prefix, SERIAL_NUMBER_DIGITS);
        let mut found = self.select(
            "WHERE c.serial_number BETWEEN ?1 AND ?2 ORDER BY c.id DESC LIMIT 10",
            params![lowest, highest],
        )?;
        match found.len() {
            0 => Err(unknown(prefix)),
            1 => found.pop().ok_or_else(|| unknown(prefix)),
            _ => {
                let list: Vec<_> = found
                    .iter()
                    .map(|record| record.certificate.serial_number().to_string())
                    .collect();
                Err(Error::new(
                    ErrorKind::Ambiguous,
                    format!("several serial numbers begin with {prefix}"),
                )
                .with_hint(format!("Say which: {}.", list.join(", "))))
            }
        }
    }
}

/// The newest valid one, else the newest of all.
fn newest(records: impl Iterator<Item = Record>, now: OffsetDateTime) -> Option<Record> {
    let mut records: Vec<Record> = records.collect();
    let position = records
        .iter()
        .position(|record| record.status(now) == Status::Valid)
        .unwrap_or(0);
    (position < records.len()).then(|| records.swap_remove(position))
}

fn fingerprint(digits: &str) -> Option<Fingerprint> {
    hexadecimal::decode(digits)
        .filter(|_| digits.len() == FINGERPRINT_DIGITS)
        .and_then(|octets| octets.try_into().ok())
        .map(Fingerprint)
}

/// The lowest and the highest octets whose digits, `width` of them, begin with `prefix`; an odd last digit is half an
/// octet.
pub(super) fn octets_between(prefix: &str, width: usize) -> (Vec<u8>, Vec<u8>) {
    let even = prefix.len() + prefix.len() % 2;
    let lowest = format!("{prefix:0<even$}");
    let highest = format!("{prefix:f<width$}");
    (
        hexadecimal::decode(&lowest).unwrap_or_default(),
        hexadecimal::decode(&highest).unwrap_or_default(),
    )
}

fn unknown(what: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("nothing was issued under {}", Quoted(what)),
    )
    .with_hint("Run pki list to see what was issued.")
}
