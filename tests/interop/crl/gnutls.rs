//! GnuTLS: certtool.

use super::{Setting, Verdict};
use crate::support::{finish, hermetic, path_text, tool};

#[test]
fn gnutls_verifies_the_crls_and_agrees_with_them() {
    for options in [&[][..], &["--base-url", "http://pki.example.com"]] {
        let Some(setting) = Setting::new(options, &[]) else {
            return;
        };
        let home = setting.authority.home();
        let Some(certtool) = tool("certtool") else {
            return;
        };
        for (crl, issuer) in &setting.crls {
            let mut verify = hermetic(&certtool, home);
            verify.args(["--verify-crl", "--inder", "--load-ca-certificate"]);
            // certtool takes the certificates in the form that it takes the CRL in.
            let der = crl.with_extension("certificate.der");
            setting
                .authority
                .openssl(&[
                    "x509",
                    "-in",
                    path_text(issuer),
                    "-outform",
                    "DER",
                    "-out",
                    path_text(&der),
                ])
                .map(|written| written.ok());
            let verified = finish(verify.arg(&der).arg("--infile").arg(crl)).ok();
            let said = verified.said();
            assert!(said.contains("Verification output: Verified"), "{said}");
        }
        setting.assert_agreed(|case| {
            let mut verify = hermetic(&certtool, home);
            verify.arg("--verify").arg("--load-ca-certificate");
            verify.arg(setting.authority.root()).arg("--load-crl");
            verify.arg(&setting.bundle).arg("--infile").arg(&case.chain);
            let said = finish(&mut verify).said();
            let last = said
                .lines()
                .find(|line| line.starts_with("Chain verification output:"));
            let last = last.unwrap_or_else(|| panic!("{said}"));
            Some(if last.contains("revoked") {
                Verdict::Revoked
            } else if last.contains("expired") {
                Verdict::Expired
            } else {
                assert!(last.contains("is trusted"), "{said}");
                Verdict::Good
            })
        });
    }
}
