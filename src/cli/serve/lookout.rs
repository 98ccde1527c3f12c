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
    /// What a server that begins without the CA's key will not be able to renew, and until when each lasts.
    pub(super) fn begin_locked(&mut self, endings: &[Ending], now: OffsetDateTime) -> Vec<String> {
        let renewed = endings.iter().filter(|ending| ending.renewed);
        let warnings = renewed.map(|ending| {
            self.tell(ending, now);
            let (what, ends) = (&ending.what, format_instant(ending.ends));
            match ending.ends < now {
                true => {
                    format!("the CA's key is locked: {what} ended {ends} and will not be renewed")
                }
                false => format!(
                    "the CA's key is locked: {what}, valid until {ends}, will not be renewed"
                ),
            }
        });
        warnings.collect()
    }

    /// What is to be warned of now: once when the last quarter of a life begins, daily from then on, once when it has ended.
    pub(super) fn warnings(&mut self, endings: &[Ending], now: OffsetDateTime) -> Vec<String> {
        let mut warnings = Vec::new();
        for ending in endings {
            let life = ending.ends - ending.begins;
            let has_ended = ending.ends < now;
            let is_due = match self.told.get(&ending.what) {
                _ if ending.ends - now > life / LAST_PART => false,
                Some(told) if told.ends == ending.ends => match has_ended {
                    true => told.at <= ending.ends,
                    false => was_early(told, life) || now - told.at >= AGAIN,
                },
                _ => true,
            };
            if is_due {
                self.tell(ending, now);
                warnings.push(warning(ending, has_ended));
            }
        }
        warnings
    }

    fn tell(&mut self, ending: &Ending, at: OffsetDateTime) {
        let ends = ending.ends;
        self.told.insert(ending.what.clone(), Told { ends, at });
    }
}

/// Says whether it was told before the last quarter, when the server began.
fn was_early(told: &Told, life: Duration) -> bool {
    told.ends - told.at > life / LAST_PART
}

fn warning(ending: &Ending, has_ended: bool) -> String {
    let (what, ends, mend) = (&ending.what, format_instant(ending.ends), ending.mend);
    match has_ended {
        true => format!("{what} ended {ends}: {mend}"),
        false => format!("{what} ends {ends}: {mend} before"),
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
    fn a_locked_server_names_everything_at_once_and_again_in_time() {
        let mut lookout = Lookout::default();
        assert_eq!(
            lookout.begin_locked(&[crl()], BEGINS),
            [
                "the CA's key is locked: the CRL, valid until 2026-03-09T00:00:00Z, will not be renewed"
            ]
        );
        assert_eq!(days(&mut lookout, &[crl()]), [6, 7, 8]);
        let end = BEGINS + Duration::days(9);
        let mut lookout = Lookout::default();
        assert_eq!(
            lookout.begin_locked(&[crl()], end),
            ["the CA's key is locked: the CRL ended 2026-03-09T00:00:00Z and will not be renewed"]
        );
        assert!(lookout.warnings(&[crl()], end).is_empty());
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
                .is_empty()
        );
        assert_eq!(days(&mut lookout, &[root]), [6, 7, 8]);
    }
}
