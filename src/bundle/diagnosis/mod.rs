//! Says of any bundle who imports it, why somebody does not, and what mends that.
//!
//! [`diagnose`] opens a file and draws its [`Features`]. What an importer makes of them is a function of these and its row in
//! [`IMPORTERS`](super::platform::IMPORTERS) alone; a [`Judgement`] puts together what the importers of a platform make of them.

mod algorithms;
mod completion;
mod features;
mod judgement;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use time::OffsetDateTime;

use super::identity::sort;
use super::platform::{Answer, Importer};
use super::{Anatomy, Contents, Matter, PasswordForm, Platform, iterations};
use crate::error::Result;
use crate::secret::Secret;

pub use algorithms::{Authentication, Encryption};
pub use features::{Features, IdentityTraits, PasswordTraits};
pub use judgement::{Judgement, Mend, Reason};

/// What a bundle holds, and what decides who imports it.
#[derive(Debug)]
pub struct Diagnosis {
    /// What it is like.
    pub features: Features,
    /// What it holds.
    pub contents: Contents,
}

/// Something that an importer does not put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub matter: Matter,
    /// Whether the importer refuses the bundle for it, or imports it and it is of no use then.
    pub prevents: bool,
}

/// Opens a bundle, DER or BER, whoever wrote it, and says what it is like at `now`.
///
/// # Errors
/// As [`open`](super::open), save that a key without a certificate is a finding.
pub fn diagnose(file: &[u8], password: &Secret, now: OffsetDateTime) -> Result<Diagnosis> {
    let anatomy = Anatomy::read(file)?;
    let unlocked = anatomy.unlock(password)?;
    let contents = sort(&unlocked)?;
    let features = Features::of(&anatomy, &unlocked, &contents, password, now);
    Ok(Diagnosis { features, contents })
}

impl Features {
    /// What an importer does not put up with; empty where it imports the bundle and can use it, as far as is known.
    pub fn on(&self, importer: &Importer) -> Vec<Finding> {
        let mut matters = self.matters();
        let most = importer.most_iterations();
        if most.is_some_and(|most| self.iterations > most) {
            matters.push(Matter::Iterations);
        }
        let findings = matters.into_iter().filter_map(|matter| {
            let prevents = match importer.answer(matter) {
                _ if matter == Matter::Iterations => true,
                Answer::Refuses => true,
                Answer::Hides => false,
                Answer::Takes | Answer::Unknown => return None,
            };
            Some(Finding { matter, prevents })
        });
        findings.collect()
    }

    /// What the bundle has of which nobody looked whether the importer puts up with it.
    pub fn unknown_to(&self, importer: &Importer) -> Vec<Matter> {
        let mut matters = self.matters();
        matters.retain(|matter| importer.answer(*matter) == Answer::Unknown);
        matters
    }
}

impl Diagnosis {
    /// What an importer does not put up with; empty where it imports the bundle and can use it, as far as is known.
    pub fn on(&self, importer: &Importer) -> Vec<Finding> {
        self.features.on(importer)
    }

    /// What the importers of a platform make of the bundle.
    pub fn judge(&self, platform: Platform) -> Judgement {
        Judgement::of(&self.features, platform)
    }

    /// What they would make of it once it is written again in the platform's form, under this password.
    pub fn judge_rewritten(&self, platform: Platform, password: &Secret) -> Judgement {
        let traits = PasswordTraits::of(password, PasswordForm::Standard);
        let features = &self.features;
        let rewritten = features.rewritten(platform.form(), iterations(password), traits);
        Judgement::of(&rewritten, platform)
    }

    /// Leaves the identity with this certificate (DER) alone, as if nothing else were in the bundle; says whether it is there.
    pub fn keep(&mut self, certificate: &[u8]) -> bool {
        let mut identities = self.contents.identities.iter();
        let Some(position) = identities.position(|it| it.certificate == certificate) else {
            return false;
        };
        let identity = self.contents.identities.swap_remove(position);
        let traits = self.features.identities.swap_remove(position);
        self.contents = Contents {
            identities: vec![identity],
            ..Contents::default()
        };
        self.features.identities = vec![traits];
        self.features.lone_keys = 0;
        true
    }
}
