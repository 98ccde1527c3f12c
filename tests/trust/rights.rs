//! Who may not change a store is told the command that does it, and nothing is attempted.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::process::Command;

use super::{CONSTRAINED, Machine, is_root};
use crate::support::authority::PKI;
use crate::support::tools::left_out;
use crate::support::{Authority, entries_below, finish, path_text, tool};

/// Nobody in particular.
const NOBODY: u32 = 65534;

/// `pki trust` in the machine as a user without rights, who owns the CA; the program lies where he can reach it.
#[track_caller]
fn as_user(machine: &Machine, authority: &Authority, words: &[&str]) -> Command {
    let program = authority.path("bin/pki");
    if !program.exists() {
        fs::create_dir(authority.path("bin")).unwrap();
        fs::copy(PKI, &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = match is_root() {
        true => {
            for entry in entries_below(authority.home()) {
                lchown(entry, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            let mut command = machine.command(authority, tool("setpriv").unwrap());
            let user = NOBODY.to_string();
            command.args([
                "--reuid",
                &user,
                "--regid",
                &user,
                "--clear-groups",
                path_text(&program),
            ]);
            command
        }
        // Outside of the namespace, in which he would be root.
        false => {
            let mut command = crate::support::hermetic(&program, authority.home());
            command.env("PKI_CA_DATA", authority.data());
            command
        }
    };
    command.arg("trust").args(words);
    command
}

/// What stands behind the colon up to the end of the line, as root types it.
fn pasted(hint: &str) -> &str {
    let (_, line) = hint.split_once(": sudo ").unwrap();
    line
}

#[test]
fn what_needs_more_rights_names_the_exact_command_and_the_other_stores_are_done() {
    let authority = Authority::init(&[]);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    let (Some(_), Some(_)) = (tool("setpriv"), tool("certutil")) else {
        return;
    };
    let database = authority.path(".pki/nssdb");
    fs::create_dir_all(&database).unwrap();
    let before = machine.files(&authority);
    let words = ["install", "--unconstrained", "--json"];
    let refused = finish(&mut as_user(&machine, &authority, &words))
        .exits(1)
        .json();
    let stores = refused["stores"].as_array().unwrap();
    let of = |kind: &str| stores.iter().find(|store| store["store"] == kind).unwrap();
    assert_eq!(of("nss")["standing"], "installed", "{stores:#?}");
    assert_eq!(of("nss")["error"], serde_json::Value::Null);
    let system = of("system");
    assert_eq!(system["standing"], "absent");
    assert_eq!(system["changed"], false);
    let command = format!(
        "Run it with more rights: sudo {} trust install --store system --ca-data {} --unconstrained",
        authority.path("bin/pki").display(),
        authority.data().display()
    );
    assert_eq!(system["hint"], command.as_str());
    assert_eq!(machine.files(&authority), before);

    // The very same words as root, without the environment that the user had.
    let line = pasted(&command);
    machine
        .shell(&authority, &format!("unset PKI_CA_DATA; cd /; {line}"))
        .ok();
    // Another user than root sees the machine's own store, into which nothing was put.
    if !is_root() {
        left_out("the rest is for root, who has the store in which something lies");
        return;
    }
    let uninstall = ["uninstall", "--store", "system", "--json"];
    let refused = finish(&mut as_user(&machine, &authority, &uninstall))
        .exits(1)
        .json();
    let store = &refused["stores"][0];
    assert_eq!(store["standing"], "installed", "{store}");
    let hint = store["hint"].as_str().unwrap();
    assert!(!hint.contains("--unconstrained"), "{hint}");
    let line = format!("unset PKI_CA_DATA; cd /; {}", pasted(hint));
    machine.shell(&authority, &line).ok();
    assert_eq!(machine.files(&authority), before);
    // What root did left nothing of root's in the CA's directory.
    for entry in entries_below(&authority.data()) {
        let owner = fs::symlink_metadata(&entry).unwrap().uid();
        assert_eq!(owner, NOBODY, "{}", entry.display());
    }
}

#[test]
fn javas_keystore_is_named_with_the_installation_that_sudo_would_forget() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(machine) = Machine::new(&authority) else {
        return;
    };
    let (Some(_), Some(_)) = (tool("setpriv"), tool("keytool")) else {
        return;
    };
    let mut command = as_user(
        &machine,
        &authority,
        &["install", "--store", "java", "--json"],
    );
    let refused = finish(&mut command).exits(1).json();
    let hint = refused["stores"][0]["hint"].as_str().unwrap();
    assert!(pasted(hint).starts_with("env JAVA_HOME=/"), "{hint}");
    assert!(
        hint.contains(" trust install --store java --ca-data /"),
        "{hint}"
    );
}
