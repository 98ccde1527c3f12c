//! strongSwan, whose tool is called pki too.

use std::path::PathBuf;

use super::{Setting, Verdict};
use crate::support::tools::missing;
use crate::support::{finish, hermetic};

/// strongSwan's program under its full path: ours has the same name.
#[track_caller]
fn strongswan() -> Option<PathBuf> {
    let path = PathBuf::from("/usr/bin/pki");
    let theirs = path.is_file() && {
        let mut help = hermetic(&path, &std::env::temp_dir());
        finish(help.arg("--help")).said().contains("strongSwan")
    };
    if theirs {
        return Some(path);
    }
    missing("strongSwan's /usr/bin/pki")
}

/// Its own word for a reason of RFC 5280.
fn reason(reason_code: &str) -> &str {
    match reason_code {
        "keyCompromise" => "key compromise",
        "certificateHold" => "certificate hold",
        other => other,
    }
}

#[test]
fn strongswan_agrees_with_the_crls_and_their_reasons() {
    let Some(setting) = Setting::new(&[], &[]) else {
        return;
    };
    setting.assert_agreed(|case| {
        let mut verify = hermetic(strongswan()?, setting.authority.home());
        verify.arg("--verify").arg("--in").arg(&case.certificate);
        verify.arg("--cacert").arg(setting.authority.root());
        verify.arg("--cacert").arg(setting.authority.issuing());
        for (crl, _) in &setting.crls {
            verify.arg("--crl").arg(crl);
        }
        let finished = finish(&mut verify);
        let said = finished.said();
        Some(if said.contains("certificate was revoked") {
            let reason = reason(case.reason.as_deref().unwrap_or_default());
            assert!(said.contains(&format!("reason: {reason}")), "{said}");
            Verdict::Revoked
        } else if said.contains("certificate invalid (valid from") {
            Verdict::Expired
        } else {
            assert_eq!(finished.code, Some(0), "{said}");
            assert!(said.contains("certificate not revoked"), "{said}");
            Verdict::Good
        })
    });
}
