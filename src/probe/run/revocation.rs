//! Certificates of the kit are revoked, the CRL says so, and the server is waited for until it knows.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::super::case::Act;
use super::super::kit::Kit;
use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::super::refresh;
use super::super::report::Spread;
use super::Probe;
use crate::authority::Authority;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{ReasonCode, Record};

/// How long it takes until the server is asked again: first, and in the long run.
const FIRST: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(1);

/// How often in a row the server must refuse what is revoked. Old processes may answer beside new ones for a moment after a reload,
/// each connection by chance; one refusal would not say that none is left.
const IN_A_ROW: usize = 3;

/// A revocation on its way to the server.
pub(super) struct Revocation {
    /// What must be refused as soon as it has come there.
    witness: Option<Presented>,
    spread: Option<Spread>,
}

impl Revocation {
    /// Revokes what is to be revoked in the middle, publishes the CRL, and runs the command that brings it to the server.
    pub(super) async fn begin(probe: &Probe<'_>, kit: &Kit) -> Result<Self> {
        let mut revoked = Vec::new();
        for made in kit.made() {
            let reason = match made.case.act {
                Act::AfterRevocation(reason) => reason,
                Act::Renegotiate
                | Act::Resume {
                    after_revocation: true,
                    ..
                } => ReasonCode::KeyCompromise,
                _ => continue,
            };
            let (Some(record), Ok(presented)) = (&made.record, &made.presented) else {
                continue;
            };
            let now = (probe.clock)();
            (probe.authority).revoke(std::slice::from_ref(record), reason, now)?;
            revoked.push(presented);
        }
        let witness = revoked.first().map(|presented| (*presented).clone());
        if witness.is_none() {
            return Ok(Self {
                witness,
                spread: None,
            });
        }
        (probe.say)("Some of the kit is revoked; the CRL is renewed.");
        let crl_number = publish(probe.authority, (probe.clock)());
        if let Some(line) = &probe.refresh {
            refresh::run(line).await?;
        }
        Ok(Self {
            witness,
            spread: Some(Spread {
                crl_number,
                refresh: probe.refresh.clone(),
                waited_seconds: 0.0,
                has_arrived: false,
            }),
        })
    }

    /// Waits until the server refuses what was revoked, or for as long as it is to be waited for.
    pub(super) async fn wait(&mut self, probe: &Probe<'_>, plain: &Presented, let_in: &LetIn) {
        let (Some(witness), Some(spread)) = (&self.witness, &mut self.spread) else {
            return;
        };
        let begin = Instant::now();
        let mut pause = FIRST;
        let mut is_told = false;
        loop {
            spread.has_arrived = in_a_row(async || {
                let attempt = probe.place.visit(Some(witness), None, let_in).await;
                // A server that is being begun anew refuses everybody for a moment.
                attempt.told.is_refused() && lets_in(probe, plain, let_in).await
            })
            .await;
            spread.waited_seconds = rounded(begin.elapsed());
            if spread.has_arrived || begin.elapsed() >= probe.wait {
                return;
            }
            if !is_told && begin.elapsed() >= LATER {
                let most = probe.wait.as_secs();
                (probe.say)(&format!(
                    "Waiting for the revocation to reach the server, for {most} seconds at the most."
                ));
                is_told = true;
            }
            tokio::time::sleep(pause.min(probe.wait.saturating_sub(begin.elapsed()))).await;
            pause = (pause * 2).min(LATER);
        }
    }

    /// Leaves untold how it spread, where that tells nothing.
    pub(super) fn forget(&mut self) {
        self.spread = None;
    }

    pub(super) fn spread(&self) -> Option<Spread> {
        self.spread.clone()
    }

    /// What was waited for, and how long.
    pub(super) fn sentence(&self) -> Option<String> {
        let spread = self.spread.as_ref()?;
        let crl = match spread.crl_number {
            Some(number) => format!("CRL number {number} was written"),
            None => "the revocation was recorded".to_owned(),
        };
        let refreshed = match spread.refresh {
            Some(_) => " and the refresh command had ended",
            None => "",
        };
        let seconds = spread.waited_seconds;
        Some(match spread.has_arrived {
            true => {
                format!("The server refused what is revoked {seconds:.1} s after {crl}{refreshed}.")
            }
            false => {
                let unaided = match spread.refresh {
                    Some(_) => "",
                    None => "; nothing was told to bring it there (--refresh COMMAND)",
                };
                format!(
                    "The server still let in what is revoked {seconds:.1} s after {crl}{refreshed}{unaided}."
                )
            }
        })
    }
}

/// Says whether it is so each time that one asks; the first time that it is not ends it.
async fn in_a_row(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    for _ in 0..IN_A_ROW {
        if !is_so().await {
            return false;
        }
    }
    true
}

/// Says whether the good certificate is let in.
async fn lets_in(probe: &Probe<'_>, plain: &Presented, let_in: &LetIn) -> bool {
    let attempt = probe.place.visit(Some(plain), None, let_in).await;
    attempt.told.is_let_in()
}

/// Publishes what is due; the number of the issuing CA's CRL, where there is a new one. That a CRL cannot be signed takes nothing back:
/// OCSP and `pki serve` know of the revocation.
fn publish(authority: &Authority, now: OffsetDateTime) -> Option<u64> {
    let upkeep = authority.keep_up(now);
    let mut crls = upkeep.crls.iter();
    let ours = crls.find(|crl| crl.issuer.der() == authority.issuing().der());
    ours.map(|crl| crl.record.crl_number)
}

/// Revokes what is not revoked for good, and publishes the CRL.
pub(super) fn revoke_rest(
    authority: &Authority,
    issued: &[Record],
    now: OffsetDateTime,
) -> Result<()> {
    let mut rest = Vec::new();
    for record in issued {
        let fingerprint = record.certificate.fingerprint();
        let current = authority.inventory().find_by_fingerprint(&fingerprint)?;
        let current = current.ok_or_else(lost)?;
        let is_over = (current.revocation)
            .is_some_and(|revocation| revocation.reason != ReasonCode::CertificateHold);
        if !is_over {
            rest.push(current);
        }
    }
    if rest.is_empty() {
        return Ok(());
    }
    authority.revoke(&rest, ReasonCode::CessationOfOperation, now)?;
    publish(authority, now);
    Ok(())
}

pub(super) fn lost() -> Error {
    Error::new(
        ErrorKind::Internal,
        "a certificate of the kit is not where it was put",
    )
}

/// To a tenth of a second: more would look as if it were exact.
fn rounded(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether these answers, one after the other, are taken for an arrival, and how many of them were asked for.
    async fn arrived(answers: &[bool]) -> (bool, usize) {
        let mut left = answers.iter();
        let arrived = in_a_row(async || left.next() == Some(&true)).await;
        (arrived, answers.len() - left.len())
    }

    #[tokio::test]
    async fn a_revocation_has_arrived_when_nobody_lets_it_in_several_times_in_a_row() {
        assert_eq!(arrived(&[true; 5]).await, (true, IN_A_ROW));
    }

    #[tokio::test]
    async fn one_refusal_among_processes_that_alternate_is_no_arrival() {
        assert_eq!(arrived(&[false, true, true, true]).await, (false, 1));
        assert_eq!(arrived(&[true, false, true, false]).await, (false, 2));
        assert_eq!(arrived(&[true, true, false, true]).await, (false, 3));
    }
}
