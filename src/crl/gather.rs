//! Entries that somebody shows one after the other, written on a thread of their own where there are many.

use std::sync::mpsc::{self, SyncSender};
use std::{mem, panic, thread};

use super::Entries;
use crate::error::Result;
use crate::inventory::Revocation;
use crate::serial::SerialNumber;

/// How many entries go to the thread at a time: fewer than that are written without one.
const HEAP: usize = 2048;
/// How many of these may wait for it.
const WAITING: usize = 4;

/// Some revoked certificates, not written yet.
#[derive(Default)]
struct Heap {
    /// The magnitudes of their serial numbers, one after the other.
    octets: Vec<u8>,
    /// How many octets are whose.
    revoked: Vec<(usize, Revocation)>,
}

/// Whoever writes what is full.
enum Writer<'scope> {
    Here(Box<Entries>),
    Thread(SyncSender<Heap>, thread::ScopedJoinHandle<'scope, Entries>),
}

/// Writes the entries that `walk` shows, while it goes on to the next.
///
/// # Errors
/// Fails when `walk` does.
pub fn gather<T>(
    walk: impl FnOnce(&mut dyn FnMut(&SerialNumber, Revocation)) -> Result<T>,
) -> Result<(T, Entries)> {
    thread::scope(|scope| {
        let (mut heap, mut writer) = (Heap::default(), None);
        let told = walk(&mut |serial_number, revocation| {
            heap.add(serial_number, revocation);
            if heap.revoked.len() >= HEAP {
                let full = mem::take(&mut heap);
                writer.get_or_insert_with(|| Writer::new(scope)).write(full);
            }
        });
        // A thread ends whatever came of the walk.
        let mut entries = writer.map(Writer::finish).unwrap_or_default();
        heap.write(&mut entries);
        Ok((told?, entries))
    })
}

impl Heap {
    fn add(&mut self, serial_number: &SerialNumber, revocation: Revocation) {
        let octets = serial_number.octets();
        self.octets.extend_from_slice(octets);
        self.revoked.push((octets.len(), revocation));
    }

    fn write(&self, entries: &mut Entries) {
        let mut rest = self.octets.as_slice();
        for (length, revocation) in &self.revoked {
            let (octets, behind) = rest.split_at_checked(*length).unwrap_or_default();
            entries.push_octets(octets, *revocation);
            rest = behind;
        }
    }
}

impl<'scope> Writer<'scope> {
    fn new(scope: &'scope thread::Scope<'scope, '_>) -> Self {
        let (heaps, full) = mpsc::sync_channel::<Heap>(WAITING);
        let run = move || {
            let mut entries = Entries::default();
            full.iter().for_each(|heap| heap.write(&mut entries));
            entries
        };
        match thread::Builder::new().spawn_scoped(scope, run) {
            Ok(thread) => Self::Thread(heaps, thread),
            Err(_) => Self::Here(Box::default()),
        }
    }

    fn write(&mut self, heap: Heap) {
        match self {
            Self::Here(entries) => heap.write(entries),
            // It stops taking them only by a panic, which the end passes on.
            Self::Thread(heaps, _) => drop(heaps.send(heap)),
        }
    }

    fn finish(self) -> Entries {
        match self {
            Self::Here(entries) => *entries,
            Self::Thread(heaps, thread) => {
                drop(heaps);
                let entries = thread.join();
                entries.unwrap_or_else(|panic| panic::resume_unwind(panic))
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};
    use crate::inventory::ReasonCode;
    use crate::testing::NOW;

    fn revoked(number: usize) -> (SerialNumber, Revocation) {
        let reason = match number % 3 {
            0 => ReasonCode::Unspecified,
            _ => ReasonCode::KeyCompromise,
        };
        // Numbers of every length.
        let octets = number.to_be_bytes();
        let revocation = Revocation { at: NOW, reason };
        (SerialNumber::from_octets(&octets), revocation)
    }

    #[test]
    fn entries_that_are_gathered_are_those_that_were_shown_in_their_order() {
        for count in [0, 1, HEAP - 1, HEAP, HEAP + 1, 3 * HEAP, 20 * HEAP + 7] {
            let mut wanted = Entries::default();
            let (told, entries) = gather(|visit| {
                for number in 0..count {
                    let (serial_number, revocation) = revoked(number);
                    wanted.push(&serial_number, revocation);
                    visit(&serial_number, revocation);
                }
                Ok("told")
            })
            .unwrap();
            assert_eq!((told, entries.count()), ("told", count as u64));
            let ((der, tally), (wanted_der, wanted_tally)) =
                (entries.into_parts(), wanted.into_parts());
            assert!(der == wanted_der && tally.is(&wanted_tally), "{count}");
        }
    }

    #[test]
    fn a_walk_that_fails_is_told_however_far_it_came() {
        for count in [0, 3 * HEAP] {
            let failed = gather(|visit| -> Result<()> {
                for number in 0..count {
                    let (serial_number, revocation) = revoked(number);
                    visit(&serial_number, revocation);
                }
                Err(Error::new(ErrorKind::Inventory, "a bad row"))
            });
            assert_eq!(failed.unwrap_err().message(), "a bad row");
        }
    }
}
