//! An inventory that an earlier version wrote: whatever command opens it first brings it up to date.

use std::fs;

use serde_json::Value;

use crate::support::tools::fixture;
use crate::support::{Authority, finish, hermetic, tool};

#[test]
fn an_inventory_of_schema_1_is_opened_and_everybody_is_still_there() {
    let authority = Authority::none();
    let Some(sqlite) = tool("sqlite3") else {
        return;
    };
    fs::create_dir(authority.data()).unwrap();
    let written = format!(".read {}", fixture("fixtures/schema-1.sql").display());
    let mut sqlite = hermetic(sqlite, authority.home());
    finish(sqlite.arg(authority.path("ca-data/pki.db")).arg(written)).ok();
    assert_eq!(authority.sql("PRAGMA user_version").unwrap(), "1");

    authority.pki(&["list"]).ok();
    assert_ne!(authority.sql("PRAGMA user_version").unwrap(), "1");
    let verified = authority.json(&["audit", "--verify"]);
    assert_eq!(verified["ok"], true, "{verified:#}");

    let listed = authority.json(&["list"]);
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let certificates = listed["certificates"].as_array().unwrap().iter();
    let told: Vec<_> = certificates
        .map(|it| ["profile", "name", "device", "reason_code"].map(|key| text(&it[key])))
        .collect();
    assert_eq!(
        told,
        [
            ["client", "dora", "-", "-"],
            ["server", "www.example.org", "-", "-"],
            ["client", "alice", "phone", "-"],
            ["client", "dora", "-", "superseded"],
            ["client", "carol", "-", "certificateHold"],
            ["client", "bob", "-", "keyCompromise"],
            ["client", "alice", "-", "-"],
            ["issuing", "-", "-", "-"],
            ["root", "-", "-", "-"],
        ]
    );
    // What was inside is as it was: the new certificate of a renewal still names the one before.
    let dora = authority.json(&["list", "dora"]);
    let (new, old) = (&dora["certificates"][0], &dora["certificates"][1]);
    assert_eq!(new["supersedes"], old["serial_number"]);
}
