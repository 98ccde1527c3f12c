//! What becomes of a bundle and its root in one database, and how that is told.

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::report::Exit;
use super::super::{handover, table};
use crate::bundle::Identity;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::one_line;
use crate::trust::nss::{Browser, Bundled, Database, Programs, Rooted};

/// What became of one part in one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Installed,
    AlreadyThere,
    LeftOut,
    Failed,
}

/// What became of one database.
pub(super) struct Outcome {
    database: Database,
    created: bool,
    bundle: State,
    root: State,
    /// The name under which the browser shows the certificate.
    nickname: Option<String>,
    /// Whether other certificates with a key have the same name there.
    has_namesake: bool,
    error: Option<Error>,
}

impl Outcome {
    /// Does all that can be done in one database.
    pub(super) fn of(
        database: Database,
        programs: &Programs,
        identity: &Identity,
        root: Option<&Certificate>,
    ) -> Self {
        let mut outcome = Self {
            database,
            created: false,
            bundle: State::Failed,
            root: root.map_or(State::LeftOut, |_| State::Failed),
            nickname: None,
            has_namesake: false,
            error: None,
        };
        outcome.error = match outcome.prepare(programs) {
            Err(cause) => Some(cause),
            Ok(()) => {
                // Neither waits for the other: a login works past the browser's warning, too.
                let rooted = root.map_or(Ok(()), |root| outcome.trust(programs, root));
                let bundled = outcome.install(programs, identity);
                rooted.and(bundled).err()
            }
        };
        outcome
    }

    fn prepare(&mut self, programs: &Programs) -> Result<()> {
        let database = &mut self.database;
        if database.in_use() {
            let browser = database
                .browser
                .map_or("Firefox".to_owned(), |browser| browser.to_string());
            return Err(Error::new(
                ErrorKind::File,
                format!("{browser} is using {}", database.directory.display()),
            )
            .with_hint(format!("Close {browser} and run the command again.")));
        }
        if !database.exists {
            database.create(programs)?;
            self.created = true;
        }
        database.unlock(programs)
    }

    fn trust(&mut self, programs: &Programs, root: &Certificate) -> Result<()> {
        self.root = match self.database.trust_root(programs, root)? {
            Rooted::Installed => State::Installed,
            Rooted::AlreadyThere => State::AlreadyThere,
        };
        Ok(())
    }

    fn install(&mut self, programs: &Programs, identity: &Identity) -> Result<()> {
        let nickname = match self.database.install(programs, identity)? {
            Bundled::Installed(nickname) => {
                self.bundle = State::Installed;
                nickname
            }
            Bundled::AlreadyThere(nickname) => {
                self.bundle = State::AlreadyThere;
                nickname
            }
        };
        let entries = self.database.certificates(programs)?;
        self.has_namesake = entries.iter().any(|entry| {
            entry.nickname == nickname && entry.has_key() && entry.der != identity.certificate
        });
        self.nickname = Some(nickname);
        Ok(())
    }

    pub(super) fn document(&self) -> Value {
        let error = self.error.as_ref().map(|error| {
            json!({
                "kind": error.kind().as_str(),
                "message": error.message(),
                "hint": error.hint(),
            })
        });
        json!({
            "browser": self.database.browser.map(|browser| browser.as_str()),
            "package": self.database.package.map(str::to_lowercase),
            "path": handover::path(&self.database.directory),
            "created": self.created,
            "bundle": self.bundle.as_str(),
            "root": self.root.as_str(),
            "nickname": self.nickname,
            "error": error,
        })
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::AlreadyThere => "already there",
            Self::LeftOut => "left out",
            Self::Failed => "failed",
        }
    }
}

/// The databases as a table.
pub(super) fn text(outcomes: &[Outcome]) -> String {
    let heading = ["BROWSER", "BUNDLE", "ROOT", "DATABASE"].map(str::to_owned);
    let rows = outcomes.iter().map(|outcome| {
        [
            outcome.database.owner(),
            outcome.bundle.as_str().to_owned(),
            outcome.root.as_str().to_owned(),
            handover::path(&outcome.database.directory),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    table::columns(&rows)
}

/// Says what could not be done and what comes next.
pub(super) fn conclude(context: &Context, outcomes: &[Outcome]) -> Exit {
    let errors: Vec<_> = outcomes.iter().filter_map(|it| it.error.as_ref()).collect();
    context.report.complain_of_each(&errors);
    let shown = outcomes.iter().find(|outcome| outcome.has_namesake);
    if let Some(nickname) = shown.and_then(|outcome| outcome.nickname.as_deref()) {
        context.report.say(&format!(
            "There are several certificates called {} now: the browser asks which one, and shows until when each is valid.",
            one_line(nickname)
        ));
    }
    let ready: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.nickname.is_some())
        .collect();
    if let Some(nickname) = ready.iter().find_map(|it| it.nickname.as_deref()) {
        // Where it failed somewhere, it is said where it did not.
        let browsers = match ready.len() == outcomes.len() {
            true => String::new(),
            false => format!(" in {}", owners(&ready)),
        };
        context.report.say(&format!(
            "Next: open https://localhost:8443 (pki serve){browsers} and choose {}.",
            one_line(nickname)
        ));
    }
    let is_chromium =
        |outcome: &&Outcome| !outcome.database.browser.is_some_and(Browser::is_firefox);
    if ready.iter().any(is_chromium) {
        context.report.say(
            "A Chromium that is running offers it on sites that it has not visited since it started; for the others start it \
             again.",
        );
    }
    match errors.is_empty() {
        true => Exit::Done,
        false => Exit::Refused,
    }
}

/// The browsers that read these databases, each once.
fn owners(outcomes: &[&Outcome]) -> String {
    let mut owners: Vec<_> = outcomes.iter().map(|it| it.database.owner()).collect();
    owners.dedup();
    owners.join(", ")
}
