//! What was presented and what was decided, ready to be told.

use std::sync::Arc;

use time::OffsetDateTime;

use super::Knowledge;
use crate::certificate::{Certificate, Fingerprint};
use crate::error::Result;
use crate::inventory::{Record, Summary};
use crate::judge::{MAX_CHAIN, Verdict, Verified, judge};

/// A login judged at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What was decided.
    pub verdict: Verdict,
    /// What the client presented, its own certificate first; nothing stands for what cannot be read.
    pub chain: Vec<Option<Summary>>,
}

impl Judgement {
    /// Judges what a client presented by what is known now.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read; then nobody is let in.
    pub fn of<D: AsRef<[u8]>>(
        presented: &[D],
        knowledge: &dyn Knowledge,
        now: OffsetDateTime,
    ) -> Result<Self> {
        let (verdict, record) = decide_by_row(presented, knowledge, now)?;
        let mut chain = Vec::new();
        for (position, der) in presented.iter().take(MAX_CHAIN).enumerate() {
            if let (0, Some(record)) = (position, &record) {
                chain.push(Some(Summary::of_record(record, now)));
                continue;
            }
            let Ok(certificate) = Certificate::from_der(der.as_ref()) else {
                chain.push(None);
                continue;
            };
            let known = match position {
                0 => None,
                _ => knowledge.record(&certificate.fingerprint())?,
            };
            chain.push(Some(match known {
                Some(record) => Summary::of_record(&record, now),
                None => Summary::of_unknown(&certificate, now),
            }));
        }
        Ok(Self { verdict, chain })
    }

    /// The client's own certificate, where it presented a readable one.
    pub fn certificate(&self) -> Option<&Summary> {
        self.chain.first()?.as_ref()
    }

    /// What is the matter, in one sentence.
    pub fn message(&self) -> &'static str {
        match self.verdict {
            Verdict::Accepted => {
                "The certificate was issued here, is not revoked and is valid now."
            }
            Verdict::NoCertificate => "No client certificate was presented.",
            Verdict::Refused(reason) => reason.message(),
        }
    }

    /// What to do next, in one sentence; nothing, when everything is well.
    pub fn hint(&self) -> Option<&'static str> {
        match self.verdict {
            Verdict::Accepted => None,
            Verdict::NoCertificate => Some(
                "Import the bundle that you were given, log in as someone else where the page offers that, and choose the certificate when the browser asks.",
            ),
            Verdict::Refused(reason) => Some(reason.hint()),
        }
    }
}

/// What was decided at one moment, and about whom; as much as whoever needs no page wants to know.
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    /// The certificate, where the inventory knows it.
    pub(super) verified: Option<Arc<Verified>>,
}

/// Decides about what was presented.
///
/// # Errors
/// Fails when the inventory cannot be read; then nobody is let in.
pub(super) fn decide<D: AsRef<[u8]>>(
    presented: &[D],
    knowledge: &dyn Knowledge,
    now: OffsetDateTime,
) -> Result<Decision> {
    let Some(first) = presented.first() else {
        return Ok(Decision::without_certificate());
    };
    if let Some(known) = decide_known(&Fingerprint::of(first.as_ref()), knowledge, now)? {
        return Ok(known);
    }
    let (verdict, _) = decide_anew(presented, knowledge, now)?;
    Ok(Decision {
        verdict,
        verified: None,
    })
}

/// The same about the certificate with this fingerprint where the inventory knows it, which takes little.
pub(super) fn decide_known(
    presented: &Fingerprint,
    knowledge: &dyn Knowledge,
    now: OffsetDateTime,
) -> Result<Option<Decision>> {
    let verified = knowledge.verified(presented)?;
    Ok(verified.map(|verified| Decision::of(verified, now)))
}

/// The same about the certificate with this fingerprint where it can be told at once, on a thread that must not wait.
pub(super) fn decide_at_hand(
    presented: Option<&Fingerprint>,
    knowledge: &dyn Knowledge,
    now: OffsetDateTime,
) -> Option<Decision> {
    let Some(presented) = presented else {
        return Some(Decision::without_certificate());
    };
    let verified = knowledge.verified_at_hand(presented)?;
    Some(Decision::of(verified, now))
}

/// Decides by the row as it stands in the inventory now, and gives it, for those who tell more of it. Who signed the certificate is not
/// verified again where that was done lately.
fn decide_by_row<D: AsRef<[u8]>>(
    presented: &[D],
    knowledge: &dyn Knowledge,
    now: OffsetDateTime,
) -> Result<(Verdict, Option<Record>)> {
    if let Some(first) = presented.first() {
        let fingerprint = Fingerprint::of(first.as_ref());
        if let Some(verified) = knowledge.verified(&fingerprint)?
            && let Some(record) = knowledge.record(&fingerprint)?
        {
            return Ok((verified.judge_by(&record, now), Some(record)));
        }
    }
    decide_anew(presented, knowledge, now)
}

/// Decides by what stands in the inventory itself, and gives the row.
fn decide_anew<D: AsRef<[u8]>>(
    presented: &[D],
    knowledge: &dyn Knowledge,
    now: OffsetDateTime,
) -> Result<(Verdict, Option<Record>)> {
    let Some(first) = presented.first() else {
        return Ok((Verdict::NoCertificate, None));
    };
    let record = knowledge.record(&Fingerprint::of(first.as_ref()))?;
    let authorities = knowledge.authorities()?;
    let verdict = judge(presented, &authorities, record.as_ref(), now);
    Ok((verdict, record))
}

impl Decision {
    fn without_certificate() -> Self {
        Self {
            verdict: Verdict::NoCertificate,
            verified: None,
        }
    }

    fn of(verified: Arc<Verified>, now: OffsetDateTime) -> Self {
        Self {
            verdict: verified.judge(now),
            verified: Some(verified),
        }
    }
}
