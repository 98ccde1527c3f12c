//! DER as a row of elements, without a copy or an allocation, for what is too long to be parsed into values.

/// What is left of a row of elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elements<'a>(&'a [u8]);

/// One element of DER.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) contents: &'a [u8],
    /// Tag and length too.
    pub(crate) whole: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(crate) fn of(der: &'a [u8]) -> Self {
        Self(der)
    }

    /// Takes the next element, where it has this tag and is whole.
    #[inline]
    pub(crate) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        let (element, rest) = first(self.0)?;
        if element.tag != tag {
            return None;
        }
        self.0 = rest;
        Some(element)
    }

    /// Takes the next element, where there is one with one of these tags; an element that is not whole is none.
    #[inline]
    pub(crate) fn take_any(&mut self, tags: &[u8]) -> Option<Element<'a>> {
        tags.contains(self.0.first()?)
            .then(|| self.take(*self.0.first()?))
            .flatten()
    }

    /// Takes the next element, whatever it is.
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = first(self.0)?;
        self.0 = rest;
        Some(element)
    }

    /// What was not taken.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Says whether nothing follows.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The first element and what stands behind it. Its length is written in the shortest form (X.690 §10.1), its tag in one
/// octet.
#[inline]
fn first(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..0x80 => (usize::from(short), rest),
        long => long_length(usize::from(long & 0x7f), rest)?,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    let (whole, _) = der.split_at_checked(der.len() - rest.len())?;
    let element = Element {
        tag: *tag,
        contents,
        whole,
    };
    (tag & 0x1f != 0x1f).then_some((element, rest))
}

fn long_length(octets: usize, der: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = der.split_at_checked(octets)?;
    // Nothing in front (an indefinite length has no octets either), and not what the short form could say.
    if octets > 4 || *length.first()? == 0 {
        return None;
    }
    let length = length
        .iter()
        .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    (length >= 0x80).then_some((length, rest))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn elements_are_taken_one_after_the_other_with_short_and_long_lengths() {
        let long = [&[0x04, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        let der = [&[0x02, 0x01, 0x05][..], &long, &[0x05, 0x00]].concat();
        let mut elements = Elements::of(&der);
        assert!(elements.take(0x04).is_none());
        let integer = elements.take(0x02).unwrap();
        assert_eq!(
            (integer.contents, integer.whole),
            (&[5][..], &[2, 1, 5][..])
        );
        let octets = elements.take_any(&[0x02, 0x04]).unwrap();
        assert_eq!((octets.tag, octets.whole), (0x04, &long[..]));
        assert!(!elements.is_empty());
        assert!(elements.take(0x05).unwrap().contents.is_empty());
        assert!(elements.is_empty() && elements.take_any(&[0x05]).is_none());
    }

    #[test]
    fn what_is_cut_off_or_has_a_length_that_der_forbids_is_no_element() {
        for (der, what) in [
            (&b""[..], "nothing"),
            (b"\x04", "no length"),
            (b"\x04\x02a", "cut off"),
            (b"\x04\x80a\0\0", "an indefinite length"),
            (b"\x04\x81\x01a", "a long form of a short length"),
            (b"\x04\x82\x00\x80", "a zero in front"),
            (b"\x04\x85\0\0\0\0\x01a", "five octets"),
            (b"\x04\x84\xff\xff\xff\xffa", "more than there is"),
            (b"\x1f\x01a", "a tag of several octets"),
        ] {
            assert!(first(der).is_none(), "{what}");
        }
        assert!(first(b"\x04\x01a").is_some());
    }
}
