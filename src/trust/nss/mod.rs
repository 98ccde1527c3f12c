//! NSS databases: where Chromium on Linux and Firefox keep certificates, private keys and what they trust.
//!
//! A database is a directory with `cert9.db` (certificates and trust) and `key4.db` (private keys), both SQLite. [`databases`] finds
//! those of a user; [`Programs`] are NSS's own `certutil` and `pk12util`, which alone read and write them here, so that what
//! is written is what NSS itself would have written. Several processes may share a database, and a running Chromium takes what
//! is added. A profile that Firefox has locked is nevertheless left alone ([`Database::in_use`]): the lock is Firefox's word that
//! nobody else is to change it. `docs/nss.md` says what was measured.

mod database;
mod entries;
mod keys;
mod places;
mod profiles;
mod programs;
mod roots;
mod unnamed;

pub use database::Bundled;
pub use entries::Entry;
pub use keys::Keyring;
pub use places::{Browser, Database, Home, databases};
pub use programs::Programs;
pub use roots::{Rooted, root_nickname};

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
