//! The chain: a pure walk along the entries, which finds one that was changed, removed or put elsewhere.

use super::entry::Stored;
use super::{Action, Findings, Head, moment};

/// Among how many entries that do not fit a reordering is looked for: each is tried in the place of each other.
const MAX_SUSPECTS: usize = 32;

/// The walk so far.
pub(super) struct Chain {
    head: Head,
    /// The hash before the next entry; nothing where entries are missing between.
    before: Option<[u8; 32]>,
    entries: u64,
    suspects: Vec<Suspect>,
    /// Whether a reordering was looked for already: in a log of which nothing fits, once is enough.
    searched: bool,
    findings: Findings,
}

/// An entry that does not fit where it stands.
struct Suspect {
    entry: Stored,
    before: [u8; 32],
}

impl Chain {
    pub(super) fn new() -> Self {
        Self {
            head: Head::NONE,
            before: Some(Head::NONE.hash),
            entries: 0,
            suspects: Vec::new(),
            searched: false,
            findings: Findings::default(),
        }
    }

    /// Goes on to the next entry, by number.
    pub(super) fn take(&mut self, entry: &Stored) {
        self.entries += 1;
        self.check_number(entry);
        if let Some(before) = self.before
            && !entry.follows(&before, entry.id)
        {
            self.suspect(entry, before);
        }
        self.before = Some(entry.hash);
        self.head = Head {
            id: entry.id,
            at: moment(entry.at),
            hash: entry.hash,
        };
    }

    /// What was found, how many entries there are, and the last of them.
    pub(super) fn finish(mut self) -> (Findings, u64, Head) {
        self.tell_of_suspects();
        if self.entries == 0 {
            self.findings.add(None, "the log is empty");
        }
        (self.findings, self.entries, self.head)
    }

    fn suspect(&mut self, entry: &Stored, before: [u8; 32]) {
        if self.searched {
            return self.tell_of_change(entry.id);
        }
        let entry = entry.clone();
        self.suspects.push(Suspect { entry, before });
        if self.suspects.len() == MAX_SUSPECTS {
            self.tell_of_suspects();
        }
    }

    fn check_number(&mut self, entry: &Stored) {
        let (id, expected) = (entry.id, self.head.id.saturating_add(1));
        let is_begin = entry.action == Action::Begin.as_str();
        if self.entries == 1 && id == expected && !is_begin {
            self.findings.add(
                Some(id),
                format!("the first entry is not begin but {}", entry.action),
            );
        } else if self.entries > 1 && is_begin {
            self.findings
                .add(Some(id), format!("entry {id} begins the log once more"));
        }
        if id == expected {
            return;
        }
        self.before = None;
        let missing = id.saturating_sub(1);
        self.findings.add(
            Some(id),
            match missing.saturating_sub(expected) {
                ..0 => format!("entry {id} has a number that no entry is given"),
                0 => format!("entry {expected} was removed"),
                _ => format!("entries {expected} to {missing} were removed"),
            },
        );
    }

    /// Tells which of the entries that do not fit were moved and which were changed.
    fn tell_of_suspects(&mut self) {
        let suspects = std::mem::take(&mut self.suspects);
        self.searched = true;
        let before = self.findings.count;
        let origins: Vec<_> = suspects.iter().map(|it| origin(it, &suspects)).collect();
        for (suspect, origin) in suspects.iter().zip(&origins) {
            let here = suspect.entry.id;
            match origin {
                Some(origin) if *origin != here => self.findings.add(
                    Some(here),
                    format!("entry {here} is the one that was number {origin}"),
                ),
                // It is where it was; only what stands before it is not.
                Some(_) => {}
                None => self.tell_of_change(here),
            }
        }
        if self.findings.count == before {
            suspects
                .iter()
                .for_each(|suspect| self.tell_of_change(suspect.entry.id));
        }
    }

    fn tell_of_change(&mut self, id: i64) {
        self.findings.add(
            Some(id),
            format!("entry {id} was changed, or what stands before it was written anew"),
        );
    }
}

/// The number under which an entry's hash follows from one of the hashes around, its own number first.
fn origin(moved: &Suspect, suspects: &[Suspect]) -> Option<i64> {
    let hashes: Vec<[u8; 32]> = suspects
        .iter()
        .flat_map(|other| {
            let Suspect { entry, before } = other;
            [*before, entry.hash, entry.link(before)]
        })
        .collect();
    let own = std::iter::once(moved.entry.id);
    let mut numbers = own.chain(suspects.iter().map(|other| other.entry.id));
    numbers.find(|id| hashes.iter().any(|hash| moved.entry.follows(hash, *id)))
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::super::link;
    use super::*;

    fn log(length: i64) -> Vec<Stored> {
        let mut before = Head::NONE.hash;
        let entries = (1..=length).map(|id| {
            let action = if id == 1 { "begin" } else { "issue" };
            let detail = format!("{{\"number\":{id}}}");
            before = link(&before, id, 1_000 + id, ["alice", action, &detail]);
            Stored {
                id,
                at: 1_000 + id,
                actor: "alice".to_owned(),
                action: action.to_owned(),
                detail,
                hash: before,
            }
        });
        entries.collect()
    }

    /// What the walk finds: the entry and the sentence.
    fn found(log: &[Stored]) -> Vec<(Option<i64>, String)> {
        let mut chain = Chain::new();
        log.iter().for_each(|entry| chain.take(entry));
        let (findings, ..) = chain.finish();
        let told = findings.told.into_iter();
        told.map(|finding| (finding.entry, finding.message))
            .collect()
    }

    fn entries(log: &[Stored]) -> Vec<i64> {
        found(log).into_iter().filter_map(|(id, _)| id).collect()
    }

    #[test]
    fn a_whole_log_is_in_order_and_an_empty_one_is_not() {
        assert!(found(&log(1)).is_empty());
        assert!(found(&log(50)).is_empty());
        assert_eq!(found(&[]), [(None, "the log is empty".to_owned())]);
    }

    #[test]
    fn a_change_of_any_field_is_found_in_its_entry() {
        let changes: [fn(&mut Stored); 5] = [
            |entry| entry.at += 1,
            |entry| entry.actor.push('x'),
            |entry| entry.action = "revoke".to_owned(),
            |entry| entry.detail = "{}".to_owned(),
            // What one field loses the other may not win.
            |entry| entry.actor = format!("{}i", entry.actor),
        ];
        for change in changes {
            for place in [1, 5, 9] {
                let mut log = log(10);
                change(&mut log[place]);
                assert_eq!(entries(&log), [log[place].id]);
            }
        }
    }

    #[test]
    fn a_changed_hash_is_found_in_its_entry() {
        let mut log = log(10);
        log[4].hash[0] ^= 1;
        assert_eq!(entries(&log), [5]);
    }

    #[test]
    fn an_entry_rewritten_with_its_hash_is_found_at_the_next() {
        let mut log = log(10);
        log[4].detail = "{}".to_owned();
        log[4].hash = link(&log[3].hash, 5, log[4].at, ["alice", "issue", "{}"]);
        assert_eq!(entries(&log), [6]);
    }

    #[test]
    fn removed_entries_are_named() {
        let without = |from: usize, to: usize| {
            let mut log = log(10);
            log.drain(from..to);
            found(&log).into_iter().map(|(_, message)| message).next()
        };
        assert_eq!(without(4, 5).as_deref(), Some("entry 5 was removed"));
        assert_eq!(
            without(4, 7).as_deref(),
            Some("entries 5 to 7 were removed")
        );
        assert_eq!(without(0, 1).as_deref(), Some("entry 1 was removed"));
        // What is cut off at the end leaves no trace in the log itself.
        assert_eq!(without(8, 10), None);
    }

    #[test]
    fn entries_that_changed_places_are_told_from_changed_ones() {
        for (one, other) in [(4, 5), (2, 8)] {
            let mut log = log(10);
            log.swap(one, other);
            let numbers = (log[one].id, log[other].id);
            log[one].id = numbers.1;
            log[other].id = numbers.0;
            let moved = |here: i64, from: i64| {
                let message = format!("entry {here} is the one that was number {from}");
                (Some(here), message)
            };
            assert_eq!(
                found(&log),
                [moved(numbers.1, numbers.0), moved(numbers.0, numbers.1)]
            );
        }
    }

    #[test]
    fn a_log_begins_with_begin_and_only_once() {
        let mut log = log(3);
        for entry in &mut log {
            entry.action = "begin".to_owned();
        }
        let told = found(&log);
        let again = |id: i64| (Some(id), format!("entry {id} begins the log once more"));
        assert!(told.contains(&again(2)) && told.contains(&again(3)));
        log[0].action = "issue".to_owned();
        let first = "the first entry is not begin but issue".to_owned();
        assert!(found(&log).contains(&(Some(1), first)));
    }

    #[test]
    fn a_log_of_nothing_but_wrong_entries_is_walked_to_its_end() {
        let mut log = log(1_000);
        for entry in &mut log {
            entry.at += 1;
        }
        let mut chain = Chain::new();
        log.iter().for_each(|entry| chain.take(entry));
        let (findings, entries, head) = chain.finish();
        assert_eq!((findings.count, entries, head.id), (1_000, 1_000, 1_000));
        assert!(findings.told.len() < 1_000);
    }
}
