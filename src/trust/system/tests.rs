//! Systems that are not this one, by programs that stand in for theirs and note what they were told.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::super::nss::Home;
use super::super::{
    Kind, Outcome, Standing, Surroundings, install, name_of, status, stores, uninstall,
};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::secret::Secret;
use crate::testing::TestAuthority;

/// A file system of its own with one program in it.
struct Elsewhere {
    directory: TempDir,
    surroundings: Surroundings,
}

impl Elsewhere {
    /// The program notes its arguments, a line a run, and goes on with this script; `ROOT` is where the file system begins.
    fn new(program: &str, script: &str, directories: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_owned();
        for name in directories.iter().chain(&["bin", "tmp"]) {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        let text = format!(
            "#!/bin/sh\nset -e\nROOT={0}\necho \"$*\" >>{0}/told\n{script}\n",
            root.display()
        );
        let path = root.join("bin").join(program);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let surroundings = Surroundings {
            home: root.join("home"),
            path: root.join("bin").into(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            browsers: Home::new(root.join("home"), None, None, OsString::new()),
            nss_password: None,
            java_home: None,
            java_password: Secret::chosen("changeit"),
            temporary: root.join("tmp"),
            root,
        };
        Self {
            directory,
            surroundings,
        }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// Lets the program do its work, as an administrator would.
    fn update(&self, program: &str) {
        let ran = Command::new(self.path("bin").join(program)).status();
        assert!(ran.unwrap().success());
    }

    /// What the program was told, with the place of this file system left out.
    fn told(&self) -> String {
        let told = fs::read_to_string(self.path("told")).unwrap_or_default();
        told.replace(&format!("{}/", self.directory.path().display()), "/")
    }

    /// Does something with the one store of the system.
    fn with(&self, act: impl Fn(&dyn super::Store) -> Outcome) -> Outcome {
        let stores = stores(Kind::System, &self.surroundings);
        assert_eq!(stores.len(), 1);
        stores
            .iter()
            .map(|store| act(store.as_ref()))
            .next()
            .unwrap()
    }

    /// Installs, installs again, and takes out; the standings in between.
    fn there_and_back(&self, root: &Certificate) -> Vec<(Option<Standing>, bool)> {
        let steps = [
            self.with(|store| status(store, root)),
            self.with(|store| install(store, root, "")),
            self.with(|store| install(store, root, "")),
            self.with(|store| uninstall(store, root, "")),
            self.with(|store| uninstall(store, root, "")),
        ];
        let told = steps.into_iter().map(|outcome| {
            assert!(outcome.error.is_none(), "{:?}", outcome.error);
            (outcome.standing, outcome.changed)
        });
        told.collect()
    }
}

fn expected() -> Vec<(Option<Standing>, bool)> {
    vec![
        (Some(Standing::Absent), false),
        (Some(Standing::Installed), true),
        (Some(Standing::Installed), false),
        (Some(Standing::Absent), true),
        (Some(Standing::Absent), false),
    ]
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn anchors_lie_where_each_system_has_them_and_its_program_makes_the_rest() -> Result<()> {
    let authority = TestAuthority::new()?;
    let root = authority.root.certificate();
    // Which program, where the anchors lie, how they end, what is made from them, and what takes out what was made.
    for (program, anchors, ending, bundle, removal) in [
        (
            "update-ca-certificates",
            "usr/local/share/ca-certificates",
            "crt",
            "etc/ssl/certs/ca-certificates.crt",
            "--fresh",
        ),
        (
            "update-ca-certificates",
            "etc/pki/trust/anchors",
            "pem",
            "var/lib/ca-certificates/ca-bundle.pem",
            "--fresh",
        ),
        (
            "update-ca-trust",
            "etc/pki/ca-trust/source/anchors",
            "pem",
            "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
            "",
        ),
        (
            "update-ca-trust",
            "etc/ca-certificates/trust-source/anchors",
            "pem",
            "etc/ca-certificates/extracted/tls-ca-bundle.pem",
            "",
        ),
    ] {
        let made_in = Path::new(bundle).parent().unwrap().to_str().unwrap();
        let script = format!("cat /dev/null $(ls -d $ROOT/{anchors}/*) >$ROOT/{bundle}");
        let elsewhere = Elsewhere::new(program, &script, &[anchors, made_in]);
        let by_hand = elsewhere.path(anchors).join("theirs.pem");
        fs::write(&by_hand, authority.issuing.certificate().pem()).unwrap();
        assert_eq!(elsewhere.there_and_back(root), expected(), "{anchors}");
        assert_eq!(elsewhere.told(), format!("\n{removal}\n"), "{anchors}");
        assert_eq!(files(&elsewhere.path(anchors)), [by_hand], "{anchors}");
        assert_eq!(files(&elsewhere.path(made_in)), [elsewhere.path(bundle)]);

        elsewhere.with(|store| install(store, root, ""));
        let anchor = format!("{anchors}/{}.{ending}", name_of(root));
        let mode = fs::metadata(elsewhere.path(&anchor))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o644, "{anchor}");
    }
    Ok(())
}

#[test]
fn a_root_that_the_system_distrusts_is_told_as_not_installed() -> Result<()> {
    let authority = TestAuthority::new()?;
    let root = authority.root.certificate();
    let (anchors, made_in) = (
        "etc/pki/ca-trust/source/anchors",
        "etc/pki/ca-trust/extracted/pem",
    );
    let elsewhere = Elsewhere::new("update-ca-trust", "true", &[anchors, made_in]);
    let outcome = elsewhere.with(|store| install(store, root, ""));
    assert!(outcome.error.is_some());
    assert_eq!(outcome.standing, Some(Standing::Unfinished));
    assert_eq!(
        elsewhere.with(|store| uninstall(store, root, "")).standing,
        Some(Standing::Absent)
    );
    assert!(files(&elsewhere.path(anchors)).is_empty());
    Ok(())
}

#[test]
fn what_may_not_be_written_is_not_attempted_and_the_mend_is_told() -> Result<()> {
    if rustix::process::geteuid().is_root() {
        // Root may; tests/trust/rights.rs looks at a user.
        return Ok(());
    }
    let authority = TestAuthority::new()?;
    let (anchors, made_in) = (
        "etc/pki/ca-trust/source/anchors",
        "etc/pki/ca-trust/extracted/pem",
    );
    let elsewhere = Elsewhere::new("update-ca-trust", "true", &[anchors, made_in]);
    let locked = fs::Permissions::from_mode(0o555);
    fs::set_permissions(elsewhere.path(anchors), locked).unwrap();
    let outcome =
        elsewhere.with(|store| install(store, authority.root.certificate(), "this does it."));
    let error = outcome.error.unwrap();
    assert_eq!(error.hint(), Some("this does it."));
    assert_eq!(elsewhere.told(), "");
    Ok(())
}

#[test]
fn macos_is_told_to_trust_the_root_in_the_systems_keychain() -> Result<()> {
    let authority = TestAuthority::new()?;
    let root = authority.root.certificate();
    let script = "
        keychain=$ROOT/Library/Keychains/System.keychain
        case $1 in
        find-certificate) cat $keychain ;;
        verify-cert) test -f $ROOT/trusted ;;
        add-trusted-cert) cat $7 >>$keychain; touch $ROOT/trusted ;;
        remove-trusted-cert) rm $ROOT/trusted ;;
        delete-certificate) : >$keychain ;;
        esac";
    let elsewhere = Elsewhere::new("security", script, &["Library/Keychains"]);
    fs::write(elsewhere.path("Library/Keychains/System.keychain"), "").unwrap();
    if !rustix::process::geteuid().is_root() {
        let refused = elsewhere.with(|store| install(store, root, "this does it."));
        assert_eq!(refused.error.unwrap().hint(), Some("this does it."));
        return Ok(());
    }
    assert_eq!(elsewhere.there_and_back(root), expected());
    let told = elsewhere.told();
    let mut changes = told
        .lines()
        .filter(|line| !line.starts_with("find-certificate ") && !line.starts_with("verify-cert "));
    let keychain = "/Library/Keychains/System.keychain";
    let added = changes.next().unwrap();
    assert!(
        added.starts_with(&format!(
            "add-trusted-cert -d -r trustRoot -k {keychain} /tmp/.pki-"
        )),
        "{added}"
    );
    let distrusted = changes.next().unwrap();
    assert!(
        distrusted.starts_with("remove-trusted-cert -d /tmp/.pki-"),
        "{distrusted}"
    );
    let digest = super::sha1(root).to_uppercase();
    assert_eq!(
        changes.next(),
        Some(format!("delete-certificate -Z {digest} {keychain}").as_str())
    );
    assert_eq!(changes.next(), None);
    assert!(files(&elsewhere.path("tmp")).is_empty());

    // One that lies there without a setting is not trusted: it is finished, or taken out without one.
    let keychain = elsewhere.path("Library/Keychains/System.keychain");
    for act in [install, uninstall] {
        fs::write(&keychain, root.pem()).unwrap();
        let before = elsewhere.with(|store| status(store, root)).standing;
        assert_eq!(before, Some(Standing::Unfinished));
        let outcome = elsewhere.with(|store| act(store, root, ""));
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        let _ = fs::remove_file(elsewhere.path("trusted"));
    }
    assert_eq!(fs::read(&keychain).unwrap(), b"");
    Ok(())
}

#[test]
fn p11_kit_is_no_store_of_macos() {
    let elsewhere = Elsewhere::new("trust", "true", &["Library/Keychains"]);
    assert_eq!(stores(Kind::System, &elsewhere.surroundings).len(), 1);
    fs::write(elsewhere.path("Library/Keychains/System.keychain"), "").unwrap();
    assert!(stores(Kind::System, &elsewhere.surroundings).is_empty());
}

#[test]
fn windows_is_told_to_add_the_root_to_the_machines_roots() -> Result<()> {
    let authority = TestAuthority::new()?;
    let root = authority.root.certificate();
    let digest = super::sha1(root);
    // As versions up to 7 print it, with a space behind each octet.
    let spaced: Vec<_> = digest
        .as_bytes()
        .chunks(2)
        .map(String::from_utf8_lossy)
        .collect();
    let spaced = spaced.join(" ");
    let script = format!(
        "case $1 in
        -store) test ! -f $ROOT/locked; test ! -f $ROOT/{digest} || echo 'Cert Hash(sha1): {spaced}' ;;
        -addstore) test -f $4 && touch $ROOT/{digest} ;;
        -delstore) rm $ROOT/$3 ;;
        esac"
    );
    let elsewhere = Elsewhere::new("certutil.exe", &script, &[]);
    assert_eq!(elsewhere.there_and_back(root), expected());
    let told = elsewhere.told();
    let mut changes = told.lines().filter(|line| !line.starts_with("-store "));
    // A bare name, because a path of Linux means nothing there.
    let added = changes.next().unwrap();
    assert!(
        added.starts_with("-addstore -f Root .pki-") && !added.contains('/'),
        "{added}"
    );
    assert_eq!(
        changes.next(),
        Some(format!("-delstore Root {digest}").as_str())
    );
    assert!(told.lines().any(|line| line == "-store Root"));
    assert!(files(&elsewhere.path("tmp")).is_empty());

    // What cannot be listed is not told as absent.
    fs::write(elsewhere.path("locked"), "").unwrap();
    for act in [install, uninstall] {
        let outcome = elsewhere.with(|store| act(store, root, ""));
        assert!(outcome.error.is_some());
        assert_eq!(outcome.standing, None);
    }
    Ok(())
}

#[test]
fn a_keystore_of_java_that_is_made_from_the_systems_store_is_ours_with_it_and_never_changed_alone()
-> Result<()> {
    let authority = TestAuthority::new()?;
    let root = authority.root.certificate();
    let (anchors, made) = (
        "etc/pki/ca-trust/source/anchors",
        "etc/pki/ca-trust/extracted",
    );
    let (pem, java) = (format!("{made}/pem"), format!("{made}/java"));
    // The keystore stands as keytool would list it, under the subject's name.
    let script = format!(
        "cat /dev/null $(ls -d $ROOT/{anchors}/*) >$ROOT/{pem}/tls-ca-bundle.pem
        {{ printf '\\nAlias name: testroot\\n'; cat $ROOT/{pem}/tls-ca-bundle.pem; }} >$ROOT/{java}/cacerts"
    );
    let security = "usr/lib/jvm/java-21/lib/security";
    let directories = [anchors, &pem, &java, security, "usr/lib/jvm/java-21/bin"];
    let elsewhere = Elsewhere::new("update-ca-trust", &script, &directories);
    let keystore = elsewhere.path(&format!("{java}/cacerts"));
    fs::write(&keystore, "").unwrap();
    std::os::unix::fs::symlink(&keystore, elsewhere.path(security).join("cacerts")).unwrap();
    let keytool = elsewhere.path("usr/lib/jvm/java-21/bin/keytool");
    fs::write(&keytool, format!("#!/bin/sh\ncat {}\n", keystore.display())).unwrap();
    fs::set_permissions(&keytool, fs::Permissions::from_mode(0o755)).unwrap();
    let java = || stores(Kind::Java, &elsewhere.surroundings).remove(0);
    let stands = || status(java().as_ref(), root).standing;

    assert_eq!(stands(), Some(Standing::Absent));
    let refused = install(java().as_ref(), root, "").error.unwrap();
    assert!(
        refused.hint().unwrap().contains("--store system"),
        "{refused:?}"
    );
    elsewhere.with(|store| install(store, root, ""));
    assert_eq!(stands(), Some(Standing::Installed));
    assert!(install(java().as_ref(), root, "").error.is_none());
    let refused = uninstall(java().as_ref(), root, "").error.unwrap();
    assert!(
        refused.hint().unwrap().contains("--store system"),
        "{refused:?}"
    );
    elsewhere.with(|store| uninstall(store, root, ""));
    assert_eq!(stands(), Some(Standing::Absent));

    fs::write(elsewhere.path(anchors).join("theirs.pem"), root.pem()).unwrap();
    elsewhere.update("update-ca-trust");
    assert_eq!(stands(), Some(Standing::Foreign("testroot".to_owned())));
    Ok(())
}
