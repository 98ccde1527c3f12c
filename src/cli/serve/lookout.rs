//! Warns of what will run out, in time and not too often.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use crate::server::Ending;
use crate::validity::format_instant;

/// Warnings begin when this part of a life is left.
const LAST_PART: i32 = 4;
/// How often a warning is repeated.
const AGAIN: Duration = Duration::DAY;

/// Remembers what was warned of.
#[derive(Default)]
pub(super) struct Lookout {
    told: HashMap<String, Told>,
}

/// The last warning of one thing; of another end of the same name nothing was told yet.
struct Told {
    ends: OffsetDateTime,
    at: OffsetDateTime,
}

impl Lookout {
    /// What a server that begins without the CA's key will not renew: what is near its end or, where nothing is, what ends first.
    ///
    /// One line, which is read at each start; of the rest there is time to warn. What ends is sorted, the earliest first.
    pub(super) fn begin_locked(
        &mut self,
        endings: &[Ending],
        now: OffsetDateTime,
    ) -> Option<String> {
        let renewed: Vec<_> = endings.iter().filter(|ending| ending.renewed).collect();
        let first = renewed.first()?;
        let (what, ends) = (&first.what, format_instant(first.ends));
        if !renewed.iter().any(|ending| is_near(ending, now)) {
            return Some(format!(
                "the CA's key is locked, and nothing is renewed: the first to end is {what}, {ends}"
            ));
        }
        let near = renewed.iter().filter(|ending| is_near(ending, now));
        let near = near.map(|ending| {
            self.tell(ending, now);
            told(ending, now)
        });
        let near = near.collect::<Vec<_>>().join(", ");
        let mend = first.mend;
        Some(format!(
            "the CA's key is locked, and nothing is renewed: {near}; {mend}"
        ))
    }

    /// What is to be warned of now: once when the last quarter of a life begins, daily from then on, once when it has ended.
    pub(super) fn warnings(&mut self, endings: &[Ending], now: OffsetDateTime) -> Vec<String> {
        let mut warnings = Vec::new();
        for ending in endings {
            // What a clock said that stood ahead of this one was not heard.
            let told = self.told.get(&ending.what).filter(|told| told.at <= now);
            let is_due = match told {
                _ if !is_near(ending, now) => false,
                Some(told) if told.ends == ending.ends => match has_ended(ending, now) {
                    true => told.at <= ending.ends,
                    false => now - told.at >= AGAIN,
                },
                _ => true,
            };
            if is_due {
                self.tell(ending, now);
                warnings.push(warning(ending, now));
            }
        }
        warnings
    }

    fn tell(&mut self, ending: &Ending, at: OffsetDateTime) {
        let ends = ending.ends;
        self.told.insert(ending.what.clone(), Told { ends, at });
    }
}

/// Says whether the last quarter of its life has begun.
fn is_near(ending: &Ending, now: OffsetDateTime) -> bool {
    ending.ends - now <= (ending.ends - ending.begins) / LAST_PART
}

fn has_ended(ending: &Ending, now: OffsetDateTime) -> bool {
    ending.ends < now
}

fn told(ending: &Ending, now: OffsetDateTime) -> String {
    let verb = match has_ended(ending, now) {
        true => "ended",
        false => "ends",
    };
    format!("{} {verb} {}", ending.what, format_instant(ending.ends))
}

fn warning(ending: &Ending, now: OffsetDateTime) -> String {
    let (told, mend) = (told(ending, now), ending.mend);
    match has_ended(ending, now) {
        true => format!("{told}: {mend}"),
        false => format!("{told}: {mend} before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const BEGINS: OffsetDateTime = datetime!(2026-03-01 0:00 UTC);

    fn crl() -> Ending {
        Ending {
            what: "the CRL".to_owned(),
            begins: BEGINS,
            ends: BEGINS + Duration::days(8),
            mend: "run pki crl",
            renewed: true,
        }
    }

    /// On which days, of ten, asked each hour at half past, something was told.
    fn days(lookout: &mut Lookout, endings: &[Ending]) -> Vec<i64> {
        let hours = (0..240).filter(|hour| {
            let now = BEGINS + Duration::hours(*hour) + Duration::minutes(30);
            !lookout.warnings(endings, now).is_empty()
        });
        hours.map(|hour| hour / 24).collect()
    }

    #[test]
    fn the_last_quarter_is_told_daily_and_the_end_once() {
        assert_eq!(days(&mut Lookout::default(), &[crl()]), [6, 7, 8]);
    }

    #[test]
    fn what_was_told_by_a_clock_that_stood_ahead_is_told_again() {
        let mut lookout = Lookout::default();
        let year = Duration::days(365);
        assert_eq!(lookout.warnings(&[crl()], BEGINS + year).len(), 1);
        assert_eq!(days(&mut lookout, &[crl()]), [6, 7, 8]);
    }

    #[test]
    fn what_was_renewed_is_told_of_no_more_until_its_own_last_quarter() {
        let mut lookout = Lookout::default();
        let late = BEGINS + Duration::days(7);
        assert_eq!(
            lookout.warnings(&[crl()], late),
            ["the CRL ends 2026-03-09T00:00:00Z: run pki crl before"]
        );
        let renewed = Ending {
            begins: late,
            ends: late + Duration::days(8),
            ..crl()
        };
        let renewed = [renewed];
        assert!(lookout.warnings(&renewed, late).is_empty());
        assert_eq!(
            lookout.warnings(&renewed, late + Duration::days(6)).len(),
            1
        );
    }

    #[test]
    fn a_locked_server_that_begins_names_in_one_line_what_is_near_its_end_or_else_the_first() {
        let certificate = Ending {
            what: "the certificate".to_owned(),
            ends: BEGINS + Duration::days(397),
            ..crl()
        };
        let endings = [crl(), certificate];
        let begin = |now| {
            let mut lookout = Lookout::default();
            (lookout.begin_locked(&endings, now), lookout)
        };
        let said = |text: &str| {
            Some(format!(
                "the CA's key is locked, and nothing is renewed: {text}"
            ))
        };
        let (told, mut lookout) = begin(BEGINS);
        assert_eq!(
            told,
            said("the first to end is the CRL, 2026-03-09T00:00:00Z")
        );
        // It is told again in time.
        assert_eq!(days(&mut lookout, &endings), [6, 7, 8]);
        let (told, mut lookout) = begin(BEGINS + Duration::days(7));
        assert_eq!(told, said("the CRL ends 2026-03-09T00:00:00Z; run pki crl"));
        assert!(
            lookout
                .warnings(&endings, BEGINS + Duration::days(7))
                .is_empty()
        );
        let (told, mut lookout) = begin(BEGINS + Duration::days(396));
        assert_eq!(
            told,
            said(
                "the CRL ended 2026-03-09T00:00:00Z, the certificate ends 2027-04-02T00:00:00Z; run pki crl"
            )
        );
        assert!(
            lookout
                .warnings(&endings, BEGINS + Duration::days(396))
                .is_empty()
        );
    }

    #[test]
    fn a_ca_that_no_key_renews_is_told_of_in_its_last_quarter_only() {
        let root = Ending {
            renewed: false,
            ..crl()
        };
        let mut lookout = Lookout::default();
        assert!(
            lookout
                .begin_locked(std::slice::from_ref(&root), BEGINS)
                .is_none()
        );
        assert_eq!(days(&mut lookout, &[root]), [6, 7, 8]);
    }
}
