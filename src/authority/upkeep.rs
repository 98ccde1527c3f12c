//! Renewing by itself what the CA made for its own use, before it runs out.

use time::OffsetDateTime;

use super::Authority;
use crate::error::Result;

/// One thing that was due to be renewed, and what became of it.
#[derive(Debug)]
pub struct Upkeep {
    /// Which thing.
    pub what: String,
    /// Until when the new one is good, or why there is none.
    pub outcome: Result<OffsetDateTime>,
}

impl Authority {
    /// Renews what is due, and tells of nothing else.
    pub fn keep_up(&self, now: OffsetDateTime) -> Vec<Upkeep> {
        let own_server = self.keep_up_own_server(now).transpose();
        let own_server = own_server.map(|outcome| Upkeep {
            what: "the certificate of pki serve itself".to_owned(),
            outcome,
        });
        own_server.into_iter().collect()
    }

    /// Renews the test server's own certificate, where there is one that nobody revoked; tells until when the new one is good.
    fn keep_up_own_server(&self, now: OffsetDateTime) -> Result<Option<OffsetDateTime>> {
        let Some(hosts) = self.own_server_is_due(now)? else {
            return Ok(None);
        };
        match self.own_server(&hosts, now) {
            Ok(own) => {
                let certificate = own.chain.first();
                Ok(certificate.map(|certificate| certificate.validity().not_after))
            }
            // Another process may have been faster.
            Err(cause) => match self.own_server_is_due(now)? {
                Some(_) => Err(cause),
                None => Ok(None),
            },
        }
    }
}
