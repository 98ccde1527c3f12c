//! How certificates look: how long from now in words, and a colour for what is left, which never says more than the words.

use anstyle::{AnsiColor, Style};
use time::OffsetDateTime;

use crate::inventory::{Record, Status};
use crate::validity::format_instant;

/// Less than this part of a certificate's life is little: then `pki needs-renewal` says yes.
const LITTLE: i32 = 3;

/// An instant with how far it is from now: `2027-03-01T11:59:59Z, in 11 months`.
pub(super) fn instant(instant: OffsetDateTime, now: OffsetDateTime) -> String {
    format!("{}, {}", format_instant(instant), from_now(instant, now))
}

/// The day of an instant with how far it is from now: `2027-03-01, in 11 months`.
pub(super) fn day(instant: OffsetDateTime, now: OffsetDateTime) -> String {
    let whole = format_instant(instant);
    let day = whole.split('T').next().unwrap_or_default();
    format!("{day}, {}", from_now(instant, now))
}

/// How far an instant is from now, in the largest unit of which there are at least two: `in 11 months`, `3 days ago`.
pub(super) fn from_now(instant: OffsetDateTime, now: OffsetDateTime) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    /// A twelfth of a year of 365.2425 days, in seconds.
    const MONTH: i64 = 2_629_746;
    const UNITS: [(i64, &str); 5] = [
        (12 * MONTH, "years"),
        (MONTH, "months"),
        (DAY, "days"),
        (HOUR, "hours"),
        (MINUTE, "minutes"),
    ];
    let distance = (instant - now).whole_seconds();
    let far = distance.abs();
    let unit = UNITS.iter().find(|(seconds, _)| far >= 2 * seconds);
    let words = match unit {
        Some((seconds, unit)) => format!("{} {unit}", far / seconds),
        None if far >= MINUTE => "a minute".to_owned(),
        None => return "now".to_owned(),
    };
    match distance > 0 {
        true => format!("in {words}"),
        false => format!("{words} ago"),
    }
}

/// Until when a certificate counts: its end, or the revocation that comes before it.
pub(super) fn until(record: &Record) -> OffsetDateTime {
    let end = record.certificate.validity().not_after;
    let revoked = record.revocation.map(|revocation| revocation.at);
    revoked.map_or(end, |revoked| revoked.min(end))
}

/// Green with enough of its life left, yellow with little, red when nothing is.
pub(super) fn style(record: &Record, now: OffsetDateTime) -> Style {
    let validity = record.certificate.validity();
    let life = validity.not_after - validity.not_before;
    let color = match record.status(now) {
        Status::Valid if until(record) - now < life / LITTLE => AnsiColor::Yellow,
        Status::Valid => AnsiColor::Green,
        Status::NotYetValid => AnsiColor::Cyan,
        Status::Expired | Status::Revoked => AnsiColor::Red,
    };
    color.on_default()
}

/// Green where a check held, red where it did not.
pub(super) fn of_check(ok: Option<bool>) -> Style {
    match ok {
        Some(true) => AnsiColor::Green.on_default(),
        Some(false) => AnsiColor::Red.on_default().bold(),
        None => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::inventory::ReasonCode;
    use crate::testing::{NOW, TestAuthority};

    #[test]
    fn how_far_is_told_in_the_largest_unit_of_which_there_are_two() {
        let seconds = [
            (0, "now"),
            (59, "now"),
            (60, "in a minute"),
            (125, "in 2 minutes"),
            (7_199, "in 119 minutes"),
            (7_200, "in 2 hours"),
            (47 * 3_600, "in 47 hours"),
            (48 * 3_600, "in 2 days"),
            (60 * 86_400, "in 60 days"),
            (61 * 86_400, "in 2 months"),
            (364 * 86_400, "in 11 months"),
            (731 * 86_400, "in 2 years"),
            (-3 * 86_400, "3 days ago"),
            (-90, "a minute ago"),
        ];
        for (seconds, words) in seconds {
            let then = NOW + time::Duration::seconds(seconds);
            assert_eq!(from_now(then, NOW), words, "{seconds}");
        }
        let extremes = (time::PrimitiveDateTime::MIN, time::PrimitiveDateTime::MAX);
        let far = from_now(extremes.1.assume_utc(), extremes.0.assume_utc());
        assert!(far.ends_with("years"), "{far}");
    }

    #[test]
    fn the_colour_follows_what_is_left() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?;
        let color = |record: &Record, days| {
            let style = style(record, NOW + time::Duration::days(days));
            style.get_fg_color()
        };
        for (days, wanted) in [
            (-1, AnsiColor::Cyan),
            (0, AnsiColor::Green),
            (300, AnsiColor::Yellow),
            (400, AnsiColor::Red),
        ] {
            assert_eq!(color(&alice, days), Some(wanted.into()), "{days}");
        }
        let soon = NOW + time::Duration::days(7);
        authority
            .inventory
            .revoke(&[alice], ReasonCode::Superseded, soon)?;
        let alice =
            authority
                .inventory
                .valid_of_name(&crate::name::Name::parse("alice")?, None, NOW)?;
        for record in &alice {
            assert_eq!(until(record), soon);
            assert_eq!(color(record, 0), Some(AnsiColor::Yellow.into()));
        }
        assert_eq!(alice.len(), 1);
        Ok(())
    }
}
