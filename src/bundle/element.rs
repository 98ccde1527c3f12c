//! Walks elements whose lengths are definite: DER, and BER that `ber` has rewritten.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[n]`, primitive.
pub(super) const fn context(number: u8) -> u8 {
    0x80 | number
}
/// `[n]`, constructed.
pub(super) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// The identifier and length octets of an element in DER.
pub(super) fn header(tag: u8, length: usize) -> Vec<u8> {
    let octets = length.to_be_bytes();
    let significant = octets.iter().skip_while(|octet| **octet == 0);
    let count = significant.clone().count();
    match u8::try_from(length) {
        Ok(short @ 0..0x80) => vec![tag, short],
        _ => [tag, 0x80 | count.to_le_bytes()[0]]
            .into_iter()
            .chain(significant.copied())
            .collect(),
    }
}

/// One element: its identifier octet, its contents, and both with the length between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
    pub(super) raw: &'a [u8],
}

/// Walks elements whose lengths are definite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever it is.
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let start = self.rest;
        let mut rest = self.rest;
        let tag = *rest.split_off_first()?;
        let first = *rest.split_off_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            length = 0;
            for byte in rest.split_off(..usize::from(first & 0x7f))? {
                length = length.checked_mul(256)?.checked_add(usize::from(*byte))?;
            }
        }
        let body = rest.split_off(..length)?;
        self.rest = rest;
        let raw = start.get(..start.len() - rest.len())?;
        Some(Element { tag, body, raw })
    }

    /// The next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        self.any().filter(|element| element.tag == tag)
    }

    /// The next element if it has this tag.
    pub(super) fn take_if(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.rest.first() == Some(&tag) {
            self.any()
        } else {
            None
        }
    }
}

impl<'a> Element<'a> {
    /// The single element that `bytes` are, which must have this tag.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.take(tag).filter(|_| reader.is_empty())
    }

    /// A walk through the contents.
    pub(super) fn reader(self) -> Reader<'a> {
        Reader::new(self.body)
    }

    /// A non-negative INTEGER of at most 32 bits.
    pub(super) fn number(self) -> Option<u32> {
        let (first, _) = self.body.split_first()?;
        if self.tag != INTEGER || *first >= 0x80 {
            return None;
        }
        self.body.iter().try_fold(0u32, |number, byte| {
            number.checked_mul(256)?.checked_add(u32::from(*byte))
        })
    }

    /// The arcs of an OBJECT IDENTIFIER (X.690 §8.19).
    pub(super) fn arcs(self) -> Option<Vec<u64>> {
        if self.tag != OBJECT_IDENTIFIER || self.body.last()? & 0x80 != 0 {
            return None;
        }
        let mut arcs = Vec::new();
        let mut arc = 0u64;
        for byte in self.body {
            arc = arc.checked_mul(128)? | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                if arcs.is_empty() {
                    let first = (arc / 40).min(2);
                    arcs.push(first);
                    arc -= 40 * first;
                }
                arcs.push(arc);
                arc = 0;
            }
        }
        Some(arcs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_object_identifiers_are_read_to_their_limits() {
        let number = |bytes: &[u8]| Element::only(bytes, INTEGER).and_then(Element::number);
        assert_eq!(number(&[2, 1, 0]), Some(0));
        assert_eq!(number(&[2, 5, 0, 0xff, 0xff, 0xff, 0xff]), Some(u32::MAX));
        assert_eq!(number(&[2, 5, 1, 0, 0, 0, 0]), None);
        assert_eq!(number(&[2, 1, 0xff]), None);
        assert_eq!(number(&[2, 0]), None);

        let arcs = |bytes: &[u8]| Element::only(bytes, OBJECT_IDENTIFIER).and_then(Element::arcs);
        assert_eq!(arcs(&[6, 3, 0x2a, 0x86, 0x48]), Some(vec![1, 2, 840]));
        assert_eq!(
            arcs(&[6, 4, 0x88, 0x37, 0x81, 0x00]),
            Some(vec![2, 999, 128])
        );
        assert_eq!(arcs(&[6, 2, 0x2a, 0x86]), None);
        assert_eq!(arcs(&[6, 0]), None);
        assert_eq!(arcs(&[&[6, 11][..], &[0xff; 10], &[0x7f]].concat()), None);
    }
}
