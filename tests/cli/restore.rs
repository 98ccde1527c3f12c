//! What `pki restore` finds in a backup that is whole by its digests and yet is not what the program wrote.

use crate::support::{Authority, Tree, finish, hermetic, path_text, tool};

/// Changes a backup inside as somebody would who knows its form: unpacked, changed by these commands in its `ca-data`,
/// and packed again with right digests. None where a program for that is missing.
#[track_caller]
fn changed(authority: &Authority, commands: &str) -> Option<()> {
    for needed in ["tar", "sha256sum", "sqlite3"] {
        tool(needed)?;
    }
    let script = format!(
        "set -euo pipefail
         rm -rf pki-backup; tar xf pki.tar; cd pki-backup/ca-data; {commands}
         cd ..; rm SHA256SUMS
         find backup.json ca-data -type f | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
         cd ..; tar cf changed.tar pki-backup/backup.json pki-backup/ca-data pki-backup/SHA256SUMS"
    );
    let mut bash = hermetic("/bin/bash", authority.home());
    finish(bash.args(["-c", &script])).ok();
    Some(())
}

/// Runs SQL on the database of the backup, with the triggers of the log out of the way; afterwards they are there again.
fn past_the_log(statements: &str) -> String {
    format!(
        "triggers=$(sqlite3 pki.db \"SELECT sql || ';' FROM sqlite_master WHERE type = 'trigger'\")
         sqlite3 pki.db \"DROP TRIGGER audit_update; DROP TRIGGER audit_delete; {statements}\"
         sqlite3 pki.db \"$triggers\""
    )
}

/// The sentence with which the changed backup is refused; nothing is changed by that.
#[track_caller]
fn refused(authority: &Authority, what: &str) -> String {
    let before = Tree::of(&authority.data());
    let words = ["restore", "changed.tar", "--yes", "--json"];
    let refused = authority.pki(&words).exits(1).json();
    before.assert_unchanged(&authority.data(), what);
    assert_eq!(refused["error"]["kind"], "malformed", "{what}: {refused:#}");
    refused["error"]["message"].as_str().unwrap().to_owned()
}

/// A CA with a history, and a backup of it.
fn backed_up() -> Authority {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.issue_client(&["alice"]);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    authority.pki(&["backup", "pki.tar"]).ok();
    authority
}

#[test]
fn a_backup_that_was_packed_again_without_a_change_is_restored() {
    let authority = backed_up();
    let Some(()) = changed(&authority, "true") else {
        return;
    };
    let told = authority.json(&["restore", "changed.tar"]);
    assert_eq!(told["log_problems"], 0);
    authority.pki(&["audit", "--verify"]).ok();
}

#[test]
fn a_backup_whose_inventory_was_changed_is_refused_with_what_the_log_tells() {
    let authority = backed_up();
    for (statement, told) in [
        (
            "UPDATE audit SET detail = replace(detail, 'alice', 'mallory') WHERE action = 'issue'",
            "entry",
        ),
        (
            "UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE name = 'alice'",
            "client alice",
        ),
    ] {
        let Some(()) = changed(&authority, &past_the_log(statement)) else {
            return;
        };
        let message = refused(&authority, statement);
        assert!(message.contains("audit log"), "{message}");
        assert!(message.contains(told), "{told}: {message}");
    }
}

#[test]
fn a_log_that_is_not_the_one_of_which_the_backup_tells_is_refused_in_any_case() {
    let authority = backed_up();
    let cut = past_the_log("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)");
    let last = past_the_log(
        "UPDATE audit SET hash = randomblob(32) WHERE id = (SELECT max(id) FROM audit)",
    );
    for (change, told) in [(cut, "missing"), (last, "another than that")] {
        let Some(()) = changed(&authority, &change) else {
            return;
        };
        let message = refused(&authority, told);
        assert!(message.contains(told), "{message}");
        let words = ["restore", "changed.tar", "--yes", "--accept-broken-log"];
        authority.pki(&words).exits(1);
    }
}

#[test]
fn a_ca_whose_log_was_broken_before_the_backup_is_restored_when_that_is_said() {
    let authority = backed_up();
    let change =
        "UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE name = 'alice'";
    let Some(_) = authority.sql(change) else {
        return;
    };
    authority.pki(&["backup", "changed.tar"]).ok();
    let message = refused(&authority, "a broken log");
    assert!(message.contains("client alice"), "{message}");
    let words = ["restore", "changed.tar", "--accept-broken-log", "--json"];
    let restored = authority.pki(&words).ok();
    assert_eq!(restored.json()["log_problems"], 1);
    let warned = restored.err();
    assert!(warned.contains("client alice"), "{warned}");
    // The log itself says that it was restored broken, and goes on being so.
    let entries = authority.json(&["audit", "--limit", "1"]);
    let newest = &entries["entries"][0];
    assert_eq!(newest["action"], "restore");
    assert_eq!(newest["detail"]["log_problems"], 1);
    authority.pki(&["audit", "--verify"]).exits(3);
}

#[test]
fn a_crl_that_another_ca_signed_is_left_out_and_made_anew() {
    let authority = backed_up();
    let stranger = Authority::init(&["--no-passphrase"]);
    let Some(own) = authority.issuer_directory(&authority.issuing()) else {
        return;
    };
    let foreign = stranger.issuer_directory(&stranger.issuing()).unwrap();
    let foreign = foreign.join("crl.der");
    let name = own.file_name().unwrap().to_str().unwrap();
    let change = format!("cp {} issuers/{name}/crl.der", path_text(&foreign));
    let Some(()) = changed(&authority, &change) else {
        return;
    };
    authority.pki(&["restore", "changed.tar", "--yes"]).ok();
    assert!(!own.join("crl.der").exists());
    authority.pki(&["crl"]).ok();
    authority.pki(&["verify-store"]).ok();
}
