//! Fields that told of a certificate which the inventory knows, so that the same octets are not read and hashed again.
//!
//! What the certificate is worth is decided each time: only whose it is stays as it is.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use axum::http::HeaderMap;

use super::answer;
use crate::certificate::Fingerprint;
use crate::judge::Verified;
use crate::server::lately::Lately;

/// How many fields are remembered, the oldest forgotten first. One takes about 2 KiB, and never more than 5.
const FIELDS: usize = 16_384;
/// The longest field that is remembered, in octets: room for the certificate of a client, mostly without one above it.
const MAX_FIELD: usize = 4 << 10;

/// The fields that came lately.
pub(super) struct Known(RwLock<Lately<Arc<[u8]>, Arc<Client>>>);

/// Whom a field tells of.
pub(super) struct Client {
    pub(super) fingerprint: Fingerprint,
    /// The look at the inventory by which it was known; what was seen then need not stay in memory for this.
    verified: Weak<Verified>,
    welcome: HeaderMap,
}

impl Known {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Lately::new(FIELDS)))
    }

    /// Whom these octets told of before.
    pub(super) fn client(&self, field: &[u8]) -> Option<Arc<Client>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(field).cloned()
    }

    /// Remembers whom a field tells of. That must be somebody who is let in: no stranger pushes anybody out.
    pub(super) fn keep(&self, field: &[u8], fingerprint: Fingerprint, verified: &Arc<Verified>) {
        if field.len() > MAX_FIELD {
            return;
        }
        let Some(welcome) = answer::welcome(verified.record()) else {
            return;
        };
        let client = Client {
            fingerprint,
            verified: Arc::downgrade(verified),
            welcome,
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.keep(field.into(), Arc::new(client));
    }
}

impl Client {
    /// What is answered where this one is let in; nothing where the inventory was read again since.
    pub(super) fn welcome(&self, verified: &Arc<Verified>) -> Option<&HeaderMap> {
        std::ptr::eq(self.verified.as_ptr(), Arc::as_ptr(verified)).then_some(&self.welcome)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::testing::TestAuthority;

    #[test]
    fn a_field_is_known_by_all_its_octets_and_a_long_one_is_not_kept() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?;
        let fingerprint = alice.certificate.fingerprint();
        let authorities = Arc::new(authority.inventory.authorities()?);
        let verified = Arc::new(Verified::new(alice, &authorities).unwrap());
        let known = Known::new();
        let long = vec![b'x'; MAX_FIELD + 1];
        for field in [&b"alice"[..], &long] {
            known.keep(field, fingerprint, &verified);
        }
        let client = known.client(b"alice").unwrap();
        assert_eq!(client.fingerprint, fingerprint);
        for other in [&b""[..], b"alic", b"alice ", &long] {
            assert!(known.client(other).is_none());
        }
        let welcome = client.welcome(&verified).unwrap();
        assert_eq!(welcome.get("pki-name").unwrap(), "alice");
        Ok(())
    }

    #[test]
    fn what_is_told_of_somebody_is_put_together_again_when_the_inventory_was_read_again()
    -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?;
        let authorities = Arc::new(authority.inventory.authorities()?);
        let [before, after] = [(); 2].map(|()| Verified::new(alice.clone(), &authorities));
        let [before, after] = [before, after].map(|it| Arc::new(it.unwrap()));
        let known = Known::new();
        known.keep(b"alice", alice.certificate.fingerprint(), &before);
        let client = known.client(b"alice").unwrap();
        assert!(client.welcome(&before).is_some());
        assert!(client.welcome(&after).is_none());
        Ok(())
    }
}
