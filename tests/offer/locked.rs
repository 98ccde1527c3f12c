//! A database with a password: what is read of it without the password, and with it.

use std::fs;

use pki::secret::Secret;
use pki::trust::nss::{Database, Programs};

use super::setups::{LASTING, lasting};
use super::workshop::Workshop;
use crate::support::tool;

#[test]
fn certificates_are_read_without_the_password_and_their_order_with_it() {
    if ["openssl", "certutil", "pk12util"]
        .iter()
        .any(|name| tool(name).is_none())
    {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let workshop = Workshop::new(directory.path());
    let root = workshop.ca("root", None, LASTING);
    fs::write(directory.path().join("password"), "a password\n").unwrap();
    fs::create_dir(directory.path().join("db")).unwrap();
    workshop
        .run("certutil", &["-N", "-f", "password", "-d", "sql:db"])
        .ok();
    let [old, new] = [("old", [-30, 10]), ("new", [-20, 20])].map(|(name, days)| {
        let leaf = lasting(days);
        workshop.certificate(name, "alice", &leaf, Some(&root))
    });
    for made in [&old, &new] {
        workshop.bundle(made, None);
        let bundle = made.bundle();
        let words = ["-i", &bundle, "-W", "x", "-k", "password", "-d", "sql:db"];
        workshop.run("pk12util", &words).ok();
    }
    let path = std::env::var_os("PATH").unwrap();
    let database = Database::named(directory.path().join("db"));
    let keyring = |password: Option<&Secret>| {
        let programs = Programs::find(&path, directory.path(), password).unwrap();
        database.keyring(&programs).unwrap()
    };
    let expected = [&old, &new].map(|made| (made.certificate.der().to_vec(), true));
    let without = keyring(None);
    assert!(!without.is_in_order);
    assert_eq!(without.certificates.len(), 2);
    for it in &expected {
        assert!(without.certificates.contains(it));
    }
    let with = keyring(Some(&Secret::chosen("a password")));
    assert!(with.is_in_order);
    assert_eq!(with.certificates, expected);
}
