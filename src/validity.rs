//! When a certificate is valid: durations by the calendar, and the two instants that stand in it.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// How far notBefore lies before the moment of issue, so that a client whose clock is slow can log in at once.
const BACKDATED: time::Duration = time::Duration::minutes(5);

/// A duration as people write it: calendar months, and a number of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    months: u32,
    hours: u32,
}

/// The two instants between which a certificate is valid, both included, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second of validity.
    pub not_before: OffsetDateTime,
    /// The last second of validity.
    pub not_after: OffsetDateTime,
}

impl Lifetime {
    /// A number of days.
    pub const fn days(days: u32) -> Self {
        Self {
            months: 0,
            hours: days * 24,
        }
    }

    /// A number of calendar years.
    pub const fn years(years: u32) -> Self {
        Self {
            months: years * 12,
            hours: 0,
        }
    }

    /// Reads `12h`, `90d`, `2w`, `6mo`, `1y` or several of them, `1y 2d`.
    ///
    /// # Errors
    /// Refuses other units, nothing at all, and what adds up to nothing or to more than a thousand years.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a duration", Quoted(text)),
            )
            .with_hint("Give one such as 12h, 90d, 2w, 6mo, 1y or \"1y 2d\".")
        };
        let (mut months, mut hours) = (0u32, 0u32);
        let mut rest = text.trim();
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = rest.split_at_checked(digits).ok_or_else(refuse)?;
            let number: u32 = number.parse().map_err(|_| refuse())?;
            let letters = after.len()
                - after
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                    .len();
            let (unit, after) = after.split_at_checked(letters).ok_or_else(refuse)?;
            let (total, scale) = match unit {
                "h" => (&mut hours, 1),
                "d" => (&mut hours, 24),
                "w" => (&mut hours, 7 * 24),
                "mo" => (&mut months, 1),
                "y" => (&mut months, 12),
                _ => return Err(refuse()),
            };
            *total = number
                .checked_mul(scale)
                .and_then(|add| total.checked_add(add))
                .ok_or_else(refuse)?;
            rest = after.trim_start();
        }
        let longest = months <= 12_000 && hours <= 8_766_000;
        if (months == 0 && hours == 0) || !longest {
            return Err(refuse());
        }
        Ok(Self { months, hours })
    }

    /// The instant this long after `start`: months by calendar, clamped to the month's end, then hours.
    ///
    /// # Errors
    /// Refuses an instant past the year 9999, which no certificate can state (RFC 5280 §4.1.2.5.2).
    pub fn after(self, start: OffsetDateTime) -> Result<OffsetDateTime> {
        self.shifted(start, 1)
            .filter(|end| end.year() <= 9999)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidInput,
                    "the validity would end after the year 9999",
                )
                .with_hint("Ask for a shorter one.")
            })
    }

    /// The instant this long before `end`, counted likewise; the beginning of 1970 where that would be earlier.
    pub fn before(self, end: OffsetDateTime) -> OffsetDateTime {
        let begin = self.shifted(end, -1);
        begin.map_or(OffsetDateTime::UNIX_EPOCH, |begin| {
            begin.max(OffsetDateTime::UNIX_EPOCH)
        })
    }

    fn shifted(self, start: OffsetDateTime, sign: i64) -> Option<OffsetDateTime> {
        let month_index = i64::from(start.year()) * 12 + i64::from(u8::from(start.month())) - 1
            + sign * i64::from(self.months);
        let year = i32::try_from(month_index.div_euclid(12)).ok()?;
        let month = u8::try_from(month_index.rem_euclid(12) + 1).ok()?;
        let month = Month::try_from(month).ok()?;
        let day = start.day().min(month.length(year));
        let date = Date::from_calendar_date(year, month, day).ok()?;
        start
            .replace_date(date)
            .checked_add(time::Duration::hours(sign * i64::from(self.hours)))
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.months / 12, "y"),
            (self.months % 12, "mo"),
            (self.hours / 24, "d"),
            (self.hours % 24, "h"),
        ];
        let mut separator = "";
        for (number, unit) in parts.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, "{separator}{number}{unit}")?;
            separator = " ";
        }
        Ok(())
    }
}

/// Where in a validity an instant is (RFC 5280 §4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeliness {
    /// It begins later.
    NotYetValid,
    /// It has begun and has not ended.
    Valid,
    /// It has ended.
    Expired,
}

impl Validity {
    /// The validity of a certificate issued `now` for `lifetime`.
    ///
    /// notBefore lies five minutes back; notAfter is the last second of the lifetime counted from `now`, because both
    /// instants belong to the validity (RFC 5280 §4.1.2.5).
    ///
    /// # Errors
    /// Refuses an end past the year 9999.
    pub fn starting(now: OffsetDateTime, lifetime: Lifetime) -> Result<Self> {
        let base = to_the_second(now);
        Ok(Self {
            not_before: base - BACKDATED,
            not_after: lifetime.after(base)? - time::Duration::SECOND,
        })
    }

    /// The validity of a certificate that renews one now and lives as long as that one was meant to.
    ///
    /// # Errors
    /// Refuses an end past the year 9999.
    pub fn renewing(self, now: OffsetDateTime) -> Result<Self> {
        let base = to_the_second(now);
        let not_before = base - BACKDATED;
        let not_after = not_before.checked_add(self.not_after - self.not_before);
        let not_after = not_after.filter(|end| end.year() <= 9999).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                "the validity would end after the year 9999",
            )
            .with_hint("Issue a new certificate with a shorter one.")
        })?;
        Ok(Self {
            not_before,
            not_after,
        })
    }

    /// The same validity, cut so that it does not reach beyond `outer`, and whether that shortened its end.
    #[must_use]
    pub fn within(self, outer: Self) -> (Self, bool) {
        let inner = Self {
            not_before: self.not_before.max(outer.not_before),
            not_after: self.not_after.min(outer.not_after),
        };
        (inner, inner.not_after < self.not_after)
    }

    /// Says where in it an instant is.
    pub fn timeliness(self, instant: OffsetDateTime) -> Timeliness {
        if instant < self.not_before {
            Timeliness::NotYetValid
        } else if self.contains(instant) {
            Timeliness::Valid
        } else {
            Timeliness::Expired
        }
    }

    /// Says whether `instant` lies in the validity.
    pub fn contains(self, instant: OffsetDateTime) -> bool {
        self.not_before <= instant && to_the_second(instant) <= self.not_after
    }
}

/// Cuts an instant to whole seconds in UTC, the finest that a certificate states.
pub fn to_the_second(instant: OffsetDateTime) -> OffsetDateTime {
    // Only an instant within a day of the year 9999's end, in another offset, has none in UTC; it stays as it is.
    let instant = instant.checked_to_offset(UtcOffset::UTC).unwrap_or(instant);
    instant.replace_nanosecond(0).unwrap_or(instant)
}

/// Reads an instant in RFC 3339, or a date alone as its first second in UTC.
///
/// # Errors
/// Refuses other forms.
pub fn parse_instant(text: &str) -> Result<OffsetDateTime> {
    let whole = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339));
    whole
        .ok()
        .and_then(|instant| instant.checked_to_offset(UtcOffset::UTC))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not an instant", Quoted(text)),
            )
            .with_hint("Give one such as 2026-03-01T12:00:00Z or 2026-03-01.")
        })
}

/// Writes an instant in RFC 3339 in UTC, to the second.
pub fn format_instant(instant: OffsetDateTime) -> String {
    to_the_second(instant)
        .format(&Rfc3339)
        .unwrap_or_else(|_| instant.unix_timestamp().to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn durations_are_read_in_every_unit_and_together() -> Result<()> {
        assert_eq!(
            Lifetime::parse("12h")?,
            Lifetime {
                months: 0,
                hours: 12
            }
        );
        assert_eq!(Lifetime::parse("90d")?, Lifetime::days(90));
        assert_eq!(Lifetime::parse("2w")?, Lifetime::days(14));
        assert_eq!(
            Lifetime::parse("6mo")?,
            Lifetime {
                months: 6,
                hours: 0
            }
        );
        assert_eq!(
            Lifetime::parse("1y 2d")?,
            Lifetime {
                months: 12,
                hours: 48
            }
        );
        assert_eq!(Lifetime::parse("1y 2d")?.to_string(), "1y 2d");
        for text in [
            "",
            "d",
            "1",
            "1m",
            "0d",
            "-1d",
            "1.5y",
            "99999999999d",
            "1y2",
            "4000000000y",
            "1001y",
        ] {
            assert!(Lifetime::parse(text).is_err(), "{text}");
        }
        Ok(())
    }

    #[test]
    fn months_are_clamped_to_the_months_end() -> Result<()> {
        let start = datetime!(2024-01-31 12:00 UTC);
        assert_eq!(
            Lifetime::parse("1mo")?.after(start)?,
            datetime!(2024-02-29 12:00 UTC)
        );
        assert_eq!(
            Lifetime::parse("13mo")?.after(start)?,
            datetime!(2025-02-28 12:00 UTC)
        );
        assert_eq!(
            Lifetime::years(1).after(datetime!(2024-02-29 0:00 UTC))?,
            datetime!(2025-02-28 0:00 UTC)
        );
        assert!(
            Lifetime::parse("1000y")?
                .after(datetime!(9500-01-01 0:00 UTC))
                .is_err()
        );
        Ok(())
    }

    #[test]
    fn the_way_back_goes_by_the_calendar_too_and_ends_in_1970() -> Result<()> {
        let end = datetime!(2024-03-31 12:00 UTC);
        let before = |text| Lifetime::parse(text).map(|lifetime| lifetime.before(end));
        assert_eq!(before("1mo")?, datetime!(2024-02-29 12:00 UTC));
        assert_eq!(before("1y 12h")?, datetime!(2023-03-31 0:00 UTC));
        assert_eq!(before("1000y")?, OffsetDateTime::UNIX_EPOCH);
        Ok(())
    }

    #[test]
    fn a_validity_begins_five_minutes_back_and_ends_one_second_early() -> Result<()> {
        let now = datetime!(2026-03-01 12:00:00.75 UTC);
        let validity = Validity::starting(now, Lifetime::days(1))?;
        assert_eq!(validity.not_before, datetime!(2026-03-01 11:55:00 UTC));
        assert_eq!(validity.not_after, datetime!(2026-03-02 11:59:59 UTC));
        assert!(validity.contains(datetime!(2026-03-02 11:59:59.9 UTC)));
        assert!(!validity.contains(datetime!(2026-03-02 12:00:00 UTC)));
        assert!(!validity.contains(datetime!(2026-03-01 11:54:59 UTC)));
        Ok(())
    }

    #[test]
    fn a_renewal_lives_as_long_as_what_it_renews() -> Result<()> {
        let first = Validity::starting(datetime!(2026-03-01 12:00 UTC), Lifetime::days(30))?;
        let second = first.renewing(datetime!(2026-03-20 08:00 UTC))?;
        assert_eq!(
            second,
            Validity::starting(datetime!(2026-03-20 08:00 UTC), Lifetime::days(30))?
        );
        Ok(())
    }

    #[test]
    fn a_validity_is_cut_to_its_issuers_and_says_so() -> Result<()> {
        let now = datetime!(2026-03-01 12:00 UTC);
        let (outer, long) = (
            Validity::starting(now, Lifetime::days(10))?,
            Validity::starting(now, Lifetime::days(30))?,
        );
        assert_eq!(long.within(outer), (outer, true));
        let short = Validity::starting(now, Lifetime::days(2))?;
        assert_eq!(short.within(outer), (short, false));
        Ok(())
    }

    #[test]
    fn instants_are_read_and_written_in_utc() -> Result<()> {
        assert_eq!(
            format_instant(parse_instant("2026-03-01T14:00:00+02:00")?),
            "2026-03-01T12:00:00Z"
        );
        assert_eq!(
            format_instant(parse_instant("2026-03-01")?),
            "2026-03-01T00:00:00Z"
        );
        assert!(parse_instant("yesterday").is_err());
        assert!(parse_instant("9999-12-31T23:59:59-05:00").is_err());
        Ok(())
    }
}
