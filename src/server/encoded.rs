//! Octets as text that header fields and URLs carry, and back.

/// No digit.
const NONE: u8 = 0xff;
/// The value of each digit of base64 (RFC 4648 §4).
static SEXTETS: [u8; 256] =
    values(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/// What stands behind percent-encoding (RFC 3986 §2.1); a plus sign stands for itself.
pub(super) fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut parts = text.split(|octet| *octet == b'%');
    decoded.extend_from_slice(parts.next()?);
    for part in parts {
        let (digits, rest) = part.split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        decoded.push(u8::try_from(high? << 4 | low?).ok()?);
        decoded.extend_from_slice(rest);
    }
    Some(decoded)
}

/// What stands behind base64 (RFC 4648 §4); the padding may be left out, as URLs often do.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text
        .iter()
        .rev()
        .take_while(|octet| **octet == b'=')
        .count();
    let digits = text.get(..text.len() - padding)?;
    let (groups, rest) = digits.as_chunks::<4>();
    if padding > 0 && padding != (4 - rest.len()) % 4 {
        return None;
    }
    let mut decoded = vec![0; groups.len() * 3];
    for (octets, group) in decoded.as_chunks_mut().0.iter_mut().zip(groups) {
        let [_, group @ ..] = bits(group)?.to_be_bytes();
        *octets = group;
    }
    // A group of 2 or 3 digits holds 1 or 2 octets; the bits that are left over are zero (RFC 4648 §3.5).
    let length = match rest.len() {
        0 => return Some(decoded),
        1 => return None,
        digits => digits - 1,
    };
    let bits = bits(rest)? << (6 * (4 - rest.len()));
    let [_, octets @ ..] = bits.to_be_bytes();
    let (octets, left_over) = octets.split_at(length);
    decoded.extend_from_slice(octets);
    left_over.iter().all(|octet| *octet == 0).then_some(decoded)
}

/// The bits of up to five digits.
fn bits(digits: &[u8]) -> Option<u32> {
    let mut bits = 0;
    let mut seen = 0;
    for digit in digits {
        let sextet = SEXTETS.get(usize::from(*digit)).copied().unwrap_or(NONE);
        seen |= sextet;
        bits = bits << 6 | u32::from(sextet & 0x3f);
    }
    (seen != NONE).then_some(bits)
}

/// The place of each octet in an alphabet of up to 64.
const fn values(alphabet: &[u8]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    let mut rest = alphabet;
    while let [first, behind @ ..] = rest {
        #[expect(
            clippy::indexing_slicing,
            reason = "an octet is below 256, and all this is done when the program is built"
        )]
        {
            values[*first as usize] = value;
        }
        value += 1;
        rest = behind;
    }
    values
}

/// Says whether an octet stands for itself wherever it is.
fn is_plain(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e) && octet != b'%'
}

/// Any text as what a header field carries: visible ASCII and the spaces within stand for themselves, but for the percent sign; every
/// other octet of its UTF-8 is percent-encoded (RFC 3986 §2.1).
pub(super) fn percent_encoded(text: &str) -> String {
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len());
    let within = text.trim_matches(' ');
    let leading = text.len() - text.trim_start_matches(' ').len();
    for (position, octet) in text.bytes().enumerate() {
        let is_within = (leading..leading + within.len()).contains(&position);
        match octet {
            b' ' if is_within => encoded.push(' '),
            octet if is_plain(octet) => encoded.push(char::from(octet)),
            _ => {
                let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
                encoded.push('%');
                encoded.push(digit(octet >> 4).to_ascii_uppercase());
                encoded.push(digit(octet & 0x0f).to_ascii_uppercase());
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding_and_nothing_else_is() {
        // The examples of RFC 4648 §10.
        for (text, decoded) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYg", "foob"),
            ("Zm9vYmE", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text.as_bytes()).as_deref(), Some(decoded.as_bytes()));
        }
        for text in [
            "Z", "Zg=", "Zm8==", "Zm9v=", "====", "Zm9=v", "Zh==", "Zm9", "Zm9v\n", "Zm-_", "Zm9vY",
        ] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_percent_sign_is_followed_by_two_digits_and_a_plus_sign_is_one() {
        for (text, decoded) in [
            ("", ""),
            ("a+b", "a+b"),
            ("%41%2b%2B", "A++"),
            ("%c3%A4", "ä"),
        ] {
            let found = percent_decoded(text.as_bytes());
            assert_eq!(found.as_deref(), Some(decoded.as_bytes()), "{text}");
        }
        for text in ["%", "%4", "%zz", "a%+4", "%%41"] {
            assert_eq!(percent_decoded(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn any_name_comes_back_from_what_a_field_carries() {
        for (text, encoded) in [
            ("CN=alice,O=Example Ltd", "CN=alice,O=Example Ltd"),
            ("100 %", "100 %25"),
            (" a b ", "%20a b%20"),
            ("  ", "%20%20"),
            ("Jürgen", "J%C3%BCrgen"),
            ("a\r\nb\u{7f}", "a%0D%0Ab%7F"),
            ("", ""),
        ] {
            assert_eq!(percent_encoded(text), encoded);
            let back = percent_decoded(encoded.as_bytes());
            assert_eq!(back.as_deref(), Some(text.as_bytes()), "{encoded}");
        }
    }
}
