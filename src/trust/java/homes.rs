//! Where Java installations lie.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::program::Program;
use super::super::{Surroundings, owner};

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
    /// Whether that user could have put another program there: root may have HOME from somebody else.
    pub(super) is_of_another_user: bool,
}

/// Every keystore once, that of JAVA_HOME first.
pub(super) fn places(surroundings: &Surroundings) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let theirs = home_of_another(&surroundings.home);
    let is_theirs = |path: &Path| {
        theirs.as_ref().is_some_and(|theirs| {
            // A link that lies there counts as what it leads to.
            path.starts_with(&surroundings.home)
                || path.canonicalize().is_ok_and(|it| it.starts_with(theirs))
        })
    };
    for home in homes(surroundings) {
        let files = KEYSTORES.iter().map(|keystore| home.join(keystore));
        for file in files.filter_map(|file| file.canonicalize().ok()) {
            if places.iter().all(|place| place.file != file) {
                places.push(Place {
                    is_of_another_user: is_theirs(&home) || is_theirs(&file),
                    home: home.clone(),
                    file,
                });
            }
        }
    }
    places
}

/// The home directory, where it is not of the user who runs this; the root of the file system is nobody's home.
fn home_of_another(home: &Path) -> Option<PathBuf> {
    let home = home.canonicalize().ok()?;
    let is_another = owner::check(&home).is_err();
    (is_another && home.parent().is_some()).then_some(home)
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
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::super::super::nss::Home;
    use super::*;
    use crate::secret::Secret;
    use crate::testing::TestAuthority;

    fn surroundings(root: &Path) -> Surroundings {
        Surroundings {
            home: root.join("home"),
            path: OsString::new(),
            browsers: Home::new(root.join("home"), None, None, OsString::new()),
            nss_password: None,
            environment: Vec::new(),
            java_home: None,
            java_password: Secret::chosen("changeit"),
            temporary: root.to_path_buf(),
            root: root.to_path_buf(),
        }
    }

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
        let mut surroundings = surroundings(&root);
        surroundings.path = root.join("bin").into();
        surroundings.java_home = Some(root.join("opt/own"));
        let found = places(&surroundings);
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

    #[test]
    fn what_lies_in_the_home_of_another_user_is_known_however_it_was_found() {
        if !rustix::process::geteuid().is_root() {
            // Only root can give a directory to somebody else.
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for home in ["home/.jdks/a", "home/own", "elsewhere/b", "usr/lib/jvm/c"] {
            let security = root.join(home).join("lib/security");
            fs::create_dir_all(&security).unwrap();
            fs::write(security.join("cacerts"), "").unwrap();
        }
        symlink(root.join("elsewhere/b"), root.join("home/.jdks/b")).unwrap();
        symlink(root.join("home/own"), root.join("linked")).unwrap();
        let mut surroundings = surroundings(&root);
        surroundings.java_home = Some(root.join("linked"));
        let found = || {
            let places = places(&surroundings).into_iter();
            places.map(|it| it.is_of_another_user).collect::<Vec<_>>()
        };
        assert_eq!(found(), [false; 4]);
        chown(root.join("home"), Some(65534), Some(65534)).unwrap();
        assert_eq!(found(), [true, false, true, true]);
        let store = super::super::stores(&surroundings).remove(0);
        let authority = TestAuthority::new().unwrap();
        let refused = store.standing(authority.root.certificate()).unwrap_err();
        assert_eq!(refused.hint(), Some("Run the command as that user."));
    }
}
