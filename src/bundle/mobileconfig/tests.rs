//! What stands in a profile, what never does, and what is not written.

use super::super::testing::{P256, identity};
use super::*;

const PASSWORD: &str = "correct horse battery staple";

fn written(identity: &Identity) -> String {
    let profile = mobileconfig(identity, &Secret::chosen(PASSWORD)).unwrap();
    String::from_utf8(profile.to_vec()).unwrap()
}

/// The lines of base64 in a profile, each payload's joined.
fn contents(profile: &str) -> Vec<String> {
    let after = profile.split("<data>").skip(1);
    after
        .filter_map(|rest| rest.split("</data>").next())
        .map(|lines| lines.split_whitespace().collect())
        .collect()
}

#[test]
fn a_profile_holds_identity_issuing_ca_and_root_and_can_be_removed() {
    let identity = identity(P256, "alice");
    let profile = written(&identity);
    let kinds = ["pkcs12", "pkcs1", "root"].map(|kind| {
        let kind = format!("<string>com.apple.security.{kind}</string>");
        (profile.matches(&kind).count(), profile.find(&kind))
    });
    assert!(kinds.iter().all(|(count, _)| *count == 1), "{profile}");
    assert!(kinds.is_sorted_by_key(|(_, place)| *place), "{profile}");
    let plain = |der: &[u8]| base64(der).replace('\n', "");
    let contents = contents(&profile);
    let above: Vec<_> = contents.into_iter().skip(1).collect();
    let chain: Vec<_> = identity.chain.iter().map(|der| plain(der)).collect();
    assert_eq!(above, chain);
    assert!(profile.contains("<key>PayloadRemovalDisallowed</key>\n  <false/>"));
}

#[test]
fn one_identity_has_one_set_of_identifiers() {
    let identifiers = |profile: &str| -> Vec<String> {
        let after = profile.split("<key>PayloadUUID</key>").skip(1);
        let lines = after.filter_map(|rest| rest.lines().nth(1));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    let alice = identity(P256, "alice");
    let seen = identifiers(&written(&alice));
    assert_eq!(seen, identifiers(&written(&alice)));
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (4, 4));
    assert_ne!(seen, identifiers(&written(&identity(P256, "alice"))));
}

#[test]
fn the_password_is_nowhere_in_the_profile() {
    let profile = written(&identity(P256, "alice"));
    assert!(!profile.contains("<key>Password</key>"), "{profile}");
    let octets = PASSWORD.as_bytes();
    for shift in 0..3 {
        // The same octets read otherwise at each place of a group of four characters; the ends depend on the neighbours.
        let padded = [[0; 2].get(..shift).unwrap(), octets].concat();
        let text = base64(&padded).replace(['\n', '='], "");
        let inner = text.get(4..text.len() - 4).unwrap();
        assert!(!profile.replace('\n', "").contains(inner), "{inner}");
    }
    assert!(!profile.contains(PASSWORD));
}

#[test]
fn what_apples_systems_refuse_is_not_written() {
    let alice = identity(P256, "alice");
    let refused = |identity: &Identity, password: &str| {
        let refusal = mobileconfig(identity, &Secret::chosen(password)).unwrap_err();
        assert!(refusal.hint().is_some());
        refusal.message().to_owned()
    };
    assert!(refused(&alice, "").contains("empty password"));
    let ed25519 = identity(&rcgen::PKCS_ED25519, "alice");
    assert!(refused(&ed25519, PASSWORD).contains("Ed25519"));
    let mut rootless = alice.clone();
    rootless.chain.pop();
    assert!(refused(&rootless, PASSWORD).contains("no root"));
    rootless.chain.clear();
    assert!(refused(&rootless, PASSWORD).contains("no root"));
}

#[test]
fn a_root_alone_is_a_profile_of_one_payload_and_always_the_same() {
    let chain = identity(P256, "alice").chain;
    let root = Certificate::from_der(chain.last().unwrap().as_slice()).unwrap();
    let profile = String::from_utf8(root_mobileconfig(&root)).unwrap();
    assert_eq!(contents(&profile), [base64(root.der()).replace('\n', "")]);
    assert!(profile.contains("<string>com.apple.security.root</string>"));
    assert_eq!(profile.as_bytes(), root_mobileconfig(&root));
}

#[test]
fn only_apples_systems_install_profiles() {
    for platform in Platform::ALL {
        let apple = matches!(platform, Platform::Any | Platform::MacOs | Platform::Ios);
        match installs_mobileconfig(platform) {
            Ok(()) => assert!(apple, "{platform}"),
            Err(refusal) => assert_eq!((apple, refusal.kind()), (false, ErrorKind::Usage)),
        }
    }
}

#[test]
fn a_name_cannot_leave_its_element() {
    assert_eq!(
        escape("a</string>&\u{7}\u{fffe}\u{ffff}"),
        "a&lt;/string&gt;&amp;"
    );
    let profile = written(&identity(P256, "<key>Password</key>"));
    assert!(!profile.contains("<key>Password</key>"), "{profile}");
}

#[test]
fn an_identifier_is_a_uuid_of_version_8_and_the_same_for_the_same_thing() {
    let one = uuid(b"x");
    assert_eq!(one, uuid(b"x"));
    assert_ne!(one, uuid(b"y"));
    let digits: Vec<char> = one.chars().collect();
    assert_eq!((one.len(), digits.get(14)), (36, Some(&'8')));
}

#[test]
fn base64_has_no_border() {
    assert_eq!(base64(b"hello"), "aGVsbG8=\n");
}
