//! What OpenSSL objects to, by its number and the depth in the chain, and what it takes once that is left out.

use std::path::Path;
use std::process::Command;

use super::right::{PUT_RIGHT, write_what_is_put_right};
use super::stage::Stage;
use super::{assert_complete, case};
use crate::probe::programs::{run, tool};
use crate::testing::NOW;

/// X509_V_ERR_*, as `openssl verify` numbers them.
const LOCAL_ISSUER_MISSING: u32 = 20;
const SIGNATURE_FAILURE: u32 = 7;
const NOT_YET_VALID: u32 = 9;
const EXPIRED: u32 = 10;
const SELF_SIGNED: u32 = 18;
const CHAIN_TOO_LONG: u32 = 22;
const REVOKED: u32 = 23;
const PATH_LENGTH_EXCEEDED: u32 = 25;
const INVALID_PURPOSE: u32 = 26;
const NO_CERTIFICATE_SIGNING: u32 = 32;
const UNHANDLED_CRITICAL_EXTENSION: u32 = 34;
const PERMITTED_VIOLATION: u32 = 47;
const END_ENTITY_KEY_TOO_SMALL: u32 = 66;
const DIGEST_TOO_WEAK: u32 = 68;
const INVALID_CA: u32 = 79;

/// One call of `openssl verify`: everything is checked that it can check, unless something is left out.
struct Verification {
    certificate: String,
    trusted: Vec<String>,
    above: Option<String>,
    /// The CRLs; where there are none, they are not looked for.
    lists: Vec<String>,
    lists_for: &'static str,
    purpose: &'static str,
    time: &'static str,
    level: &'static str,
    more: Vec<&'static str>,
}

impl Verification {
    /// Everything, with the site's trust: root and throw-away root, their CRLs, TLS clients, the time of the run.
    fn of(case: &str) -> Self {
        Self {
            certificate: case.to_owned(),
            trusted: vec!["root".to_owned(), "anchor/root".to_owned()],
            above: Some(format!("{case}-above")),
            lists: vec!["crl".to_owned(), "anchor/crl".to_owned()],
            lists_for: "-crl_check_all",
            purpose: "sslclient",
            time: "-attime",
            level: "2",
            more: Vec::new(),
        }
    }

    /// What it objects to: number and depth of each error; nothing where it takes the certificate.
    fn errors(&self, stage: &Stage, openssl: &Path) -> Vec<(u32, u32)> {
        let mut command = Command::new(openssl);
        command.args(["verify", "-no-CAfile", "-no-CApath", "-no-CAstore"]);
        command.args(["-x509_strict", "-check_ss_sig", "-auth_level", self.level]);
        command.args(["-purpose", self.purpose, self.time]);
        if self.time == "-attime" {
            command.arg(NOW.unix_timestamp().to_string());
        }
        for trusted in &self.trusted {
            command.arg("-trusted").arg(stage.path(trusted));
        }
        // OpenSSL does not read an empty file.
        let above = self.above.as_ref().map(|above| stage.path(above));
        if let Some(above) = above.filter(|above| above.metadata().unwrap().len() > 0) {
            command.arg("-untrusted").arg(above);
        }
        for list in &self.lists {
            command.arg("-CRLfile").arg(stage.path(list));
        }
        command.args((!self.lists.is_empty()).then_some(self.lists_for));
        command.args(&self.more).arg(stage.path(&self.certificate));
        let (taken, said) = run(&mut command);
        let errors: Vec<_> = said.lines().filter_map(error).collect();
        let name = &self.certificate;
        assert_eq!(taken, errors.is_empty(), "{name}: {said}");
        errors
    }

    fn without_lists(mut self) -> Self {
        self.lists.clear();
        self
    }

    fn trusting(mut self, trusted: &str) -> Self {
        self.trusted = vec![trusted.to_owned()];
        self
    }

    fn for_purpose(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }

    fn and(mut self, more: &[&'static str]) -> Self {
        self.more.extend(more);
        self
    }
}

/// `error 10 at 0 depth lookup: certificate has expired`
fn error(line: &str) -> Option<(u32, u32)> {
    let mut words = line.strip_prefix("error ")?.split(' ');
    let number = words.next()?.parse().ok()?;
    let depth = words.nth(1)?.parse().ok()?;
    Some((number, depth))
}

/// A case, how it is looked at, what is found, and how it is looked at when nothing is found any more.
struct Row {
    case: &'static str,
    look: fn(Verification) -> Verification,
    found: &'static [(u32, u32)],
    leave_out: fn(Verification) -> Verification,
}

const fn row(
    case: &'static str,
    found: &'static [(u32, u32)],
    leave_out: fn(Verification) -> Verification,
) -> Row {
    Row {
        case,
        look: same,
        found,
        leave_out,
    }
}

const fn good(case: &'static str) -> Row {
    row(case, &[], same)
}

fn same(everything: Verification) -> Verification {
    everything
}

fn before_revocation(mut everything: Verification) -> Verification {
    everything.lists = vec!["crl-before".to_owned()];
    everything
}

fn at_any_time(mut everything: Verification) -> Verification {
    everything.time = "-no_check_time";
    everything
}

fn at_any_strength(mut everything: Verification) -> Verification {
    everything.level = "0";
    everything
}

/// Looks at the same certificate with the one thing put right, as [`write_what_is_put_right`] does.
fn put_right(mut everything: Verification) -> Verification {
    everything.certificate.push_str(PUT_RIGHT);
    everything
}

/// Trusts the foreign root, and has the CRLs of its CAs.
fn trusting_the_foreign_root(everything: Verification) -> Verification {
    let mut right = put_right(everything);
    right.above = Some(format!("{}-above", right.certificate));
    right.lists = vec![format!("{}-lists", right.certificate)];
    right.trusted = vec![format!("{}-root", right.certificate)];
    right
}

const ROWS: [Row; 36] = [
    row("expired", &[(EXPIRED, 0)], at_any_time),
    row("not-yet-valid", &[(NOT_YET_VALID, 0)], at_any_time),
    row("revoked", &[(REVOKED, 0)], before_revocation),
    row("held", &[(REVOKED, 0)], before_revocation),
    row(
        "resumed-after-revocation-tls12",
        &[(REVOKED, 0)],
        before_revocation,
    ),
    row(
        "resumed-after-revocation-tls13",
        &[(REVOKED, 0)],
        before_revocation,
    ),
    row(
        "renegotiated-after-revocation",
        &[(REVOKED, 0)],
        before_revocation,
    ),
    // Who signs himself has no CRL.
    Row {
        look: Verification::without_lists,
        ..row("self-signed", &[(SELF_SIGNED, 0)], |all| {
            all.without_lists().trusting("self-signed")
        })
    },
    row(
        "foreign-ca-same-name",
        &[(LOCAL_ISSUER_MISSING, 1)],
        trusting_the_foreign_root,
    ),
    // The CRLs of our CA would be taken for the foreign one's, and would not verify either.
    Row {
        look: Verification::without_lists,
        ..row(
            "foreign-ca-same-key-identifiers",
            &[(SIGNATURE_FAILURE, 1)],
            trusting_the_foreign_root,
        )
    },
    row(
        "unknown-ca",
        &[(LOCAL_ISSUER_MISSING, 0)],
        trusting_the_foreign_root,
    ),
    // That the path is too long as well follows: our CAs allow no further one. See the test beneath.
    Row {
        look: Verification::without_lists,
        ..row(
            "end-entity-as-ca",
            &[
                (INVALID_CA, 1),
                (INVALID_PURPOSE, 1),
                (PATH_LENGTH_EXCEEDED, 2),
                (PATH_LENGTH_EXCEEDED, 3),
                (NO_CERTIFICATE_SIGNING, 1),
            ],
            |all| {
                let right = format!("{}{PUT_RIGHT}", all.certificate);
                all.without_lists()
                    .trusting(&right)
                    .and(&["-partial_chain"])
            },
        )
    },
    row(
        "intermediate-missing",
        &[(LOCAL_ISSUER_MISSING, 0)],
        |mut all| {
            all.above = Some("plain-above".to_owned());
            all
        },
    ),
    row("altered-signature", &[(SIGNATURE_FAILURE, 0)], put_right),
    row("altered-content", &[(SIGNATURE_FAILURE, 0)], put_right),
    row("server-certificate", &[(INVALID_PURPOSE, 0)], |all| {
        all.for_purpose("sslserver")
    }),
    row("other-purpose", &[(INVALID_PURPOSE, 0)], |all| {
        all.for_purpose("smimesign")
    }),
    row("encipherment-only", &[(INVALID_PURPOSE, 0)], |all| {
        all.for_purpose("any")
    }),
    row(
        "unknown-critical-extension",
        &[(UNHANDLED_CRITICAL_EXTENSION, 0)],
        |all| all.and(&["-ignore_critical"]),
    ),
    // Seen from the CA beneath, the path is short.
    row("path-length", &[(PATH_LENGTH_EXCEEDED, 2)], |mut all| {
        all.lists_for = "-crl_check";
        all.trusting("path-length-above").and(&["-partial_chain"])
    }),
    Row {
        look: |all| all.and(&["-verify_depth", "1"]),
        ..row("deeper-chain", &[(CHAIN_TOO_LONG, 2)], same)
    },
    row("system-trusted-ca", &[(LOCAL_ISSUER_MISSING, 1)], |all| {
        all.trusting("anchor/system")
    }),
    row(
        "name-constraint-dns",
        &[(PERMITTED_VIOLATION, 0)],
        put_right,
    ),
    row(
        "name-constraint-email",
        &[(PERMITTED_VIOLATION, 0)],
        put_right,
    ),
    row("name-constraint-ip", &[(PERMITTED_VIOLATION, 0)], put_right),
    row(
        "name-constraint-uri",
        &[(PERMITTED_VIOLATION, 0)],
        put_right,
    ),
    row("sha1-signature", &[(DIGEST_TOO_WEAK, 0)], at_any_strength),
    row(
        "rsa-1024",
        &[(END_ENTITY_KEY_TOO_SMALL, 0)],
        at_any_strength,
    ),
    good("plain"),
    good("rsa"),
    good("p384"),
    good("many-names"),
    good("large-certificate"),
    good("utf8-subject"),
    good("constrained-plain"),
    good("anchor-plain"),
];

#[test]
fn every_case_has_a_row() {
    assert_complete(ROWS.iter().map(|row| row.case));
}

#[test]
fn openssl_refuses_each_case_for_its_one_reason_and_takes_it_without_that() {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let stage = Stage::shared();
    write_what_is_put_right(stage);
    for row in &ROWS {
        let found = (row.look)(Verification::of(row.case)).errors(stage, &openssl);
        assert_eq!(found, row.found, "{}", row.case);
        let found = (row.leave_out)(Verification::of(row.case)).errors(stage, &openssl);
        assert_eq!(found, [], "{} without its one reason", row.case);
    }
}

#[test]
fn openssl_takes_the_baselines_wherever_a_case_is_looked_at_otherwise() {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let stage = Stage::shared();
    for row in &ROWS {
        let case = case::all().find(|case| case.name == row.case).unwrap();
        let mut look = (row.look)(Verification::of(case.baseline.case()));
        assert_eq!(look.errors(stage, &openssl), [], "{}", row.case);
        // Nobody but the root is trusted: a certificate of ours is not let in by the throw-away CA, nor the other way round.
        look.trusted = vec!["anchor/system".to_owned()];
        assert_eq!(
            look.errors(stage, &openssl),
            [(LOCAL_ISSUER_MISSING, 1)],
            "{}",
            row.case
        );
    }
}

#[test]
fn nothing_but_that_the_issuer_is_no_ca_is_wrong_beneath_an_end_entity() {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let stage = Stage::shared();
    let issuer = stage.presented("end-entity-as-ca").chain.get(1).unwrap();
    stage.write("end-entity", [issuer]);
    let look = Verification::of("end-entity-as-ca").without_lists();
    let found = look
        .trusting("end-entity")
        .and(&["-partial_chain"])
        .errors(stage, &openssl);
    // Thrice the same: by basicConstraints, by all that a purpose asks of a CA, by keyUsage.
    let no_ca = [
        (INVALID_CA, 1),
        (INVALID_PURPOSE, 1),
        (NO_CERTIFICATE_SIGNING, 1),
    ];
    assert_eq!(found, no_ca);
    // The end entity itself is as good as any.
    let mut alone = Verification::of("plain");
    alone.certificate = "end-entity".to_owned();
    assert_eq!(alone.errors(stage, &openssl), []);
}

#[test]
fn the_ca_too_deep_is_good_itself_and_so_is_what_it_issues() {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let stage = Stage::shared();
    let (too_deep, above) = stage.presented("path-length").chain.split_at(2);
    stage.write("too-deep", too_deep.last());
    stage.write("too-deep-above", above);
    let look = Verification::of("too-deep").for_purpose("any");
    assert_eq!(look.errors(stage, &openssl), []);
}
