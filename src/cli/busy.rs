//! That something goes on which nobody can count: one line on a terminal, and nothing anywhere else.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::progress::ERASE;
use super::report::Report;

/// What ends before is not worth a line; and how often the line is written anew.
const PACE: Duration = Duration::from_secs(1);

/// Does something that may take longer than a second, and says so meanwhile. It may say nothing itself, and ask nobody.
pub(super) fn during<T>(report: Report, what: &'static str, work: impl FnOnce() -> T) -> T {
    let _busy = match io::stderr().is_terminal() && !report.is_quiet() {
        true => Busy::writing(what, PACE, io::stderr()),
        false => Busy(None),
    };
    work()
}

/// A line on stderr that says what is going on and for how long already; it goes away with this.
struct Busy(Option<(Sender<()>, JoinHandle<()>)>);

impl Busy {
    fn writing(what: &'static str, pace: Duration, mut out: impl Write + Send + 'static) -> Self {
        let (end, ended) = channel();
        let begin = Instant::now();
        let line = thread::Builder::new().spawn(move || {
            let mut written = false;
            while ended.recv_timeout(pace) == Err(RecvTimeoutError::Timeout) {
                // A terminal that is gone is no reason to fail.
                let _ = write!(out, "{ERASE}{what}: {} s", begin.elapsed().as_secs());
                let _ = out.flush();
                written = true;
            }
            if written {
                let _ = write!(out, "{ERASE}");
                let _ = out.flush();
            }
        });
        // Without a thread to write it there is no line.
        Self(line.ok().map(|line| (end, line)))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some((end, line)) = self.0.take() {
            drop(end);
            let _ = line.join();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// Passes on what is written.
    struct Passing(Sender<Vec<u8>>);

    impl Write for Passing {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(octets.to_vec());
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_line_says_what_goes_on_and_is_taken_away_at_the_end() {
        let (sender, written) = channel();
        let pace = Duration::from_millis(1);
        let busy = Busy::writing("writing the backup", pace, Passing(sender));
        let mut text = Vec::new();
        while !text.ends_with(b" s") {
            text.extend(written.recv().unwrap());
        }
        drop(busy);
        text.extend(written.iter().flatten());
        let text = String::from_utf8(text).unwrap();
        let first = format!("{ERASE}writing the backup: 0 s");
        assert!(text.starts_with(&first), "{text:?}");
        assert!(text.ends_with(ERASE), "{text:?}");
    }

    #[test]
    fn what_ends_soon_leaves_no_line() {
        let (sender, written) = channel();
        let pace = Duration::from_secs(3600);
        drop(Busy::writing("nothing", pace, Passing(sender)));
        assert_eq!(written.iter().count(), 0);
    }
}
