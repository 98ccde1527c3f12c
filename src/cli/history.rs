//! What became of a certificate, put together from the audit log: issued, held, lifted, renewed, revoked.

use serde::Serialize;
use time::OffsetDateTime;

use super::look;
use crate::error::Result;
use crate::inventory::{Entry, Inventory, ReasonCode, Record};
use crate::validity::format_instant;

/// One thing that happened to a certificate.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    /// When it was done.
    at: String,
    /// `issued`, `imported`, `held`, `lifted`, `renewed` or `revoked`.
    event: &'static str,
    /// The reason of a revocation.
    reason_code: Option<String>,
    /// From when on a revocation or hold counts, and for a renewal the end of the overlap.
    counts_from: Option<String>,
    /// By whom, where the log tells.
    actor: Option<String>,
}

/// Reads the history of a certificate, oldest first.
pub(super) fn of(record: &Record, inventory: &Inventory) -> Result<Vec<Event>> {
    let entries = inventory.history(record)?;
    let mut events = Vec::new();
    let recorded = |entry: &Entry| matches!(entry.action.as_str(), "issue" | "import");
    if !entries.iter().any(recorded) {
        // It is older than the log.
        events.push(Event {
            at: format_instant(record.issued_at),
            event: "issued",
            reason_code: None,
            counts_from: None,
            actor: None,
        });
    }
    let mut superseded_at: Option<String> = None;
    for entry in entries {
        let text = |key: &str| {
            let value = entry.detail.get(key).and_then(|value| value.as_str());
            value.map(ToOwned::to_owned)
        };
        let (reason_code, ends) = (text("reason_code"), text("superseded_at"));
        let renewed = ends.is_some() && ends != superseded_at;
        let held = reason_code.as_deref() == Some(ReasonCode::CertificateHold.as_str());
        let (event, counts_from) = match entry.action.as_str() {
            "issue" => ("issued", None),
            "import" => ("imported", None),
            "unrevoke" => ("lifted", None),
            _ if renewed => ("renewed", ends.clone()),
            _ if held => ("held", text("revoked_at")),
            _ => ("revoked", text("revoked_at")),
        };
        superseded_at = ends;
        events.push(Event {
            at: format_instant(entry.at),
            event,
            reason_code: reason_code.filter(|_| event == "revoked"),
            counts_from,
            actor: Some(entry.actor),
        });
    }
    Ok(events)
}

impl Event {
    /// The event in a line.
    pub(super) fn line(&self, now: OffsetDateTime) -> String {
        let at = match crate::validity::parse_instant(&self.at) {
            Ok(at) => look::instant(at, now),
            Err(_) => self.at.clone(),
        };
        let mut line = format!("{at}: {}", self.event);
        if let Some(reason) = &self.reason_code {
            line.push_str(&format!(" ({reason})"));
        }
        match &self.counts_from {
            Some(end) if self.event == "renewed" => line.push_str(&format!(", ends on {end}")),
            Some(from) if *from != self.at => line.push_str(&format!(", counting from {from}")),
            _ => {}
        }
        if let Some(actor) = &self.actor {
            line.push_str(&format!(", by {actor}"));
        }
        line
    }
}
