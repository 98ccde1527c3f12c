//! Frames of HTTP/2 in octets that pass by (RFC 9113 §4.1): nothing is kept of them but how far the next one is.

/// The preface, which comes before a client's first frame (RFC 9113 §3.4), in octets.
pub(super) const PREFACE: usize = 24;
/// Types of frames (RFC 9113 §6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
/// What of a frame's head is read: length and type; and what is not: flags and stream. In octets.
const READ: u8 = 4;
const UNREAD: usize = 5;

/// Where frames begin in octets that pass by.
pub(super) struct Frames {
    /// How many octets to pass over.
    over: usize,
    head: u32,
    known: u8,
}

impl Frames {
    /// The first of them begins behind so many octets.
    pub(super) fn behind(over: usize) -> Self {
        Self {
            over,
            head: 0,
            known: 0,
        }
    }

    /// Tells the type of each frame and how many octets it has, as soon as both are known.
    pub(super) fn pass(&mut self, mut octets: &[u8], mut tell: impl FnMut(u8, u32)) {
        loop {
            let over = self.over.min(octets.len());
            self.over -= over;
            let behind = octets.get(over..).unwrap_or_default();
            let Some((octet, behind)) = behind.split_first() else {
                return;
            };
            octets = behind;
            self.head = (self.head << 8) | u32::from(*octet);
            self.known += 1;
            if self.known == READ {
                let (length, [.., kind]) = (self.head >> 8, self.head.to_be_bytes());
                tell(kind, length);
                *self = Self::behind(UNREAD.saturating_add(length as usize));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: u32) -> Vec<u8> {
        let head = [&payload.to_be_bytes()[1..], &[kind, 0, 0, 0, 0, 1]].concat();
        // What looks like another frame is passed over.
        head.into_iter()
            .chain((0..payload).map(|at| at as u8))
            .collect()
    }

    #[test]
    fn heads_are_found_however_the_octets_are_cut() {
        let octets = [
            vec![b'x'; PREFACE],
            frame(4, 0),
            frame(DATA, 70_000),
            frame(0xfe, 300),
        ]
        .concat();
        for part in [1, 2, 3, 8, 9, 24, 1000, octets.len()] {
            let (mut frames, mut found) = (Frames::behind(PREFACE), Vec::new());
            for octets in octets.chunks(part) {
                frames.pass(octets, |kind, length| found.push((kind, length)));
            }
            assert_eq!(found, [(4, 0), (DATA, 70_000), (0xfe, 300)], "{part}");
        }
    }
}
