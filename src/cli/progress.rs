//! How far something has come that takes longer than a second: one line on a terminal, and nothing anywhere else.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::report::Report;

/// What ends before is not worth a line.
const SILENCE: Duration = Duration::from_secs(1);
/// How often the line is written anew.
const PACE: Duration = Duration::from_millis(100);
/// Erases what stands on the line and goes to its beginning (ECMA-48, EL and CR).
pub(super) const ERASE: &str = "\r\x1b[2K";

/// A line on stderr that says how far something has come.
pub(super) struct Progress {
    what: &'static str,
    /// Nothing where nobody knows how many there will be.
    total: Option<u64>,
    begin: Instant,
    /// When the line was written last; nothing where it is not wanted.
    written: Option<Instant>,
    is_wanted: bool,
}

impl Progress {
    /// Begins now; `total` of `what` are to be done.
    pub(super) fn new(report: Report, what: &'static str, total: u64) -> Self {
        Self {
            total: Some(total),
            ..Self::counting(report, what)
        }
    }

    /// Begins now, and nobody knows how many of `what` there are.
    pub(super) fn counting(report: Report, what: &'static str) -> Self {
        Self {
            what,
            total: None,
            begin: Instant::now(),
            written: None,
            is_wanted: io::stderr().is_terminal() && !report.is_quiet(),
        }
    }

    /// Says how many are done.
    pub(super) fn show(&mut self, done: u64) {
        let is_due = match self.written {
            Some(written) => written.elapsed() >= PACE,
            None => self.begin.elapsed() >= SILENCE,
        };
        if !self.is_wanted || !is_due {
            return;
        }
        self.written = Some(Instant::now());
        let text = line(self.what, done, self.total, self.begin.elapsed());
        // A terminal that is gone is no reason to fail.
        let _ = write!(io::stderr().lock(), "{ERASE}{text}");
    }

    /// Takes the line away.
    pub(super) fn end(&mut self) {
        if self.written.take().is_some() {
            let _ = write!(io::stderr().lock(), "{ERASE}");
        }
    }
}

fn line(what: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    // As a whole number the rate says enough, and is never a fraction of nothing.
    let rate = u128::from(done) * 1000 / elapsed.as_millis().max(1);
    let Some(total) = total else {
        return format!("{done} {what}, {rate} a second");
    };
    let percent = (done * 100).checked_div(total).unwrap_or(100).min(100);
    let left = u128::from(total.saturating_sub(done)).checked_div(rate);
    let left = left.map_or_else(String::new, |seconds| format!(", {seconds} s left"));
    format!("{done} of {total} {what} ({percent} %), {rate} a second{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_many_how_fast_and_how_long_it_will_take() {
        let two = Duration::from_secs(2);
        assert_eq!(
            line("certificates", 500, Some(2000), two),
            "500 of 2000 certificates (25 %), 250 a second, 6 s left"
        );
        assert_eq!(
            line("rows", 0, Some(0), Duration::ZERO),
            "0 of 0 rows (100 %), 0 a second"
        );
        assert_eq!(line("rows", 500, None, two), "500 rows, 250 a second");
    }
}
