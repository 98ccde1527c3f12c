//! The state of `ca-data`: the database, every file and every key looked at, and of each matter what is wrong and what stands.
//!
//! Nothing is mended here. Where the database is sound it is opened as every command opens it, which finishes or discards what a
//! killed command left behind and brings an older schema up to date; where it is not, it is only read, and its write-ahead log stays.

pub(super) mod agreement;
mod files;
mod parts;

use time::OffsetDateTime;

use super::CaData;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{self, Findings, Inventory, Verification};
use crate::judge::Check;
use crate::secret::Secret;

/// What an examination of `ca-data` found.
#[derive(Debug, Default)]
pub struct Examination {
    /// What was looked at, in order, each with what stands of it.
    pub checks: Vec<Check>,
    /// What is wrong, and what to do about each.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with `ca-data`.
#[derive(Debug)]
pub struct Problem {
    /// The check that found it.
    pub check: &'static str,
    /// The fact and what to do about it.
    pub error: Error,
}

/// How far an examination has come, told while it runs.
pub trait Observer {
    /// So many certificates were read.
    fn certificates(&mut self, behind: u64);
    /// So many entries of the audit log were read.
    fn entries(&mut self, behind: u64);
}

/// What one look found.
struct Seen {
    /// What is in order, in a few words.
    stands: String,
    wrong: Vec<Error>,
    /// How many more are wrong than are told.
    untold: u64,
}

/// What is said where the database is beyond what a command can mend.
const DAMAGED: &str = "Put back the newest backup with pki restore, or recover what can be read as docs/recovery.md says; what was handed out stays good.";

impl Examination {
    /// Looks at everything; `passphrase` opens the CA's keys where it is at hand.
    ///
    /// # Errors
    /// Refuses a directory in which nothing of a CA lies. Whatever is wrong with a CA is found, not an error.
    pub fn of(
        data: &CaData,
        passphrase: Option<&Secret>,
        now: OffsetDateTime,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let is_nothing = !data.inventory().exists() && !data.issuers().exists();
        if is_nothing {
            // Says so, or finishes what a killed `init` began.
            data.open_whoever_may_change_it()?;
        }
        let mut examination = Self::default();
        examination.take("files", files::examine(data));
        match examination.database(data, observer) {
            Some(inventory) => examination.parts(data, &inventory, passphrase, now, observer),
            None => parts::NAMES
                .into_iter()
                .for_each(|name| examination.take_unmade(name)),
        }
        Ok(examination)
    }

    /// Says whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// The database as it lies there; opened, where that can be done.
    fn database(&mut self, data: &CaData, observer: &mut dyn Observer) -> Option<Inventory> {
        let of_the_file = inventory::examine(&data.inventory(), &mut |behind| {
            observer.certificates(behind);
        });
        let found = match of_the_file {
            Ok(found) => found,
            Err(cause) => {
                self.take("database", Seen::broken(cause));
                self.take_unmade("certificates");
                return None;
            }
        };
        let is_whole = found.database.count == 0;
        let sound = match is_whole {
            true => "undamaged, with our tables and no others",
            false => "by SQLite's own check",
        };
        let of_the_file = Seen::of(&found.database, sound.to_owned(), |message| {
            Error::new(
                ErrorKind::Inventory,
                format!("the inventory {}", of_damage(message)),
            )
            .with_hint(DAMAGED)
        });
        self.take("database", of_the_file);
        let whole = found.whole;
        let stands = format!("{whole} of {} are whole", whole + found.certificates.count);
        let of_the_rows = Seen::of(&found.certificates, stands, |message| {
            Error::new(ErrorKind::Inventory, message).with_hint(DAMAGED)
        });
        self.take("certificates", of_the_rows);
        if !is_whole {
            return None;
        }
        match data.open_whoever_may_change_it() {
            Ok(inventory) => Some(inventory),
            Err(cause) => {
                self.take("database", Seen::broken(cause));
                None
            }
        }
    }

    fn parts(
        &mut self,
        data: &CaData,
        inventory: &Inventory,
        passphrase: Option<&Secret>,
        now: OffsetDateTime,
        observer: &mut dyn Observer,
    ) {
        let log = inventory.verify_audit_while(&mut |behind| observer.entries(behind));
        let looked = [
            log.map(|log| of_the_log(&log)),
            parts::authorities(data, inventory, passphrase, now),
            parts::crls(data, inventory, now),
            parts::services(data, inventory),
            parts::servers(data, inventory),
            parts::bundles(data, inventory),
            Ok(parts::unfinished(data)),
        ];
        for (name, seen) in parts::NAMES.into_iter().zip(looked) {
            self.take(name, seen.unwrap_or_else(Seen::broken));
        }
    }

    /// Takes in what one look found.
    fn take(&mut self, check: &'static str, seen: Seen) {
        let count = seen.wrong.len() as u64 + seen.untold;
        let wrong = match count {
            0 => None,
            1 => Some("1 thing is wrong".to_owned()),
            count => Some(format!("{count} things are wrong")),
        };
        let words = wrong
            .into_iter()
            .chain((!seen.stands.is_empty()).then_some(seen.stands));
        self.checks.push(Check {
            name: check,
            ok: Some(count == 0),
            detail: words.collect::<Vec<_>>().join("; "),
        });
        let problem = |error| Problem { check, error };
        self.problems.extend(seen.wrong.into_iter().map(problem));
        if seen.untold > 0 {
            let error = Error::new(
                ErrorKind::Inventory,
                format!("{} more are wrong", seen.untold),
            );
            self.problems.push(problem(error.with_hint(DAMAGED)));
        }
    }

    fn take_unmade(&mut self, name: &'static str) {
        self.checks.push(Check {
            name,
            ok: None,
            detail: "not looked at: the database cannot be used".to_owned(),
        });
    }
}

impl Seen {
    /// A look that failed as a whole.
    fn broken(cause: Error) -> Self {
        Self::all("", vec![cause])
    }

    fn all(stands: impl Into<String>, wrong: Vec<Error>) -> Self {
        Self {
            stands: stands.into(),
            wrong,
            untold: 0,
        }
    }

    fn of(findings: &Findings, stands: String, error: impl Fn(&str) -> Error) -> Self {
        let told = findings.told.iter();
        Self {
            stands,
            wrong: told.map(|finding| error(&finding.message)).collect(),
            untold: findings.count - findings.told.len() as u64,
        }
    }
}

/// SQLite has a line for each damaged page: the first few tell enough.
fn of_damage(message: &str) -> String {
    let lines: Vec<_> = message.lines().map(str::trim).collect();
    let more = match lines.len().saturating_sub(3) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let first: Vec<_> = lines.into_iter().take(3).collect();
    first.join("; ") + &more
}

fn of_the_log(log: &Verification) -> Seen {
    let kinds = [&log.chain, &log.certificates, &log.revocations];
    let told = kinds.iter().flat_map(|findings| &findings.told);
    let wrong: Vec<_> = told
        .map(|finding| {
            Error::new(ErrorKind::Inventory, finding.message.clone()).with_hint(
                "Find out who changed the inventory by hand: pki audit --verify tells more, and a backup has the state before.",
            )
        })
        .collect();
    Seen {
        stands: format!("{} entries", log.entries),
        untold: log.count() - wrong.len() as u64,
        wrong,
    }
}
