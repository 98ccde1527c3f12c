//! Passphrases and passwords: never printed, wiped when dropped, and made here when nobody chose one.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// Twenty-four letters and eight digits without look-alikes (no `l`, `o`, `0`, `1`): five bits a character.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Four groups of five characters of five bits: 100 bits.
const GROUPS: usize = 4;
const GROUP_LENGTH: usize = 5;

/// A passphrase of the CA or a password of a bundle; its `Debug` shows nothing and its memory is wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: Zeroizing<String>,
    strength: Strength,
}

/// Who chose a secret, which decides how much work a guess must cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// A person chose it: it may be guessable.
    Chosen,
    /// This program drew at least 100 bits from the system's random source.
    Generated,
}

impl Secret {
    /// A secret that a person chose.
    pub fn chosen(text: impl Into<String>) -> Self {
        Self {
            text: Zeroizing::new(text.into()),
            strength: Strength::Chosen,
        }
    }

    /// Draws a password of 100 bits: ASCII, no look-alikes, four groups of five.
    ///
    /// # Errors
    /// Fails when the system's random source does.
    pub fn generate() -> Result<Self> {
        let mut random = Zeroizing::new([0u8; GROUPS * GROUP_LENGTH]);
        aws_lc_rs::rand::fill(random.as_mut())
            .map_err(|_| Error::new(ErrorKind::Internal, "the system's random source failed"))?;
        let mut text = Zeroizing::new(String::with_capacity(GROUPS * (GROUP_LENGTH + 1)));
        for (position, byte) in random.iter().enumerate() {
            if position > 0 && position % GROUP_LENGTH == 0 {
                text.push('-');
            }
            // The alphabet holds exactly 32 characters, so five bits choose one without bias.
            let letter = ALPHABET.get(usize::from(byte & 31));
            text.extend(letter.map(|letter| char::from(*letter)));
        }
        Ok(Self {
            text,
            strength: Strength::Generated,
        })
    }

    /// The secret itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Who chose it.
    pub fn strength(&self) -> Strength {
        self.strength
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_has_twenty_characters_of_five_bits_and_no_look_alikes() -> Result<()> {
        let password = Secret::generate()?;
        let text = password.expose();
        assert_eq!(text.chars().filter(|c| *c != '-').count(), 20);
        assert!(text.is_ascii());
        assert!(!text.contains(['l', 'o', '0', '1', 'I', 'O']));
        assert_eq!(password.strength(), Strength::Generated);
        assert_ne!(text, Secret::generate()?.expose());
        Ok(())
    }

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", Secret::chosen("hunter2")), "Secret(..)");
    }
}
