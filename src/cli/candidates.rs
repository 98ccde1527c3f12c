//! The certificates that a browser of this user could offer: this CA's, a bundle's, and those in the browsers' databases.

use std::path::Path;

use time::OffsetDateTime;

use super::identity::Opened;
use crate::certificate::Certificate;
use crate::doctor::Authorities;
use crate::doctor::offer::{Browser, Candidate, Order, Place, is_authority};
use crate::error::Result;
use crate::inventory::{Filter, Inventory};
use crate::profile::Profile;
use crate::trust::nss::{self, Database, Home, Programs, databases};

/// The valid client certificates of the inventory, newest first, at the most `limit`; whether there are more.
///
/// They are judged as what their bundles are once they are imported: with their key, and with the CAs above them.
pub(super) fn of_inventory(
    inventory: &Inventory,
    limit: usize,
    now: OffsetDateTime,
) -> Result<(Vec<Candidate>, bool)> {
    let filter = Filter {
        profile: Some(Profile::Client),
        valid_at: Some(now),
        limit,
        ..Filter::default()
    };
    let page = inventory.list(&filter, now)?;
    let candidates = page.records.into_iter().map(|record| {
        Ok(Candidate {
            chain: inventory.chain_above(&record.certificate)?,
            certificate: record.certificate,
            elsewhere: Vec::new(),
            has_key: true,
            place: Place::Inventory,
        })
    });
    Ok((
        candidates.collect::<Result<_>>()?,
        page.next_cursor.is_some(),
    ))
}

/// The certificate of an opened bundle, judged as what it is once it is imported.
pub(super) fn of_bundle(
    path: &Path,
    opened: &Opened,
    elsewhere: &[Certificate],
) -> Result<Candidate> {
    let read = |der: &Vec<u8>| Certificate::from_der(der.as_slice());
    Ok(Candidate {
        certificate: read(&opened.identity.certificate)?,
        chain: opened
            .identity
            .chain
            .iter()
            .map(read)
            .collect::<Result<_>>()?,
        elsewhere: elsewhere.to_vec(),
        has_key: true,
        place: Place::Bundle(path.to_path_buf()),
    })
}

/// What one database holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The certificates that its browser chooses from, in the order of import.
    pub(super) candidates: Vec<Candidate>,
    /// The certificates of CAs, each in DER.
    pub(super) authorities: Authorities,
}

/// What each database of this user's browsers holds, or why it cannot be read; nothing lies in one that a browser has yet to make.
/// Nobody is asked for a password: certificates are not locked by it.
pub(super) fn of_databases(
    home: &Home,
    programs: impl Fn() -> Result<Programs>,
    elsewhere: &[Certificate],
) -> Result<Vec<(Database, Result<Held>)>> {
    home.check_owner()?;
    let all = databases(home).into_iter().map(|database| {
        let held = match database.exists {
            true => programs().and_then(|programs| of_database(&database, &programs, elsewhere)),
            false => Ok(Held::default()),
        };
        (database, held)
    });
    Ok(all.collect())
}

/// As Firefox does, or as Chromium; a database that somebody named is taken for Chromium's.
pub(super) fn how_it_chooses(browser: Option<nss::Browser>) -> Browser {
    match browser.is_some_and(nss::Browser::is_firefox) {
        true => Browser::Firefox,
        false => Browser::Chromium,
    }
}

/// What one database holds; what cannot be read as a certificate is left out, as browsers do.
fn of_database(
    database: &Database,
    programs: &Programs,
    elsewhere: &[Certificate],
) -> Result<Held> {
    let keyring = database.keyring(programs)?;
    let held: Vec<_> = keyring
        .certificates
        .into_iter()
        .filter_map(|(der, has_key)| Some((Certificate::from_der(der).ok()?, has_key)))
        .collect();
    let place = Place::Database {
        browser: Some(how_it_chooses(database.browser)),
        owner: database.owner(),
        directory: database.directory.clone(),
        order: match keyring.is_in_order {
            true => Order::OfImport,
            false => Order::Unknown,
        },
    };
    let all = held.iter().map(|(certificate, _)| certificate);
    let all = all.filter(|certificate| is_authority(certificate));
    Ok(Held {
        authorities: Authorities {
            all: all.map(|certificate| certificate.der().to_vec()).collect(),
            trusted: keyring.trusted,
        },
        candidates: Candidate::of_database(&held, elsewhere, &place),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, TestAuthority};

    #[test]
    fn the_inventory_has_those_that_are_valid_with_the_cas_above_them() -> Result<()> {
        let authority = TestAuthority::new()?;
        let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
        let inventory = &authority.inventory;
        let (all, more) = of_inventory(inventory, 2, NOW)?;
        let found: Vec<_> = all.iter().map(|it| &it.certificate).collect();
        assert_eq!(found, [&bob.certificate, &alice.certificate]);
        assert!(!more && all.iter().all(|it| it.has_key));
        let issuing = authority.issuing.certificate();
        let above = [issuing, authority.root.certificate()];
        assert!(all.iter().all(|it| it.chain.iter().eq(above)));
        let (newest, more) = of_inventory(inventory, 1, NOW)?;
        assert!(newest.len() == 1 && more);
        let ended = alice.certificate.validity().not_after + time::Duration::SECOND;
        assert!(of_inventory(inventory, 2, ended)?.0.is_empty());
        Ok(())
    }
}
