//! Recording a new certificate: from the commit on it is known, whatever happens to the machine.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use time::OffsetDateTime;

use super::{Action, Inventory, ReasonCode, Record, commit, failure};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::{Device, Name};
use crate::profile::Profile;

/// For whom a certificate is, and which one it takes the place of.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The name.
    pub name: Name,
    /// The device, where one is told.
    pub device: Option<Device>,
    /// The certificate that this one renews.
    pub supersedes: Option<Superseded>,
}

/// A certificate that is renewed, and how long it may still be used.
#[derive(Debug, Clone)]
pub struct Superseded {
    /// The certificate.
    pub record: Record,
    /// From when on it counts as revoked (superseded); never, where nothing is said.
    pub until: Option<OffsetDateTime>,
}

impl Holder {
    /// A person or device.
    pub fn client(name: &Name, device: Option<&Device>) -> Self {
        Self {
            name: name.clone(),
            device: device.cloned(),
            supersedes: None,
        }
    }

    /// A server.
    pub fn server(name: &Name) -> Self {
        Self {
            name: name.clone(),
            device: None,
            supersedes: None,
        }
    }

    fn described(&self) -> String {
        match &self.device {
            Some(device) => format!("{}/{device}", self.name),
            None => self.name.to_string(),
        }
    }
}

impl Inventory {
    /// Records a certificate; the CA's own have no holder.
    ///
    /// # Errors
    /// Refuses a name that differs from a known one by its case alone, and a second valid certificate of a profile
    /// for one name and device that does not renew the first.
    pub fn record(
        &self,
        certificate: &Certificate,
        profile: Profile,
        holder: Option<&Holder>,
        now: OffsetDateTime,
    ) -> Result<()> {
        let transaction = self.begin()?;
        if let Some(holder) = holder {
            check_free(&transaction, holder, profile, now)?;
            check_renewable(&transaction, holder, now)?;
        }
        insert(
            &transaction,
            certificate,
            profile,
            holder,
            Moment::of_issue(now),
        )
        .and_then(|()| self.append_issue(&transaction, certificate, profile, holder, now))
        .and_then(|()| commit(transaction))
        .map_err(|cause| failure(&cause))
    }

    /// Records the certificates of several clients, all of them or none.
    ///
    /// # Errors
    /// As [`Inventory::record`], for the first that is refused.
    pub fn record_clients(
        &self,
        certificates: &[(&Certificate, &Holder)],
        now: OffsetDateTime,
    ) -> Result<()> {
        let profile = Profile::Client;
        let transaction = self.begin()?;
        for (certificate, holder) in certificates {
            check_free(&transaction, holder, profile, now)?;
            let moment = Moment::of_issue(now);
            insert(&transaction, certificate, profile, Some(holder), moment)
                .and_then(|()| {
                    self.append_issue(&transaction, certificate, profile, Some(holder), now)
                })
                .map_err(|cause| failure(&cause))?;
        }
        commit(transaction).map_err(|cause| failure(&cause))
    }

    /// Says whether somebody has a valid client certificate that was not renewed.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn has_valid_client(&self, holder: &Holder, now: OffsetDateTime) -> Result<bool> {
        is_taken(&self.connection, holder, Profile::Client, now).map_err(|cause| failure(&cause))
    }

    /// Records several certificates of the CA's own under one profile, all of them or none.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn record_all(
        &self,
        certificates: &[Certificate],
        profile: Profile,
        now: OffsetDateTime,
    ) -> Result<()> {
        let transaction = self.begin()?;
        for certificate in certificates {
            insert(
                &transaction,
                certificate,
                profile,
                None,
                Moment::of_issue(now),
            )
            .and_then(|()| self.append_issue(&transaction, certificate, profile, None, now))
            .map_err(|cause| failure(&cause))?;
        }
        commit(transaction).map_err(|cause| failure(&cause))
    }

    /// Refuses, before a key is made, what [`Inventory::record`] would refuse.
    ///
    /// # Errors
    /// The same refusals.
    pub fn check_free(&self, holder: &Holder, profile: Profile, now: OffsetDateTime) -> Result<()> {
        check_free(&self.connection, holder, profile, now)
    }
}

impl Inventory {
    fn append_issue(
        &self,
        connection: &Connection,
        certificate: &Certificate,
        profile: Profile,
        holder: Option<&Holder>,
        now: OffsetDateTime,
    ) -> rusqlite::Result<()> {
        let supersedes = holder.and_then(|holder| holder.supersedes.as_ref());
        let renewed = supersedes.map(|old| old.record.certificate.serial_number().to_string());
        let detail = json!({
            "serial_number": certificate.serial_number().to_string(),
            "fingerprint_sha256": certificate.fingerprint().to_string(),
            "profile": profile.as_str(),
            "name": holder.map(|holder| holder.name.as_str()),
            "device": holder.and_then(|holder| holder.device.as_ref()).map(Device::as_str),
            "supersedes": renewed,
        });
        self.append(connection, Action::Issue, &detail, now)?;
        match supersedes {
            Some(Superseded {
                record,
                until: Some(until),
            }) => self.supersede(connection, record, *until, now),
            _ => Ok(()),
        }
    }

    /// Ends a certificate that was renewed; an earlier revocation stays: what is revoked is not made valid again by being
    /// renewed.
    fn supersede(
        &self,
        connection: &Connection,
        old: &Record,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> rusqlite::Result<()> {
        // Without an overlap there is no planned end, but a revocation as any other: by a clock ahead, it is brought forward.
        if until > now {
            connection
                .prepare_cached("UPDATE certificate SET superseded_at = ?2 WHERE id = ?1")?
                .execute(params![old.id, until.unix_timestamp()])?;
        }
        connection
            .prepare_cached("UPDATE certificate SET revoked_at = ?2, reason_code = ?3 WHERE id = ?1 AND revoked_at IS NULL")?
            .execute(params![old.id, until.unix_timestamp(), ReasonCode::Superseded.code()])?;
        self.append_revocation(connection, &old.certificate, now)
    }
}

/// When a certificate was issued and, where that was done before the CA came here, when it was imported.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) issued_at: OffsetDateTime,
    pub(super) imported_at: Option<OffsetDateTime>,
}

impl Moment {
    fn of_issue(now: OffsetDateTime) -> Self {
        Self {
            issued_at: now,
            imported_at: None,
        }
    }
}

/// Refuses to renew what was revoked since it was looked up; a server of ours replaces its own certificate all the same.
fn check_renewable(connection: &Connection, holder: &Holder, now: OffsetDateTime) -> Result<()> {
    let Some(Superseded {
        record,
        until: Some(_),
    }) = &holder.supersedes
    else {
        return Ok(());
    };
    let revoked: bool = connection
        .prepare_cached(
            // What was revoked since `now`, while the key was made, lies ahead of it; so does the planned end of an overlap.
            "SELECT EXISTS (SELECT 1 FROM certificate WHERE id = ?1 AND revoked_at IS NOT NULL
                            AND (revoked_at <= ?2 OR revoked_at IS NOT superseded_at))",
        )
        .and_then(|mut statement| {
            statement.query_row(params![record.id, now.unix_timestamp()], |row| row.get(0))
        })
        .map_err(|cause| failure(&cause))?;
    match revoked {
        false => Ok(()),
        true => Err(Error::new(
            ErrorKind::NotPermitted,
            format!(
                "{} was revoked meanwhile",
                record.certificate.serial_number()
            ),
        )
        .with_hint("Issue a new certificate with pki issue-client or pki issue-server.")),
    }
}

fn check_free(
    connection: &Connection,
    holder: &Holder,
    profile: Profile,
    now: OffsetDateTime,
) -> Result<()> {
    let Holder { name, device, .. } = holder;
    // Most names are new: then there is nothing else to ask.
    if !is_known(connection, name).map_err(|cause| failure(&cause))? {
        return Ok(());
    }
    if let Some(spelled) = other_spelling(connection, name).map_err(|cause| failure(&cause))? {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!(
                "the name {name} differs from the known name {spelled} by its letters' case alone"
            ),
        )
        .with_hint(format!(
            "Write {spelled}, or choose a name that nobody can mistake for it."
        )));
    }
    if !is_taken(connection, holder, profile, now).map_err(|cause| failure(&cause))? {
        return Ok(());
    }
    let who = holder.described();
    let hint = match (profile, device) {
        (Profile::Client, None) => {
            format!(
                "Run pki renew {name}, or name the other device: pki issue-client {name} --device phone."
            )
        }
        (Profile::Client, Some(_)) => format!("Run pki renew {who}, or name another --device."),
        _ => format!("Run pki renew {who}, or give another --name."),
    };
    Err(Error::new(
        ErrorKind::AlreadyExists,
        format!("{who} has a valid {profile} certificate already"),
    )
    .with_hint(hint))
}

/// Says whether a valid certificate of the profile is there for name and device, but for those that were renewed.
pub(super) fn is_taken(
    connection: &Connection,
    holder: &Holder,
    profile: Profile,
    now: OffsetDateTime,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM certificate AS c
             WHERE c.name_folded = ?1 AND c.device_folded IS ?2 AND c.profile = ?3
               AND c.not_after >= ?4 AND (c.revoked_at IS NULL OR c.revoked_at > ?4)
               AND c.id IS NOT ?5
               AND NOT EXISTS (SELECT 1 FROM certificate AS new WHERE new.supersedes = c.id))",
        )?
        .query_row(
            params![
                holder.name.folded(),
                holder.device.as_ref().map(Device::folded),
                profile.as_str(),
                now.unix_timestamp(),
                holder.supersedes.as_ref().map(|old| old.record.id),
            ],
            |row| row.get(0),
        )
}

/// Says whether a name is known in any spelling, which one look into an index tells.
fn is_known(connection: &Connection, name: &Name) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM certificate WHERE name_folded = ?1)")?
        .query_row([name.folded()], |row| row.get(0))
}

/// The spelling under which a name is known already, where that differs by the letters' case.
pub(super) fn other_spelling(
    connection: &Connection,
    name: &Name,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(
            "SELECT name FROM certificate WHERE name_folded = ?1 AND name <> ?2 LIMIT 1",
        )?
        .query_row(params![name.folded(), name.as_str()], |row| row.get(0))
        .optional()
}

pub(super) fn insert(
    connection: &Connection,
    certificate: &Certificate,
    profile: Profile,
    holder: Option<&Holder>,
    moment: Moment,
) -> rusqlite::Result<()> {
    let validity = certificate.validity();
    let name = holder.map(|holder| &holder.name);
    let device = holder.and_then(|holder| holder.device.as_ref());
    let supersedes = holder.and_then(|holder| holder.supersedes.as_ref());
    connection
        .prepare_cached(
            "INSERT INTO certificate (der, fingerprint_sha256, issuer, serial_number, profile, name, name_folded,
                 device, device_folded, subject, not_before, not_after, issued_at, imported_at, supersedes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            certificate.der(),
            certificate.fingerprint().0,
            certificate.issuer().der(),
            certificate.serial_number().octets(),
            profile.as_str(),
            name.map(Name::as_str),
            name.map(Name::folded),
            device.map(Device::as_str),
            device.map(Device::folded),
            certificate.subject().as_str(),
            validity.not_before.unix_timestamp(),
            validity.not_after.unix_timestamp(),
            moment.issued_at.unix_timestamp(),
            moment.imported_at.map(OffsetDateTime::unix_timestamp),
            supersedes.map(|old| old.record.id),
        ])?;
    let id = connection.last_insert_rowid();
    let mut names = connection.prepare_cached(
        "INSERT INTO subject_alt_name (certificate_id, type, value) VALUES (?1, ?2, ?3)",
    )?;
    for name in &certificate.extensions().subject_alt_names {
        names.execute(params![id, name.kind(), name.value()])?;
    }
    Ok(())
}
