//! Handshake messages as they lie in records, and the vectors of which they are made (RFC 8446 §3, §5.1).

use tls_parser::{TlsRecordType, parse_tls_raw_record};

/// AlertLevel warning (RFC 5246 §7.2).
const WARNING: u8 = 1;

/// Handshake messages, each with its header of four octets, put together from as many records as they take.
pub(super) struct Messages<'a> {
    records: &'a [u8],
    pending: Vec<u8>,
    /// Whether ChangeCipherSpec ends what can be read, as in TLS 1.2 (RFC 5246 §7.1).
    clear_only: bool,
}

impl<'a> Messages<'a> {
    pub(super) fn new(records: &'a [u8]) -> Self {
        Self {
            records,
            pending: Vec::new(),
            clear_only: false,
        }
    }

    /// The same up to the first ChangeCipherSpec.
    pub(super) fn in_the_clear(records: &'a [u8]) -> Self {
        Self {
            clear_only: true,
            ..Self::new(records)
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let [_, high, middle, low, ..] = *self.pending {
                let end = 4 + u32::from_be_bytes([0, high, middle, low]) as usize;
                if end <= self.pending.len() {
                    let rest = self.pending.split_off(end);
                    return Some(std::mem::replace(&mut self.pending, rest));
                }
            }
            let (rest, record) = parse_tls_raw_record(self.records).ok()?;
            self.records = rest;
            match record.hdr.record_type {
                TlsRecordType::Handshake => self.pending.extend_from_slice(record.data),
                TlsRecordType::ChangeCipherSpec if self.clear_only => return None,
                // Between two hellos stand ChangeCipherSpec, for old middleboxes, and early data (RFC 8446 §D.4, §2.3).
                TlsRecordType::ChangeCipherSpec | TlsRecordType::ApplicationData => {}
                // Such as unrecognized_name, after which the handshake goes on (RFC 6066 §3).
                TlsRecordType::Alert if record.data.first() == Some(&WARNING) => {}
                _ => return None,
            }
        }
    }
}

/// Whole records without those of application data, as which TLS 1.3 sends all that it encrypts (RFC 8446 §5.2).
///
/// [`Messages`] pass over them, and end at what is no whole record: they find the same in what is left.
pub(super) fn without_application_data(mut records: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    while let Ok((rest, record)) = parse_tls_raw_record(records) {
        let length = records.len() - rest.len();
        if record.hdr.record_type != TlsRecordType::ApplicationData {
            kept.extend(records.iter().take(length));
        }
        records = rest;
    }
    kept.shrink_to_fit();
    kept
}

/// Says whether what an end of TLS 1.2 sent holds ChangeCipherSpec, behind which only its Finished follows.
pub(super) fn changes_cipher(mut records: &[u8]) -> bool {
    while let Ok((rest, record)) = parse_tls_raw_record(records) {
        if record.hdr.record_type == TlsRecordType::ChangeCipherSpec {
            return true;
        }
        records = rest;
    }
    false
}

pub(super) fn split_u16(octets: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = octets.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}

/// Splits off a vector with a length of two octets before it.
pub(super) fn split_vector(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = split_u16(octets)?;
    rest.split_at_checked(usize::from(length))
}
