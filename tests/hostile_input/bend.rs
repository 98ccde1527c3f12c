//! Files bent, cut and lengthened, the same way each time.

/// One copy with a few octets changed: a bit, a length, a cut, a piece again or left out.
pub(crate) fn bend(whole: &[u8], copy: u32, random: &mut Random) -> Vec<u8> {
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
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
