//! `openssl s_server`.

use super::program::{self, Served};
use super::{File, Site, Software};

/// The script, and what keeps its CRLs current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let served = Served {
        title: "openssl s_server",
        but: "",
        notes: include_str!("notes"),
        command: include_str!("command"),
    };
    program::served(site, Software::OpenSsl, &served)
}
