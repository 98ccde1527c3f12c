//! Which roots the system trusts, and which of them were added on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use super::anchors;
use crate::file;

/// Where systems keep the roots that they trust, in one file, beside those that this program knows to change.
const BUNDLES: [&str; 3] = [
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "etc/ssl/cert.pem",
];
/// Where Debian, Ubuntu and Alpine keep Mozilla's list, a file for each root.
const DISTRIBUTED: &str = "usr/share/ca-certificates/mozilla";
/// How deep below an administrator's directory anchors are looked for.
const DEPTH: usize = 4;

/// The roots that a system trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemRoots {
    /// The file in which all of them lie.
    pub bundle: PathBuf,
    /// Those of the distribution's own list, each in DER. All distributions take it from Mozilla, as browsers do.
    pub distributed: Vec<Vec<u8>>,
    /// Those that were added on this machine.
    pub added: Vec<Vec<u8>>,
}

/// Reads the roots that the system whose files begin at `root` trusts; nothing where it keeps them elsewhere than Linux does.
///
/// Added is what lies in an administrator's directory of anchors, and, where the distribution has a file for each of its roots,
/// what lies in none of these.
pub fn system_roots(root: &Path) -> Option<SystemRoots> {
    let mut bundles = anchors::bundles().chain(BUNDLES).map(|it| root.join(it));
    let (bundle, contents) =
        bundles.find_map(|path| Some((path.clone(), file::read(&path).ok()?)))?;
    let of_the_administrator: Vec<_> = anchors::directories()
        .flat_map(|it| certificates_below(&root.join(it), DEPTH))
        .collect();
    let listed = certificates_below(&root.join(DISTRIBUTED), 1);
    let is_added = |der: &Vec<u8>| {
        !listed.contains(der) && (!listed.is_empty() || of_the_administrator.contains(der))
    };
    let (added, distributed) = certificates(contents).into_iter().partition(is_added);
    Some(SystemRoots {
        bundle,
        distributed,
        added,
    })
}

/// The certificates in the files of a directory, and of those below it.
fn certificates_below(directory: &Path, depth: usize) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if !path.is_dir() {
            found.extend(file::read(&path).map(certificates).unwrap_or_default());
        } else if depth > 1 {
            found.extend(certificates_below(&path, depth - 1));
        }
    }
    found
}

/// The certificates of a file: of PEM any number, of DER one.
fn certificates(contents: Vec<u8>) -> Vec<Vec<u8>> {
    let blocks = pem::parse_many(&contents).unwrap_or_default();
    if blocks.is_empty() {
        return vec![contents];
    }
    let certificates = blocks
        .into_iter()
        .filter(|it| it.tag().ends_with("CERTIFICATE"));
    certificates.map(pem::Pem::into_contents).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::testing::TestAuthority;

    #[test]
    fn what_an_administrator_added_is_told_from_what_the_distribution_has() -> Result<()> {
        let (public, ours) = (
            TestAuthority::named("public", Default::default())?,
            TestAuthority::named("ours", Default::default())?,
        );
        let [public, ours] = [&public, &ours].map(|it| it.root.certificate());
        let system = |bundle: &str, anchors: &str, has_list: bool| {
            let directory = tempfile::tempdir().unwrap();
            let write = |path: &str, text: &str| {
                let path = directory.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            };
            write(bundle, &format!("{}{}", public.pem(), ours.pem()));
            write(&format!("{anchors}/deep/ours.crt"), &ours.pem());
            if has_list {
                write(&format!("{DISTRIBUTED}/public.crt"), &public.pem());
            }
            let told = system_roots(directory.path()).unwrap();
            assert_eq!(told.bundle, directory.path().join(bundle));
            (told.distributed, told.added)
        };
        let expected = (vec![public.der().to_vec()], vec![ours.der().to_vec()]);
        let debian = "etc/ssl/certs/ca-certificates.crt";
        let there = "usr/local/share/ca-certificates";
        assert_eq!(system(debian, there, true), expected);
        // What lies in none of the distribution's files was added, wherever it came from.
        assert_eq!(system(debian, "elsewhere", true), expected);
        let fedora = "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
        let there = "etc/pki/ca-trust/source/anchors";
        assert_eq!(system(fedora, there, false), expected);
        Ok(())
    }

    #[test]
    fn a_system_that_keeps_its_roots_elsewhere_tells_none() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(system_roots(directory.path()), None);
    }
}
