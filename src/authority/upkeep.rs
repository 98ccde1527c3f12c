//! What an unlocked CA renews by itself, so that nothing ends because nobody thought of it.

use time::OffsetDateTime;

use super::Authority;
use crate::error::Result;
use crate::validity::format_instant;

/// What was renewed, and what could not be.
#[derive(Debug, Default)]
pub struct Upkeep {
    /// Until when the test server's own certificate is good, where it was renewed.
    pub own_server: Option<OffsetDateTime>,
    /// What could not be renewed and why, and what to do: whole sentences.
    pub warnings: Vec<String>,
}

impl Upkeep {
    /// What was renewed, each with the end of the new one.
    pub fn renewed(&self) -> Vec<String> {
        let own_server = self.own_server.map(|until| {
            let until = format_instant(until);
            format!("the certificate of pki serve itself, valid until {until}")
        });
        own_server.into_iter().collect()
    }
}

impl Authority {
    /// Renews whatever is due and can be renewed. It never fails: what goes wrong is told.
    pub fn keep_up(&self, now: OffsetDateTime) -> Upkeep {
        let mut upkeep = Upkeep::default();
        match self.keep_up_own_server(now) {
            Ok(until) => upkeep.own_server = until,
            Err(cause) => upkeep.warnings.push(format!(
                "the certificate of pki serve itself could not be renewed: {}",
                cause.message()
            )),
        }
        upkeep
    }

    /// Renews the test server's own certificate, where there is one that nobody revoked; tells until when the new one is good.
    fn keep_up_own_server(&self, now: OffsetDateTime) -> Result<Option<OffsetDateTime>> {
        // A CA that has ended signs nothing: that is its own news, and told elsewhere.
        let Some(hosts) = self
            .own_server_is_due(now)?
            .filter(|_| self.issuing().validity().contains(now))
        else {
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
