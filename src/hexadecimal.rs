//! Octets as hexadecimal digits, and back.

/// Octets in lower case, two digits each.
pub fn encode(octets: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * octets.len());
    encode_into(&mut digits, octets);
    digits
}

/// The same behind what a text already holds. It is not moved in memory where it has room for them, so that no copy of a secret is left.
pub fn encode_into(text: &mut String, octets: &[u8]) {
    for octet in octets {
        text.push(digit(octet >> 4));
        text.push(digit(octet & 0x0f));
    }
}

fn digit(nibble: u8) -> char {
    char::from(match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' - 10 + nibble,
    })
}

/// The octets of hexadecimal digits, upper or lower case; an odd first digit is an octet of its own.
///
/// Returns nothing where `digits` holds anything else.
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = digits
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|nibble| u8::try_from(nibble).ok())
        })
        .collect();
    let nibbles = nibbles?;
    let octets = nibbles
        .rchunks(2)
        .rev()
        .map(|pair| pair.iter().fold(0, |octet, nibble| octet << 4 | nibble));
    Some(octets.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_come_back_from_their_digits() {
        assert_eq!(encode(&[0, 0x1f, 0xff]), "001fff");
        assert_eq!(decode("001FfF"), Some(vec![0, 0x1f, 0xff]));
        assert_eq!(decode("abc"), Some(vec![0x0a, 0xbc]));
        assert_eq!(decode(""), Some(Vec::new()));
        assert_eq!(decode("0g"), None);
    }
}
