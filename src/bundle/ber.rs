//! Reading: BER with every freedom that it allows, made definite before `element` walks it.
//!
//! Java, NSS and old Windows write indefinite lengths and strings in pieces. [`definite`] rewrites them once, within limits, so that
//! the walk after it has no loop or recursion that a file could steer.

use zeroize::Zeroizing;

use super::element::{OCTET_STRING, header};

/// How deep elements may nest. A bundle nests about twelve deep.
const DEPTH: usize = 32;

const CONSTRUCTED: u8 = 0x20;
const CONSTRUCTED_OCTET_STRING: u8 = OCTET_STRING | CONSTRUCTED;
const END_OF_CONTENTS: u8 = 0x00;

/// An element whose every length is definite and as short as it can be.
pub(super) struct Definite {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Whether it was so from the start.
    pub(super) was_definite: bool,
}

/// Rewrites the first element of `input`; what follows it is ignored, as every importer does.
///
/// None when the element is cut short, is no BER, or nests too deeply.
pub(super) fn definite(input: &[u8]) -> Option<Definite> {
    let mut rewriter = Rewriter {
        // A definite header can be longer than the indefinite one with its end, though by a byte only and on long elements only.
        out: Zeroizing::new(Vec::with_capacity(input.len() + input.len() / 256 + 64)),
        was_definite: true,
    };
    rewriter.element(&mut { input }, DEPTH)?;
    Some(Definite {
        bytes: rewriter.out,
        was_definite: rewriter.was_definite,
    })
}

struct Rewriter {
    out: Zeroizing<Vec<u8>>,
    was_definite: bool,
}

impl Rewriter {
    fn element(&mut self, input: &mut &[u8], depth: usize) -> Option<()> {
        let (tag, length) = self.header(input)?;
        if tag == CONSTRUCTED_OCTET_STRING {
            let start = self.out.len();
            self.pieces(input, length, depth.checked_sub(1)?)?;
            self.insert_header(start, OCTET_STRING);
        } else if tag & CONSTRUCTED != 0 {
            let start = self.out.len();
            self.contents(input, length, |this, input| {
                this.element(input, depth.checked_sub(1)?)
            })?;
            self.insert_header(start, tag);
        } else {
            let body = input.split_off(..length?)?;
            self.out.extend(header(tag, body.len()));
            self.out.extend_from_slice(body);
        }
        Some(())
    }

    /// The pieces of a string, one after the other without their headers (X.690 §8.7.3).
    fn pieces(&mut self, input: &mut &[u8], length: Option<usize>, depth: usize) -> Option<()> {
        self.was_definite = false;
        self.contents(input, length, |this, input| match this.header(input)? {
            (OCTET_STRING, Some(length)) => {
                this.out.extend_from_slice(input.split_off(..length)?);
                Some(())
            }
            (CONSTRUCTED_OCTET_STRING, length) => this.pieces(input, length, depth.checked_sub(1)?),
            _ => None,
        })
    }

    /// Every element up to the length, or up to the end-of-contents when there is none.
    fn contents(
        &mut self,
        input: &mut &[u8],
        length: Option<usize>,
        mut each: impl FnMut(&mut Self, &mut &[u8]) -> Option<()>,
    ) -> Option<()> {
        if let Some(length) = length {
            let mut body = input.split_off(..length)?;
            while !body.is_empty() {
                each(self, &mut body)?;
            }
        } else {
            while *input.first()? != END_OF_CONTENTS {
                each(self, input)?;
            }
            (input.split_off(..2)? == [END_OF_CONTENTS, 0]).then_some(())?;
        }
        Some(())
    }

    /// The tag and the length of the next element; a length of None is indefinite.
    fn header(&mut self, input: &mut &[u8]) -> Option<(u8, Option<usize>)> {
        let tag = *input.split_off_first()?;
        if tag & 0x1f == 0x1f || tag == END_OF_CONTENTS {
            // Tags of several bytes do not occur in bundles.
            return None;
        }
        let first = *input.split_off_first()?;
        if first < 0x80 {
            return Some((tag, Some(usize::from(first))));
        }
        if first == 0x80 {
            self.was_definite = false;
            return (tag & CONSTRUCTED != 0).then_some((tag, None));
        }
        let mut length = 0usize;
        for byte in input.split_off(..usize::from(first & 0x7f))? {
            length = length.checked_mul(256)?.checked_add(usize::from(*byte))?;
        }
        if header(tag, length).len() != 2 + usize::from(first & 0x7f) {
            self.was_definite = false;
        }
        Some((tag, Some(length)))
    }

    fn insert_header(&mut self, start: usize, tag: u8) {
        let header = header(tag, self.out.len() - start);
        self.out.splice(start..start, header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::element::{Element, SEQUENCE};

    fn rewritten(input: &[u8]) -> Option<(Vec<u8>, bool)> {
        definite(input).map(|definite| (definite.bytes.to_vec(), definite.was_definite))
    }

    #[test]
    fn der_is_left_as_it_is() {
        let der = [0x30, 5, 0x04, 1, 0xff, 0x05, 0];
        assert_eq!(rewritten(&der), Some((der.to_vec(), true)));
    }

    #[test]
    fn indefinite_and_needlessly_long_lengths_become_definite() {
        let indefinite = [0x30, 0x80, 0xa0, 0x80, 0x05, 0, 0, 0, 0, 0];
        let long = [0x30, 0x83, 0, 0, 4, 0xa0, 0x81, 2, 0x05, 0];
        let der = vec![0x30, 4, 0xa0, 2, 0x05, 0];
        assert_eq!(rewritten(&indefinite), Some((der.clone(), false)));
        assert_eq!(rewritten(&long), None, "the length counts itself");
        let long = [0x30, 0x83, 0, 0, 5, 0xa0, 0x81, 2, 0x05, 0];
        assert_eq!(rewritten(&long), Some((der, false)));
    }

    #[test]
    fn a_string_in_pieces_becomes_one_string() {
        let pieces = [
            0x24, 0x80, 0x04, 1, 1, 0x24, 0x80, 0x04, 2, 2, 3, 0, 0, 0x04, 0, 0, 0,
        ];
        assert_eq!(rewritten(&pieces), Some((vec![0x04, 3, 1, 2, 3], false)));
        let of_something_else = [0x24, 0x80, 0x02, 1, 1, 0, 0];
        assert_eq!(rewritten(&of_something_else), None);
    }

    #[test]
    fn long_elements_get_long_headers() {
        for length in [0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let mut input = vec![0x30, 0x80];
            input.extend(header(OCTET_STRING, length));
            input.resize(input.len() + length, 7);
            input.extend([0, 0]);
            let (der, _) = rewritten(&input).unwrap_or_default();
            let outer = Element::only(&der, SEQUENCE);
            let inner = outer.and_then(|outer| Element::only(outer.body, OCTET_STRING));
            assert_eq!(inner.map(|inner| inner.body.len()), Some(length));
        }
    }

    #[test]
    fn deep_nesting_is_refused_instead_of_overflowing_the_stack() {
        for opener in [[0x30, 0x80], [0x24, 0x80]] {
            assert_eq!(rewritten(&opener.repeat(1_000_000)), None);
        }
    }

    #[test]
    fn a_length_beyond_the_input_or_beyond_counting_is_refused() {
        for input in [
            &[0x04, 2, 0][..],
            &[0x04, 0x80, 0, 0],
            &[0x04, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x30, 0xff],
            &[0x1f, 0x81, 0x01, 0],
            &[0x30],
            &[],
        ] {
            assert_eq!(rewritten(input), None, "{input:?}");
        }
    }
}
