//! What follows a revocation: the new CRL, at once where the CA's key is at hand.

use serde_json::{Value, json};

use super::context::Context;
use super::report::Report;
use crate::authority::PublishedCrl;
use crate::error::{Error, Result};
use crate::inventory::Inventory;
use crate::validity::format_instant;

/// What became of the CRL after something was revoked or a hold was lifted.
pub(super) enum Publication {
    /// These were made.
    Done(Vec<PublishedCrl>),
    /// Nobody gave the passphrase.
    Locked,
    /// The CA could not be opened.
    Failed(Error),
}

impl Publication {
    /// Publishes what is due where the CA's key can be opened without asking anybody.
    ///
    /// What was recorded stays recorded, so this never fails.
    pub(super) fn attempt(context: &Context, inventory: &Inventory) -> Self {
        let attempt = || -> Result<Self> {
            Ok(match context.unlock_at_hand(inventory)? {
                Some(authority) => Self::Done(context.keep_up(&authority).crls),
                None => Self::Locked,
            })
        };
        attempt().unwrap_or_else(Self::Failed)
    }

    /// The CRLs that were made.
    pub(super) fn document(&self) -> Value {
        let Self::Done(published) = self else {
            return json!([]);
        };
        let documents = published.iter().map(|crl| {
            json!({
                "issuer": crl.issuer.subject().as_str(),
                "crl_number": crl.record.crl_number,
                "this_update": format_instant(crl.record.this_update),
                "next_update": format_instant(crl.record.next_update),
                "revoked_count": crl.record.revoked_count,
                "path": super::handover::path(&crl.path),
            })
        });
        documents.collect()
    }

    /// Says what was done, or what is left to do.
    pub(super) fn say(&self, report: Report) {
        match self {
            Self::Done(published) => published
                .iter()
                .for_each(|crl| report.say(&sentence(crl))),
            Self::Locked => report.say(
                "The CRL follows as soon as the CA's key is opened: run pki crl, which asks for the passphrase.",
            ),
            Self::Failed(cause) => report.warn(&format!(
                "the CRL could not be renewed: {}. Run pki crl.",
                cause.message()
            )),
        }
    }
}

/// A CRL that was made, in a sentence.
pub(super) fn sentence(crl: &PublishedCrl) -> String {
    let (record, subject) = (crl.record, crl.issuer.subject());
    format!(
        "New CRL of {subject}: number {}, {} revoked, until {}.",
        record.crl_number,
        record.revoked_count,
        format_instant(record.next_update)
    )
}
