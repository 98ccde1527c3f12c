//! Java: PKIX path validation with revocation checking.

use super::{Setting, Verdict};
use crate::support::tools::fixture;
use crate::support::{finish, hermetic, tool};

/// Java's name of a reason of RFC 5280.
fn reason(reason_code: &str) -> &str {
    match reason_code {
        "keyCompromise" => "KEY_COMPROMISE",
        "certificateHold" => "CERTIFICATE_HOLD",
        other => other,
    }
}

#[test]
fn java_agrees_with_the_crls_and_their_reasons() {
    for options in [&[][..], &["--base-url", "http://pki.example.com"]] {
        let Some(setting) = Setting::new(options, &[]) else {
            return;
        };
        let Some(java) = tool("java") else { return };
        let mut validate = hermetic(java, setting.authority.home());
        validate.arg(fixture("interop/crl/CheckRevocation.java"));
        validate.arg(setting.authority.root()).arg(&setting.bundle);
        validate.args(setting.cases.iter().map(|case| &case.chain));
        let lines = finish(&mut validate).ok().out();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), setting.cases.len());
        for (case, line) in setting.cases.iter().zip(lines) {
            let theirs = match line.split('\t').nth(1).unwrap() {
                "GOOD" => Verdict::Good,
                "EXPIRED" => Verdict::Expired,
                revoked if revoked.starts_with("REVOKED ") => {
                    let reason = reason(case.reason.as_deref().unwrap_or_default());
                    assert!(revoked.contains(reason), "{line}");
                    Verdict::Revoked
                }
                _ => panic!("{line}"),
            };
            assert_eq!(theirs, case.ours, "{line}");
        }
    }
}
