//! Names and devices: who holds which certificates, and what a revocation takes away.

use serde_json::Value;

use crate::support::Authority;

/// An authority where alice has a laptop and a phone.
fn two_devices() -> Authority {
    let authority = Authority::init(&["--no-passphrase"]);
    for device in ["laptop", "phone"] {
        authority.issue_client(&["alice", "--device", device]);
    }
    authority
}

fn statuses(authority: &Authority) -> [String; 2] {
    ["alice/laptop", "alice/phone"].map(|reference| {
        let status = authority.json(&["show", reference])["status"].clone();
        status.as_str().unwrap().to_owned()
    })
}

#[test]
fn a_second_certificate_of_a_name_and_device_is_refused_with_what_to_do() {
    let authority = two_devices();
    let again = ["issue-client", "alice", "--device", "Phone", "--json"];
    let refused = authority.pki(&again).exits(1).json();
    assert_eq!(refused["error"]["kind"], "already-exists");
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(
        hint.contains("pki renew alice/") && hint.contains("--device"),
        "{hint}"
    );
    // Another device is another matter, and none at all too.
    authority.issue_client(&["alice", "--device", "tablet"]);
    authority.issue_client(&["alice"]);
    let refused = authority
        .pki(&["issue-client", "alice", "--json"])
        .exits(1)
        .json();
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(
        hint.contains("pki renew alice") && hint.contains("--device"),
        "{hint}"
    );
    authority.pki(&["revoke", "alice/phone", "--yes"]).ok();
    authority.issue_client(&["alice", "--device", "phone"]);
}

#[test]
fn a_revocation_must_be_confirmed_and_without_a_terminal_by_a_word() {
    let authority = two_devices();
    let refused = authority.pki(&["revoke", "alice"]).exits(2);
    assert!(refused.err().contains("Say --yes"), "{}", refused.err());
    // It said what it would have revoked.
    assert!(refused.err().contains("alice/laptop") && refused.err().contains("alice/phone"));
    assert_eq!(statuses(&authority), ["valid", "valid"]);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    assert_eq!(statuses(&authority), ["revoked", "revoked"]);
}

#[test]
fn on_a_terminal_it_lists_asks_and_does_what_is_answered() {
    let authority = two_devices();
    let Some(no) = authority.pki_on_a_terminal(120, "n", &["revoke", "alice"]) else {
        return;
    };
    let no = no.exits(1).out();
    let question = no.find("Revoke these 2? [y/N] ").expect("a question");
    for reference in ["alice/laptop", "alice/phone"] {
        assert!(
            no.find(reference).is_some_and(|place| place < question),
            "{no}"
        );
    }
    assert!(no.contains("nothing was revoked"), "{no}");
    assert_eq!(statuses(&authority), ["valid", "valid"]);
    let yes = authority
        .pki_on_a_terminal(120, "y", &["revoke", "alice"])
        .unwrap();
    yes.ok();
    assert_eq!(statuses(&authority), ["revoked", "revoked"]);
}

#[test]
fn a_device_narrows_a_revocation() {
    let authority = two_devices();
    let words = ["revoke", "alice", "--device", "phone", "--yes"];
    let revoked = authority.json(&words);
    assert_eq!(revoked["revoked"].as_array().unwrap().len(), 1);
    assert_eq!(statuses(&authority), ["valid", "revoked"]);
    authority.pki(&words).exits(1);
    let by_serial = authority.json(&["show", "alice/laptop"])["serial_number"].clone();
    let words = [
        "revoke",
        by_serial.as_str().unwrap(),
        "--device",
        "laptop",
        "--yes",
    ];
    authority.pki(&words).exits(2);
}

#[test]
fn reasons_are_those_of_rfc_5280_and_a_final_one_stays() {
    let authority = Authority::init(&["--no-passphrase"]);
    let reasons = [
        "unspecified",
        "keyCompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "privilegeWithdrawn",
    ];
    for reason in reasons {
        authority.issue_client(&[reason]);
        let revoke = |reason: &str, name: &str| {
            authority.pki(&["revoke", name, "--yes", "--json", "--reason", reason])
        };
        // On hold first: it may become final.
        let serial_number = authority.json(&["show", reason])["serial_number"].clone();
        let serial_number = serial_number.as_str().unwrap();
        revoke("certificateHold", serial_number).ok();
        let revoked = revoke(reason, serial_number).ok().json();
        assert_eq!(revoked["revoked"][0]["reason_code"], reason);
        for again in ["keyCompromise", "certificateHold"] {
            let refused = revoke(again, serial_number).exits(1).json();
            assert_eq!(refused["error"]["kind"], "already-exists");
        }
        authority.pki(&["unrevoke", serial_number]).exits(1);
        let shown: Value = authority.json(&["show", serial_number]);
        assert_eq!(shown["reason_code"], reason);
    }
    authority.issue_client(&["alice"]);
    for odd in ["removeFromCRL", "lost", "1"] {
        authority
            .pki(&["revoke", "alice", "--yes", "--reason", odd])
            .exits(2);
    }
}
