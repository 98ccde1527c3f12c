//! The same files bent, cut and lengthened: the body of the fuzz target over a fixed set of inputs, where there is no fuzzer.

use std::time::{Duration, Instant};

use super::index::index;
use crate::reader;

/// How long one input may take, on a machine that does other things too. The dearest takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many bent copies each file gets.
const COPIES: u32 = 250;

#[test]
fn bent_files_are_read_without_panic_and_in_time() {
    let mut random = Random(20_260_101);
    for expected in index() {
        let whole = expected.octets();
        for copy in 0..COPIES {
            let bent = bend(&whole, copy, &mut random);
            let started = Instant::now();
            reader::read(&bent);
            let took = started.elapsed();
            assert!(took < PATIENCE, "{} {copy}: {took:?}", expected.file);
        }
    }
}

/// One copy with a few octets changed: a bit, a length, a cut, a piece again or left out.
fn bend(whole: &[u8], copy: u32, random: &mut Random) -> Vec<u8> {
    let mut bent = whole.to_vec();
    for _ in 0..=copy % 3 {
        let position = random.below(bent.len());
        match random.below(6) {
            0 => bent[position] ^= 1 << random.below(8),
            1 => bent[position] = random.below(256) as u8,
            2 => bent[position] = [0x00, 0x7f, 0x80, 0x82, 0xff][random.below(5)],
            3 => {
                let end = (position + 1 + random.below(16)).min(bent.len());
                bent.drain(position..end);
            }
            4 => {
                let end = (position + 1 + random.below(64)).min(bent.len());
                let piece = bent[position..end].to_vec();
                let to = random.below(bent.len());
                bent.splice(to..to, piece);
            }
            _ => bent.truncate(position.max(1)),
        }
        if bent.is_empty() {
            break;
        }
    }
    bent
}

/// Marsaglia's xorshift64: the same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
