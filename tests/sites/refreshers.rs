//! Who runs the refresh script: two at once, and root for an owner without a name.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;

use super::Running;
use super::units::command_of;
use crate::support::authority::PKI;
use crate::support::process::wait_for;
use crate::support::{Authority, entries_below, files_below, finish, hermetic, path_text, tool};

#[test]
fn of_two_refreshes_at_once_one_waits_for_the_other_and_all_files_are_whole() {
    let authority = Authority::init(&[]);
    let Some(server) = Running::start("nginx", &authority, None) else {
        return;
    };
    server.refresh(&authority);
    let file = |name: &str| server.directory().join(name);
    let (workers, loaded) = (server.workers(), fs::read(file(".loaded")).unwrap());
    authority.pki(&["crl"]).ok();
    // While somebody else holds the lock, both wait for it.
    let lock = fs::File::open(file(".lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let inode = format!(":{}", lock.metadata().unwrap().ino());
    let is_waiting = |line: &&str| {
        line.contains("-> FLOCK") && line.split(' ').any(|word| word.ends_with(&inode))
    };
    let ended = std::thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(|| server.run_refresh(&authority)));
        wait_for("both wait", || {
            let locks = fs::read_to_string("/proc/locks").unwrap();
            (locks.lines().filter(is_waiting).count() == 2).then_some(())
        });
        assert_eq!(fs::read(file(".loaded")).unwrap(), loaded);
        drop(lock);
        both.map(|one| one.join().unwrap())
    });
    for one in ended {
        let said = one.ok().said();
        assert!(!said.contains("[warn]"), "{said}");
    }
    server.has_read_since(&workers);
    assert_ne!(fs::read(file(".loaded")).unwrap(), loaded);
    assert!(!file(".loaded.new").exists());
    let crls = fs::read_to_string(file("crl.pem")).unwrap();
    for whole in ["BEGIN X509 CRL", "END X509 CRL"] {
        assert_eq!(crls.matches(whole).count(), 2, "{crls}");
    }
    // Whoever cannot open it cannot hold it.
    let mode = fs::metadata(file(".lock")).unwrap().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn root_refreshes_for_an_owner_who_has_no_name_and_the_files_stay_the_owners() {
    /// Nobody whom this machine knows, as `stat -c %U` and `id` say.
    const OWNER: u32 = 54321;
    if !geteuid().is_root() || tool("setpriv").is_none() {
        return;
    }
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    // Where its owner can reach it.
    let program = authority.path("pki");
    fs::copy(PKI, &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let data = authority.data();
    let mut configure = hermetic(&program, authority.home());
    finish(configure.args(["--ca-data", path_text(&data), "server-config", "nginx"])).ok();
    authority.pki(&["crl"]).ok();
    for entry in entries_below(authority.home()) {
        lchown(entry, Some(OWNER), Some(OWNER)).unwrap();
    }
    fs::set_permissions(authority.home(), fs::Permissions::from_mode(0o711)).unwrap();
    let crl = data.join("sites/nginx/crl.pem");
    let before = fs::read(&crl).unwrap();
    // With no more rights than systemd leaves to it.
    let unit = data.join("sites/nginx/pki-nginx.service");
    let Some(mut refresh) = command_of(&unit, &authority) else {
        return;
    };
    let refreshed = finish(&mut refresh);
    let said = refreshed.ok().err();
    assert!(said.contains("nginx is not running"), "{said}");
    assert_ne!(fs::read(&crl).unwrap(), before);
    for file in files_below(&data) {
        let owner = fs::symlink_metadata(&file).unwrap().uid();
        assert_eq!(owner, OWNER, "{}", file.display());
    }
}
