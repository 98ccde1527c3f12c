//! Debian's store: `update-ca-certificates`, and who reads what it makes.

use std::fs;

use super::{CONSTRAINED, Machine, name, one};
use crate::support::{Authority, Server, Tree, tool};

const SYSTEM: [&str; 2] = ["--store", "system"];

fn install(machine: &Machine, authority: &Authority) -> Vec<[String; 2]> {
    machine.stores(authority, &[&["install"], &SYSTEM[..]].concat())
}

fn uninstall(machine: &Machine, authority: &Authority) -> Vec<[String; 2]> {
    machine.stores(authority, &[&["uninstall"], &SYSTEM[..]].concat())
}

fn status(machine: &Machine, authority: &Authority) -> Vec<[String; 2]> {
    machine.stores(authority, &[&["status"], &SYSTEM[..]].concat())
}

#[test]
fn curl_and_openssl_trust_the_server_after_install_and_no_file_differs_after_uninstall() {
    let authority = Authority::init(&CONSTRAINED);
    let server = Server::start(&authority, &[]);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    let verify = || {
        let openssl = tool("openssl").unwrap();
        let mut command = machine.command(&authority, openssl);
        let finished = crate::support::finish(command.arg("verify").arg(authority.issuing()));
        finished.code == Some(0)
    };
    let before = machine.files(&authority);
    assert!(
        before.contains("/etc/ssl/certs/ca-certificates.crt"),
        "{before}"
    );
    assert!(!machine.curl_trusts(&authority, &server) && !verify());
    assert_eq!(status(&machine, &authority), one("absent", false));

    assert_eq!(install(&machine, &authority), one("installed", true));
    assert!(machine.curl_trusts(&authority, &server) && verify());
    assert_eq!(status(&machine, &authority), one("installed", false));
    let installed = machine.files(&authority);
    let anchor = format!(
        "/usr/local/share/ca-certificates/{}.crt f 644 ",
        name(&authority)
    );
    assert!(installed.contains(&anchor), "{installed}");
    assert_eq!(install(&machine, &authority), one("installed", false));
    assert_eq!(machine.files(&authority), installed);

    assert_eq!(uninstall(&machine, &authority), one("absent", true));
    assert_eq!(machine.files(&authority), before);
    assert!(!machine.curl_trusts(&authority, &server) && !verify());
    assert_eq!(uninstall(&machine, &authority), one("absent", false));
    assert_eq!(machine.files(&authority), before);
}

#[test]
fn what_was_begun_is_finished_by_the_next_command() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    let ca_data = Tree::of(&authority.data());
    let before = machine.files(&authority);
    // A program of that name that fails is found first.
    let broken = authority.path("broken");
    fs::create_dir(&broken).unwrap();
    let path = format!("{}:{}", broken.display(), std::env::var("PATH").unwrap());
    let script = broken.join("update-ca-certificates");
    fs::write(&script, "#!/bin/sh\necho 'no room left' >&2\nexit 7\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&script, executable).unwrap();
    let fail = |verb: &str| {
        let mut command = machine.command(&authority, crate::support::authority::PKI);
        command.args(["trust", verb, "--store", "system", "--json"]);
        let failed = crate::support::finish(command.env("PATH", &path)).exits(1);
        let error = failed.json()["stores"][0]["error"].clone();
        let error = error.as_str().unwrap();
        assert!(error.contains("no room left"), "{error}");
    };

    fail("install");
    assert_eq!(status(&machine, &authority), one("unknown", false));
    assert_eq!(install(&machine, &authority), one("installed", true));

    fail("uninstall");
    assert_eq!(status(&machine, &authority), one("unknown", false));
    assert_eq!(uninstall(&machine, &authority), one("absent", true));
    assert_eq!(machine.files(&authority), before);

    // Begun either way, it can be ended the other way too.
    fail("install");
    assert_eq!(uninstall(&machine, &authority), one("absent", true));
    assert_eq!(machine.files(&authority), before);
    assert_eq!(install(&machine, &authority), one("installed", true));
    let installed = machine.files(&authority);
    fail("uninstall");
    assert_eq!(install(&machine, &authority), one("installed", true));
    assert_eq!(machine.files(&authority), installed);
    ca_data.assert_unchanged(&authority.data(), "pki trust");
}

#[test]
fn a_root_that_another_hand_put_there_is_left_as_it_is() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    let by_hand = format!(
        "umask 022; cp {} /usr/local/share/ca-certificates/by-hand.crt && update-ca-certificates",
        authority.root().display()
    );
    machine.shell(&authority, &by_hand).ok();
    let before = machine.files(&authority);
    assert_eq!(status(&machine, &authority), one("foreign", false));
    let shown = machine.trust(&authority, &["status", "--store", "system"]);
    assert!(shown.ok().out().contains("by-hand.crt"));
    assert_eq!(install(&machine, &authority), one("foreign", false));
    assert_eq!(uninstall(&machine, &authority), one("foreign", false));
    assert_eq!(machine.files(&authority), before);
}

#[test]
fn a_root_whose_ca_is_gone_is_taken_out_by_its_certificate() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    let before = machine.files(&authority);
    install(&machine, &authority);
    fs::rename(authority.root(), authority.path("kept.pem")).unwrap();
    fs::rename(authority.issuing(), authority.path("issuing.pem")).unwrap();
    fs::remove_dir_all(authority.data()).unwrap();
    let refused = machine.trust(&authority, &["uninstall", "--store", "system", "--json"]);
    assert_eq!(refused.exits(1).json()["error"]["kind"], "not-initialized");
    let words = ["uninstall", "--store", "system", "--root"];
    let issuing = machine.trust(&authority, &[&words[..], &["issuing.pem"]].concat());
    assert!(issuing.exits(1).err().contains("is no root"));
    let removed = machine.stores(&authority, &[&words[..], &["kept.pem"]].concat());
    assert_eq!(removed, one("absent", true));
    assert_eq!(machine.files(&authority), before);
}
