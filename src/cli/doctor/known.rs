//! What this machine knows of certificate authorities: ours, those of the system, and which stores trust ours.

use std::path::Path;

use super::super::context::Context;
use super::super::trust::surroundings;
use crate::certificate::Certificate;
use crate::doctor::{Known, StandingIn};
use crate::error::Result;
use crate::file;
use crate::inventory::{Inventory, Record, Status};
use crate::profile::Profile;
use crate::trust::{self, Kind, Standing};

/// Where systems keep the roots that they trust, in one file.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Gathers it; where there is no CA here, its root may stand in the bundle.
pub(super) fn gather(
    context: &Context,
    inventory: Option<&Inventory>,
    bundle: &[Certificate],
) -> Result<Known> {
    let mut authorities: Vec<_> = bundle.iter().skip(1).cloned().collect();
    let mut root = authorities.iter().find(|it| it.is_self_issued()).cloned();
    if let Some(inventory) = inventory {
        let now = context.now();
        let valid = |record: &Record| record.status(now) == Status::Valid;
        let current = inventory.current_authority(Profile::Root)?;
        root = current.filter(valid).map(|it| it.certificate).or(root);
        for record in inventory.authorities()?.into_iter().filter(valid) {
            if !authorities.contains(&record.certificate) {
                authorities.push(record.certificate);
            }
        }
    }
    let stores = match &root {
        Some(root) => stores(root),
        None => Vec::new(),
    };
    Ok(Known {
        root,
        authorities,
        system: system(),
        stores,
    })
}

/// The roots that the system trusts; none where they lie elsewhere.
fn system() -> Vec<Vec<u8>> {
    let found = SYSTEM
        .iter()
        .find_map(|path| file::read(Path::new(path)).ok());
    let blocks = pem::parse_many(found.unwrap_or_default()).unwrap_or_default();
    let certificates = blocks.into_iter().filter(|it| it.tag() == "CERTIFICATE");
    certificates.map(pem::Pem::into_contents).collect()
}

/// How the stores that browsers ask stand to the root; one that cannot be looked into does not trust it.
fn stores(root: &Certificate) -> Vec<StandingIn> {
    let surroundings = surroundings(None, None);
    let mut told = Vec::new();
    for kind in [Kind::System, Kind::Nss] {
        for store in trust::stores(kind, &surroundings) {
            let standing = trust::status(store.as_ref(), root).standing;
            told.push(StandingIn {
                store: kind.as_str(),
                place: store.place(),
                trusted: matches!(standing, Some(Standing::Installed | Standing::Foreign(_))),
            });
        }
    }
    told
}
