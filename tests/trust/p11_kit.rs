//! p11-kit's own store, where no other program keeps the system's: its real program, told to keep its anchors elsewhere.

use super::{CONSTRAINED, Machine, name, one};
use crate::support::{Authority, tool};

/// Where the anchors lie here. Debian's p11-kit reads what update-ca-certificates makes, and has no place of its own.
const ANCHORS: &str = "/etc/ssl/anchors";

/// A machine without update-ca-certificates whose p11-kit may be written to.
#[track_caller]
fn machine(authority: &Authority) -> Option<Machine> {
    tool("trust")?;
    let machine = Machine::new(authority)?;
    let line = format!(
        "set -e
        for program in $(which -a update-ca-certificates); do mount --bind /dev/null $program; done
        mkdir {ANCHORS}
        sed -i \"s|^x-init-reserved:.*|x-init-reserved: paths='{ANCHORS}'|\" /usr/share/p11-kit/modules/p11-kit-trust.module"
    );
    machine.shell(authority, &line).ok();
    Some(machine)
}

#[track_caller]
fn trust(machine: &Machine, authority: &Authority, verb: &str) -> Vec<[String; 2]> {
    machine.stores(authority, &[verb, "--store", "system"])
}

#[test]
fn p11_kit_lists_the_root_by_our_name_after_install_and_has_no_file_more_after_uninstall() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(machine) = machine(&authority) else {
        return;
    };
    let anchors = || {
        machine
            .shell(&authority, "trust list --filter=ca-anchors")
            .ok()
            .out()
    };
    let before = machine.files(&authority);
    assert_eq!(trust(&machine, &authority, "status"), one("absent", false));
    assert_eq!(
        trust(&machine, &authority, "install"),
        one("installed", true)
    );
    let listed = anchors();
    assert!(
        listed.contains(&format!("label: {}", name(&authority))),
        "{listed}"
    );
    assert!(listed.contains("trust: anchor"), "{listed}");
    assert_eq!(
        trust(&machine, &authority, "install"),
        one("installed", false)
    );
    assert_eq!(
        trust(&machine, &authority, "uninstall"),
        one("absent", true)
    );
    assert_eq!(machine.files(&authority), before);
    assert_eq!(
        trust(&machine, &authority, "uninstall"),
        one("absent", false)
    );
}

#[test]
fn an_anchor_that_another_hand_stored_stays() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(machine) = machine(&authority) else {
        return;
    };
    let line = format!("trust anchor --store {}", authority.root().display());
    // It cannot carry it on to other stores here, and says so by its exit code.
    machine.shell(&authority, &line);
    let before = machine.files(&authority);
    assert!(before.contains(&format!("{ANCHORS}/")), "{before}");
    for verb in ["status", "install", "uninstall"] {
        assert_eq!(
            trust(&machine, &authority, verb),
            one("foreign", false),
            "{verb}"
        );
        assert_eq!(machine.files(&authority), before, "{verb}");
    }
}
