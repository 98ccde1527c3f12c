//! Keystores by a program that stands in for keytool: what it lists is what lies in the file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::nss::Home;
use super::super::{Outcome, Standing, Surroundings, install, status};
use super::stores;
use crate::certificate::Certificate;
use crate::file::{self, Wait};
use crate::secret::Secret;
use crate::testing::TestAuthority;

/// An installation with an empty keystore.
struct Java {
    _directory: TempDir,
    surroundings: Surroundings,
    keystore: PathBuf,
}

impl Java {
    /// While something is imported, the program runs this line of shell, in which `$KEYSTORE` is the file in use.
    fn new(meanwhile: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let home = root.join("usr/lib/jvm/a");
        let keystore = home.join("lib/security/cacerts");
        for made in ["lib/security", "bin"] {
            fs::create_dir_all(home.join(made)).unwrap();
        }
        fs::write(&keystore, "").unwrap();
        let script = format!(
            "#!/bin/sh
            KEYSTORE={}
            for word; do
                case $before in -keystore) file=$word ;; -alias) alias=$word ;; esac
                before=$word
            done
            case \"$*\" in
            *-importcert*) {meanwhile}; printf '\\nAlias name: %s\\n' $alias >>$file; cat >>$file ;;
            *) cat $file ;;
            esac\n",
            keystore.display()
        );
        let keytool = home.join("bin/keytool");
        fs::write(&keytool, script).unwrap();
        fs::set_permissions(&keytool, fs::Permissions::from_mode(0o755)).unwrap();
        let surroundings = Surroundings {
            home: root.join("home"),
            path: OsString::new(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            browsers: Home::new(root.join("home"), None, None, OsString::new()),
            nss_password: None,
            java_home: None,
            java_password: Secret::chosen("changeit"),
            temporary: root.clone(),
            root,
        };
        Self {
            _directory: directory,
            surroundings,
            keystore,
        }
    }

    fn directory(&self) -> &Path {
        self.keystore.parent().unwrap()
    }

    fn install(&self, root: &Certificate) -> Outcome {
        install(stores(&self.surroundings).remove(0).as_ref(), root, "")
    }

    fn files(&self) -> usize {
        fs::read_dir(self.directory()).unwrap().count()
    }
}

#[test]
fn what_another_program_wrote_meanwhile_is_not_lost() {
    let authority = TestAuthority::new().unwrap();
    let root = authority.root.certificate();
    assert!(Java::new("true").install(root).error.is_none());

    let theirs = "echo theirs >>$KEYSTORE";
    let java = Java::new(theirs);
    let refused = java.install(root).error.unwrap();
    assert!(refused.message().contains("meanwhile"), "{refused:?}");
    assert_eq!(fs::read(&java.keystore).unwrap(), b"theirs\n");
    assert_eq!(java.files(), 1);
}

#[test]
fn the_copy_of_a_command_that_is_still_running_stays() {
    let authority = TestAuthority::new().unwrap();
    let root = authority.root.certificate();
    let java = Java::new("true");
    let copy = java.directory().join(".cacerts.0123456789abcdef.tmp");
    fs::write(&copy, "").unwrap();
    let running = file::lock(java.directory(), Wait::No).unwrap().unwrap();
    let refused = java.install(root).error.unwrap();
    assert!(
        refused.message().starts_with("another command"),
        "{refused:?}"
    );
    assert!(copy.exists());
    drop(running);
    assert!(java.install(root).error.is_none());
    assert_eq!(java.files(), 1);
}

#[test]
fn a_root_in_the_chain_of_a_key_is_not_trusted_by_that() {
    let authority = TestAuthority::new().unwrap();
    let root = authority.root.certificate();
    let issuing = authority.issuing.certificate();
    let java = Java::new("true");
    let stands = |chain: [&Certificate; 2]| {
        let [own, above] = chain.map(Certificate::pem);
        fs::write(&java.keystore, format!("\nAlias name: key\n{own}{above}")).unwrap();
        status(stores(&java.surroundings).remove(0).as_ref(), root).standing
    };
    assert_eq!(stands([issuing, root]), Some(Standing::Absent));
    // A key's own certificate is, whatever it is.
    let foreign = Standing::Foreign("key".to_owned());
    assert_eq!(stands([root, issuing]), Some(foreign));
}
