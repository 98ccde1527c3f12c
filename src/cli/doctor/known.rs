//! What this machine knows of certificate authorities: ours, and those of the system.

use std::path::Path;

use super::super::context::Context;
use crate::certificate::Certificate;
use crate::doctor::{Known, SystemRoots};
use crate::error::Result;
use crate::inventory::{Inventory, Record, Status};
use crate::profile::Profile;
use crate::trust;

/// Gathers it, without the browsers' databases; where there is no CA here, its root may stand in the bundle.
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
    Ok(Known {
        root,
        authorities,
        system: system(),
        databases: Vec::new(),
    })
}

/// The roots that the system trusts; none where they lie elsewhere.
fn system() -> SystemRoots {
    let roots = trust::system_roots(Path::new("/"));
    roots.map_or_else(SystemRoots::default, |roots| SystemRoots {
        place: Some(roots.bundle.display().to_string()),
        distributed: roots.distributed,
        added: roots.added,
    })
}
