//! The entries of a CRL as they are written, and what remains of them for the check.

use aws_lc_rs::digest::{Context, SHA256};

use super::der::{Clock, ENUMERATED, INTEGER, SEQUENCE, element, extension, head, sign_octet};
use crate::certificate::ListEntry;
use crate::inventory::{ReasonCode, Revocation};
use crate::serial::SerialNumber;

/// 2.5.29.21 as it stands in DER.
const REASON_CODE: [u8; 3] = [0x55, 0x1d, 21];
/// So many octets of a tally go into the digest at once.
const GULP: usize = 4096;

/// The entries of a CRL, written as they come.
#[derive(Debug)]
pub struct Entries {
    der: Vec<u8>,
    tally: Tally,
    clock: Clock,
    /// The contents of the entry that is being written.
    entry: Vec<u8>,
    /// crlEntryExtensions with a reasonCode, but for the code, which is the last octet.
    reason_code: Vec<u8>,
}

/// What remains of entries that are not kept: their number and a digest, by which those that were wanted are compared
/// with those that are read back.
pub(super) struct Tally {
    count: u64,
    digest: Context,
    /// What the digest has not seen yet.
    pending: Vec<u8>,
}

impl Entries {
    /// Adds a revoked certificate.
    pub fn push(&mut self, serial_number: &SerialNumber, revocation: Revocation) {
        self.push_octets(serial_number.octets(), revocation);
    }

    /// The same for the magnitude of a serial number.
    pub(super) fn push_octets(&mut self, magnitude: &[u8], revocation: Revocation) {
        // §5.3.1: a reason that says nothing is left out.
        let reason_code =
            (revocation.reason != ReasonCode::Unspecified).then(|| revocation.reason.code());
        let entry = &mut self.entry;
        let sign_octet = sign_octet(magnitude);
        entry.clear();
        head(entry, INTEGER, sign_octet.len() + magnitude.len());
        entry.extend_from_slice(sign_octet);
        entry.extend_from_slice(magnitude);
        self.clock.write(entry, revocation.at);
        if let Some(code) = reason_code {
            entry.extend_from_slice(&self.reason_code);
            entry.push(code);
        }
        head(&mut self.der, SEQUENCE, entry.len());
        self.der.extend_from_slice(entry);
        let seconds = revocation.at.unix_timestamp();
        self.tally.count(magnitude, seconds, reason_code);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.tally.count
    }

    /// Their DER one after the other, and what remains of them.
    pub(super) fn into_parts(self) -> (Vec<u8>, Tally) {
        (self.der, self.tally)
    }
}

impl Default for Entries {
    fn default() -> Self {
        let reason = element(ENUMERATED, &[&[0]]);
        let mut reason_code = element(SEQUENCE, &[&extension(REASON_CODE, &reason)]);
        reason_code.pop();
        Self {
            der: Vec::new(),
            tally: Tally::default(),
            clock: Clock::default(),
            entry: Vec::new(),
            reason_code,
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, entry: &ListEntry) {
        let seconds = entry.revocation_date.unix_timestamp();
        self.count(entry.serial_number.octets(), seconds, entry.reason_code);
    }

    fn count(&mut self, serial_number: &[u8], seconds: i64, reason_code: Option<u8>) {
        self.count += 1;
        let pending = &mut self.pending;
        pending.extend_from_slice(&(serial_number.len() as u64).to_be_bytes());
        pending.extend_from_slice(serial_number);
        pending.extend_from_slice(&seconds.to_be_bytes());
        pending.push(u8::from(reason_code.is_some()));
        pending.extend(reason_code);
        if pending.len() >= GULP {
            self.digest.update(pending);
            pending.clear();
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        let digest = |tally: &Self| {
            let mut digest = tally.digest.clone();
            digest.update(&tally.pending);
            digest.finish()
        };
        self.count == other.count && digest(self).as_ref() == digest(other).as_ref()
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: 0,
            digest: Context::new(&SHA256),
            pending: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tally({})", self.count)
    }
}
