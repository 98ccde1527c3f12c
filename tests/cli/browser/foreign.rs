//! Bundles of somebody else: what stands at their top is trusted only where it may be, and never unnamed.

use std::path::PathBuf;

use super::{Case, LOOPBACK, states};
use crate::support::tools::set_clock;
use crate::support::{Tree, finish, hermetic, path_text, tool};

/// Makes a bundle of alice and the certificate that signed hers, which has the extensions in `root.ext`.
const MAKE: &str = "set -e
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
key foreign
key client
openssl req -new -key foreign.key -subj '/CN=A foreign root' -out foreign.csr
openssl x509 -req -in foreign.csr -signkey foreign.key -days 365 -extfile root.ext -out foreign.pem
openssl req -new -key client.key -subj /CN=alice -out client.csr
openssl x509 -req -in client.csr -CA foreign.pem -CAkey foreign.key -CAcreateserial -days 365 -out client.pem
openssl pkcs12 -export -in client.pem -inkey client.key -certfile foreign.pem -name alice \\
    -passout env:PKI_BUNDLE_PASSWORD -out foreign.p12";

const ROOT: &str = "basicConstraints = critical, CA:TRUE";
const CONSTRAINED: &str = "basicConstraints = critical, CA:TRUE
nameConstraints = critical, permitted;DNS:bank.example.com, excluded;IP:0.0.0.0/0.0.0.0, excluded;IP:::/::";

/// Such a bundle, made when the clock was off by so much.
#[track_caller]
fn foreign_bundle(case: &Case, extensions: &str, clock: &str) -> Option<PathBuf> {
    tool("openssl")?;
    std::fs::write(case.authority.path("root.ext"), extensions).unwrap();
    let mut shell = hermetic(tool("sh")?, case.authority.home());
    shell
        .args(["-c", MAKE])
        .env("PKI_BUNDLE_PASSWORD", &case.alice.password);
    finish(set_clock(&mut shell, clock)?).ok();
    Some(case.authority.path("foreign.p12"))
}

#[test]
fn what_stands_at_the_top_of_a_bundle_and_is_no_ca_is_never_trusted() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    case.profile(".mozilla/firefox/ab.default");
    let extensions = CONSTRAINED.replace("CA:TRUE", "CA:FALSE");
    let Some(bundle) = foreign_bundle(&case, &extensions, "+0d") else {
        return;
    };
    let before = Tree::of(&case.home());
    for more in [&[][..], &["--unconstrained"]] {
        let words = [&["--bundle", path_text(&bundle)], more].concat();
        let refused = case.install(&words).exits(1);
        let said = refused.err();
        assert!(said.contains("CN=A foreign root is no root"), "{said}");
        assert!(said.contains("--no-trust"), "{said}");
        before.assert_unchanged(&case.home(), "a refusal");
    }
    let words = ["--bundle", path_text(&bundle), "--no-trust", "--json"];
    assert_eq!(
        states(&case.install(&words).ok().json(), &case.home()),
        ["firefox - installed left out .mozilla/firefox/ab.default"]
    );
}

#[test]
fn a_root_that_has_ended_is_not_trusted_whatever_is_given() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    case.profile(".mozilla/firefox/ab.default");
    let Some(bundle) = foreign_bundle(&case, ROOT, "-730d") else {
        return;
    };
    let before = Tree::of(&case.home());
    let words = ["--bundle", path_text(&bundle), "--unconstrained"];
    let refused = case.install(&words).exits(1);
    let said = refused.err();
    assert!(said.contains("A foreign root has ended on"), "{said}");
    assert!(said.contains("--no-trust"), "{said}");
    before.assert_unchanged(&case.home(), "a refusal");
}

#[test]
fn a_root_is_named_with_what_it_may_speak_for_before_it_is_trusted() {
    let named = [
        (CONSTRAINED, "servers in dns:bank.example.com"),
        (ROOT, "every server"),
    ];
    for (extensions, servers) in named {
        let Some(case) = Case::new(&LOOPBACK) else {
            return;
        };
        case.profile(".mozilla/firefox/ab.default");
        let Some(bundle) = foreign_bundle(&case, extensions, "+0d") else {
            return;
        };
        let words = ["--bundle", path_text(&bundle), "--unconstrained"];
        let installed = case.install(&words).ok();
        let said = installed.err();
        let line = said.lines().find(|line| line.contains("CN=A foreign root"));
        let told = format!("is trusted for {servers}.");
        assert!(line.is_some_and(|line| line.ends_with(&told)), "{said}");
        // Only what is new is told.
        let again = case.install(&words).ok();
        assert!(!again.err().contains("A foreign root"), "{}", again.said());
    }
}
