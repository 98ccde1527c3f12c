//! Heads that are good, and heads that were tampered with, are foreign, or of a log that was.

use super::*;
use crate::authority::{NewAuthority, init};
use crate::inventory::Inventory;
use crate::testing::NOW;

fn authority(data: &CaData) -> Result<Authority> {
    let new = NewAuthority::for_a_test();
    init(data, &new, NOW)?;
    open(data)
}

fn open(data: &CaData) -> Result<Authority> {
    Authority::open(data, || {
        Err(Error::new(ErrorKind::PassphraseRequired, "there is none"))
    })
}

fn directory() -> Result<(tempfile::TempDir, CaData)> {
    let directory =
        tempfile::tempdir().map_err(|cause| Error::new(ErrorKind::File, cause.to_string()))?;
    let data = CaData::new(directory.path().join("ca-data"));
    Ok((directory, data))
}

fn signed(data: &CaData, inventory: &Inventory) -> Result<SignedHead> {
    SignedHead::signed(&inventory.head()?, &AuditKey::at_hand(data, inventory)?)
}

/// The names of the checks that fail.
fn failed(head: &SignedHead, inventory: &Inventory) -> Result<Vec<&'static str>> {
    let checks = check_head(head, inventory)?.into_iter();
    let failed = checks.filter(|check| check.ok == Some(false));
    Ok(failed.map(|check| check.name).collect())
}

#[test]
fn a_head_is_good_as_long_as_the_log_goes_on_from_it() -> Result<()> {
    let (_directory, data) = directory()?;
    let authority = authority(&data)?;
    let inventory = authority.inventory();
    let head = signed(&data, inventory)?;
    assert!(failed(&head, inventory)?.is_empty());
    inventory.set(crate::inventory::Setting::Organization, "Test Ltd", NOW)?;
    assert!(failed(&head, inventory)?.is_empty());
    let again = serde_json::json!({"entries": [], "head": head}).to_string();
    assert_eq!(SignedHead::parse(again.as_bytes())?, head);
    let alone = serde_json::json!(head).to_string();
    assert_eq!(SignedHead::parse(alone.as_bytes())?, head);
    Ok(())
}

#[test]
fn each_change_of_a_head_is_named() -> Result<()> {
    let (_directory, data) = directory()?;
    let (_elsewhere, other) = directory()?;
    let (authority, stranger) = (authority(&data)?, authority(&other)?);
    let (inventory, theirs) = (authority.inventory(), stranger.inventory());
    let (head, foreign) = (signed(&data, inventory)?, signed(&other, theirs)?);
    let certificate = Some("nothing".to_owned());
    let changed = [
        (
            SignedHead {
                entry: head.entry + 1,
                ..head.clone()
            },
            vec!["head-entry"],
        ),
        (
            SignedHead {
                hash: "00".repeat(32),
                ..head.clone()
            },
            vec!["head-signature", "head-entry"],
        ),
        (
            SignedHead {
                signature: None,
                ..head.clone()
            },
            vec!["head-signature"],
        ),
        (
            SignedHead {
                signature: foreign.signature.clone(),
                ..head.clone()
            },
            vec!["head-signature"],
        ),
        (
            SignedHead {
                certificate,
                ..head.clone()
            },
            vec!["head-signature", "head-certificate"],
        ),
        (foreign, vec!["head-certificate", "head-entry"]),
    ];
    for (head, wanted) in changed {
        assert_eq!(failed(&head, inventory)?, wanted, "{head:?}");
    }
    for document in [
        "",
        "{}",
        "[]",
        "{\"head\": {\"entry\": 1, \"hash\": \"00\"}}",
    ] {
        assert!(
            SignedHead::parse(document.as_bytes()).is_err(),
            "{document}"
        );
    }
    Ok(())
}

#[test]
fn a_head_signed_with_another_certificate_of_ours_is_none() -> Result<()> {
    let (_directory, data) = directory()?;
    let authority = authority(&data)?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let subject = Subject {
        common_name: "alice".to_owned(),
        organization: None,
    };
    let validity = Validity::starting(NOW, Lifetime::days(1))?;
    let request = Profile::Client.request(subject, Vec::new(), validity, key.public_key())?;
    let certificate = authority
        .issuing
        .sign(&request, SerialNumber::draw()?, None)?;
    let forged = AuditKey { key, certificate };
    let head = SignedHead::signed(&authority.inventory().head()?, &forged)?;
    assert_eq!(failed(&head, authority.inventory())?, ["head-certificate"]);
    Ok(())
}

#[test]
fn the_audit_key_is_renewed_when_it_is_gone_and_left_alone_otherwise() -> Result<()> {
    let (_directory, data) = directory()?;
    let authority = authority(&data)?;
    let inventory = authority.inventory();
    let head = signed(&data, inventory)?;
    assert!(!authority.renew_audit_key(NOW)?);
    file::remove_quietly(&data.audit_key());
    let missing = AuditKey::at_hand(&data, inventory).map(drop);
    assert_eq!(
        missing.map_err(|error| error.kind()),
        Err(ErrorKind::NotFound)
    );
    assert!(authority.renew_audit_key(NOW)?);
    assert!(!authority.renew_audit_key(NOW)?);
    assert_ne!(signed(&data, inventory)?.certificate, head.certificate);
    // What the earlier key signed is good all the same.
    assert!(failed(&head, inventory)?.is_empty());
    Ok(())
}

#[test]
fn a_revoked_audit_key_is_replaced_and_its_heads_are_told_of() -> Result<()> {
    let (_directory, data) = directory()?;
    let authority = authority(&data)?;
    let inventory = authority.inventory();
    let head = signed(&data, inventory)?;
    let record = inventory.current_service(Profile::Audit)?;
    let records: Vec<_> = record.into_iter().collect();
    inventory.revoke(&records, crate::inventory::ReasonCode::KeyCompromise, NOW)?;
    assert!(authority.renew_audit_key(NOW)?);
    assert_eq!(failed(&head, inventory)?, ["head-certificate"]);
    assert!(failed(&signed(&data, inventory)?, inventory)?.is_empty());
    Ok(())
}

#[test]
fn a_key_that_others_may_read_is_not_replaced_behind_somebodys_back() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (_directory, data) = directory()?;
    let authority = authority(&data)?;
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(data.audit_key(), mode)
        .map_err(|cause| Error::new(ErrorKind::File, cause.to_string()))?;
    let refused = authority.renew_audit_key(NOW).map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::File));
    Ok(())
}
