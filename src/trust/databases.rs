//! The NSS databases of Chromium and Firefox as trust stores.

use rustix::fs::{Access, access};

use super::nss::{self, Database, Programs, root_nickname};
use super::{Kind, Standing, Store, Surroundings};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// The databases that are there, and those that a browser which is there would make.
pub(super) fn stores(surroundings: &Surroundings) -> Vec<Box<dyn Store + '_>> {
    let databases = nss::databases(&surroundings.browsers).into_iter();
    databases
        .map(|database| {
            Box::new(OfBrowser {
                surroundings,
                database,
            }) as Box<dyn Store>
        })
        .collect()
}

/// The database of one browser, or of one of its profiles.
struct OfBrowser<'a> {
    surroundings: &'a Surroundings,
    database: Database,
}

impl OfBrowser<'_> {
    fn programs(&self) -> Result<Programs> {
        let password = self.surroundings.nss_password.as_ref();
        Programs::find(
            &self.surroundings.path,
            &self.surroundings.temporary,
            password,
        )
    }

    /// A running Firefox writes to its profile itself; nobody else does meanwhile.
    fn check_unused(&self) -> Result<()> {
        if !self.database.in_use() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotPermitted,
            format!("{} is running with {}", self.database.owner(), self.place()),
        )
        .with_hint("Close it and run the command again."))
    }
}

impl Store for OfBrowser<'_> {
    fn kind(&self) -> Kind {
        Kind::Nss
    }

    fn place(&self) -> String {
        self.database.directory.display().to_string()
    }

    fn standing(&self, root: &Certificate) -> Result<Standing> {
        // What leads elsewhere from another user's home, as profiles.ini may, is not followed either.
        self.surroundings.browsers.check_owner()?;
        if !self.database.directory.join("cert9.db").exists() {
            return Ok(Standing::Absent);
        }
        let database = Database::named(self.database.directory.clone());
        let Some(entry) = database.root(&self.programs()?, root)? else {
            return Ok(Standing::Absent);
        };
        // The root that came with a bundle is not trusted; once it is, its nickname begins with ours.
        let ours = entry.nickname.starts_with(&root_nickname(root));
        Ok(match (ours, entry.is_trusted()) {
            (_, false) if entry.is_marked() => Standing::Marked(entry.trust),
            (true, true) => Standing::Installed,
            (true, false) => Standing::Unfinished,
            (false, true) => Standing::Foreign(entry.nickname),
            (false, false) => Standing::Absent,
        })
    }

    fn is_writable(&self) -> bool {
        let directory = &self.database.directory;
        !directory.exists() || access(directory, Access::WRITE_OK).is_ok()
    }

    fn put_in(&self, root: &Certificate) -> Result<()> {
        self.check_unused()?;
        let programs = self.programs()?;
        let mut database = self.database.clone();
        if !database.exists {
            database.create(&programs)?;
        }
        database.trust_root(&programs, root).map(|_| ())
    }

    fn take_out(&self, root: &Certificate) -> Result<()> {
        self.check_unused()?;
        self.database
            .untrust_root(&self.programs()?, root)
            .map(|_| ())
    }
}
