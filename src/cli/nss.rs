//! What the commands give to `trust::nss` of the environment: the user's home, NSS's programs, and a place for small files.

use std::path::{Path, PathBuf};

use super::secrets;
use crate::error::{Error, ErrorKind, Result};
use crate::trust::nss::{Home, Programs};

/// The home of the user who runs this.
pub(super) fn home() -> Result<Home> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let home = home.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            "it is not known where this user's home is, and so where the browsers keep their databases",
        )
        .with_hint("Set HOME, or name a database with --nssdb DIR.")
    })?;
    Ok(home_at(home))
}

/// A home directory with what else the environment says of it.
pub(super) fn home_at(home: PathBuf) -> Home {
    let variable = std::env::var_os;
    Home::new(
        home,
        variable("XDG_CONFIG_HOME"),
        variable("XDG_DATA_HOME"),
        variable("PATH").unwrap_or_default(),
    )
}

/// NSS's programs, with the password of the databases where a file gives one.
pub(super) fn programs(password_file: Option<&Path>) -> Result<Programs> {
    let password = password_file.map(secrets::read).transpose()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    Programs::find(&path, &std::env::temp_dir(), password.as_ref())
}
