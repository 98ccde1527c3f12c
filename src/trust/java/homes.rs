//! Where Java installations lie.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::Surroundings;
use super::super::program::Program;

/// Directories whose entries are installations: Debian, Fedora and Arch; Oracle's package.
const OF_THE_SYSTEM: [&str; 2] = ["usr/lib/jvm", "usr/java"];
/// The same on macOS, where the installation lies deeper.
const OF_MACOS: &str = "Library/Java/JavaVirtualMachines";
/// The same in a home directory: SDKMAN, IntelliJ IDEA.
const OF_THE_USER: [&str; 2] = [".sdkman/candidates/java", ".jdks"];
/// The keystore in an installation: from Java 9 on, or of a JRE; in a JDK up to 8.
const KEYSTORES: [&str; 2] = ["lib/security/cacerts", "jre/lib/security/cacerts"];

/// A keystore and the installation by which it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) home: PathBuf,
    /// Without symbolic links: several installations may share one.
    pub(super) file: PathBuf,
}

/// Every keystore once, that of JAVA_HOME first.
pub(super) fn places(surroundings: &Surroundings) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for home in homes(surroundings) {
        let files = KEYSTORES.iter().map(|keystore| home.join(keystore));
        for file in files.filter_map(|file| file.canonicalize().ok()) {
            if places.iter().all(|place| place.file != file) {
                let home = home.clone();
                places.push(Place { home, file });
            }
        }
    }
    places
}

fn homes(surroundings: &Surroundings) -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> = surroundings.java_home.clone().into_iter().collect();
    let java = Program::find("java", surroundings);
    let java = java.and_then(|java| java.path.canonicalize().ok());
    homes.extend(
        java.as_deref()
            .and_then(Path::parent)
            .and_then(Path::parent)
            .map(Path::to_path_buf),
    );
    for directory in OF_THE_SYSTEM {
        homes.extend(below(&surroundings.root.join(directory)));
    }
    let macos = below(&surroundings.root.join(OF_MACOS)).into_iter();
    homes.extend(macos.map(|installation| installation.join("Contents/Home")));
    for directory in OF_THE_USER {
        homes.extend(below(&surroundings.home.join(directory)));
    }
    homes
}

fn below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::super::super::nss::Home;
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_keystore_that_installations_share_is_found_once_and_that_of_java_home_first() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let keystore = |home: &str| {
            let file = root.join(home).join("lib/security/cacerts");
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            file
        };
        let shared = root.join("etc/ssl/certs/java/cacerts");
        fs::create_dir_all(shared.parent().unwrap()).unwrap();
        fs::write(&shared, "").unwrap();
        for home in ["usr/lib/jvm/a", "usr/lib/jvm/b"] {
            symlink(&shared, keystore(home)).unwrap();
        }
        for home in [
            "opt/own",
            "opt/on-path",
            "usr/lib/jvm/c/jre",
            "home/.jdks/d",
        ] {
            fs::write(keystore(home), "").unwrap();
        }
        let java = root.join("opt/on-path/bin/java");
        fs::create_dir_all(java.parent().unwrap()).unwrap();
        fs::write(&java, "").unwrap();
        fs::set_permissions(&java, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        symlink(&java, root.join("bin/java")).unwrap();
        let found = places(&Surroundings {
            home: root.join("home"),
            path: root.join("bin").into(),
            browsers: Home::new(root.join("home"), None, None, OsString::new()),
            nss_password: None,
            environment: Vec::new(),
            java_home: Some(root.join("opt/own")),
            java_password: Secret::chosen("changeit"),
            temporary: root.clone(),
            root: root.clone(),
        });
        let found: Vec<_> = found
            .iter()
            .map(|place| place.file.strip_prefix(&root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            found,
            [
                "opt/own/lib/security/cacerts",
                "opt/on-path/lib/security/cacerts",
                "etc/ssl/certs/java/cacerts",
                "usr/lib/jvm/c/jre/lib/security/cacerts",
                "home/.jdks/d/lib/security/cacerts",
            ]
        );
    }
}
