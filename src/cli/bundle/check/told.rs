//! How a diagnosis is told, to people and to scripts.

use std::path::Path;

use anstyle::Style;
use serde_json::{Value, json};

use crate::bundle::diagnosis::{Encryption, Features, Judgement};
use crate::bundle::{Diagnosis, Encoding, Identity, Matter, PasswordForm};
use crate::certificate::{Certificate, Fingerprint};
use crate::cli::report::Report;
use crate::cli::table::{self, Cell};
use crate::cli::{handover, look};

/// The JSON document.
pub(super) fn document(
    file: &Path,
    diagnosis: &Diagnosis,
    judgements: &[Judgement],
    mends: &[Option<String>],
) -> Value {
    let Features {
        encoding,
        key_encryption,
        certificate_encryption,
        authentication,
        mac_iterations,
        password,
        iterations,
        lone_keys,
        ..
    } = &diagnosis.features;
    let texts = |all: &[Encryption]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mac = authentication
        .as_ref()
        .map(|it| json!({"algorithm": it.to_string(), "iterations": mac_iterations}));
    let identities = diagnosis.contents.identities.iter();
    let platforms = judgements.iter().zip(mends);
    json!({
        "path": handover::path(file),
        "encoding": encoding_word(*encoding),
        "encryption": {
            "private_keys": texts(key_encryption),
            "certificates": texts(certificate_encryption),
        },
        "mac": mac,
        "iterations": iterations,
        "password": {
            "empty": password.empty,
            "ascii": password.ascii,
            "form": form_word(password.form),
        },
        "identities": identities.map(identity_document).collect::<Vec<_>>(),
        "keys_without_certificate": lone_keys,
        "other_certificates": diagnosis.contents.other_certificates.iter().map(|it| subject(&it.der)).collect::<Vec<_>>(),
        "other_contents": diagnosis.contents.others,
        "platforms": platforms.map(platform_document).collect::<Vec<_>>(),
    })
}

fn identity_document(identity: &Identity) -> Value {
    let certificate = Certificate::from_der(identity.certificate.as_slice()).ok();
    json!({
        "subject": certificate.as_ref().map(|it| it.subject().to_string()),
        "serial_number": certificate.as_ref().map(|it| it.serial_number().to_string()),
        "fingerprint_sha256": Fingerprint::of(&identity.certificate).to_string(),
        "key_algorithm": certificate.as_ref().map(Certificate::key_algorithm),
        "friendly_name": identity.friendly_name,
        "chain": identity.chain.iter().map(|der| subject(der)).collect::<Vec<_>>(),
    })
}

fn platform_document((judgement, mend): (&Judgement, &Option<String>)) -> Value {
    let reasons: Vec<_> = judgement.reasons().into_iter().map(|it| it.text).collect();
    let importers = judgement.importers.iter().map(|(importer, findings)| {
        json!({
            "importer": importer.name(),
            "imports": !findings.iter().any(|finding| finding.prevents),
            "reasons": judgement.reasons_of(findings),
        })
    });
    json!({
        "platform": judgement.platform.as_str(),
        "imports": judgement.imports(),
        "usable": judgement.is_clean(),
        "reasons": reasons,
        "unknown": judgement.unknown(),
        "importers": importers.collect::<Vec<_>>(),
        "mend": mend,
    })
}

/// Facts, a table of platforms, and the commands that mend.
pub(super) fn text(
    file: &Path,
    diagnosis: &Diagnosis,
    judgements: &[&Judgement],
    mends: &[&Option<String>],
    report: Report,
) -> String {
    let mut facts = facts(file, diagnosis);
    facts.extend(whatever_the_platform(judgements).map(|text| ("but", text)));
    let mut text = table::fitted_facts(&facts, |_| Style::new(), report);
    text += "\n\n";
    text += &table::fitted(&rows(judgements), &[], report);
    let commands: Vec<_> = mends.iter().copied().flatten().collect();
    if !commands.is_empty() {
        text += "\n\nWhat mends it:\n";
        for command in commands {
            text += &format!("  {command}\n");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn facts(file: &Path, diagnosis: &Diagnosis) -> Vec<(&'static str, String)> {
    let features = &diagnosis.features;
    let word = |encryption: &Encryption| match encryption {
        Encryption::None => "not encrypted".to_owned(),
        other => other.to_string(),
    };
    let listed = |all: &[Encryption]| match all.len() {
        0 => "there are none".to_owned(),
        _ => all.iter().map(word).collect::<Vec<_>>().join(", "),
    };
    let mac = match (&features.authentication, features.mac_iterations) {
        (None, _) => "none".to_owned(),
        (Some(mac), None) => mac.to_string(),
        (Some(mac), Some(1)) => format!("{mac}, 1 iteration"),
        (Some(mac), Some(iterations)) => format!("{mac}, {iterations} iterations"),
    };
    let mut facts = vec![
        ("file", file.display().to_string()),
        ("encoding", encoding_word(features.encoding).to_owned()),
        ("private keys", listed(&features.key_encryption)),
        ("certificates", listed(&features.certificate_encryption)),
        ("MAC", mac),
        ("iterations", format!("{} at the most", features.iterations)),
        ("password", password(features)),
    ];
    let identities = diagnosis.contents.identities.iter();
    facts.extend(identities.map(|identity| ("identity", identity_text(identity))));
    match features.lone_keys {
        0 => {}
        1 => facts.push((
            "besides",
            "a private key without its certificate".to_owned(),
        )),
        many => facts.push((
            "besides",
            format!("{many} private keys without certificates"),
        )),
    }
    let others = diagnosis.contents.other_certificates.iter();
    facts.extend(others.map(|it| ("besides", format!("a certificate: {}", subject(&it.der)))));
    let kinds = diagnosis.contents.others.iter();
    facts.extend(kinds.map(|kind| ("besides", format!("what no login needs: {kind}"))));
    facts
}

/// `CN=alice, p256, serial number 4f…, called alice, under CN=Example issuing CA, CN=Example root`.
fn identity_text(identity: &Identity) -> String {
    let mut parts = vec![subject(&identity.certificate)];
    if let Ok(certificate) = Certificate::from_der(identity.certificate.as_slice()) {
        parts.push(certificate.key_algorithm());
        parts.push(format!("serial number {}", certificate.serial_number()));
    }
    if let Some(name) = &identity.friendly_name {
        parts.push(format!("called {name}"));
    }
    let chain: Vec<_> = identity.chain.iter().map(|der| subject(der)).collect();
    parts.push(match chain.is_empty() {
        true => "no chain".to_owned(),
        false => format!("under {}", chain.join(", ")),
    });
    parts.join(", ")
}

fn password(features: &Features) -> String {
    let password = features.password;
    let kind = match (password.empty, password.ascii) {
        (true, _) => "empty",
        (false, true) => "ASCII",
        (false, false) => "not ASCII",
    };
    match password.form {
        PasswordForm::Standard => kind.to_owned(),
        PasswordForm::Absent => format!("{kind}, and stands for no octets"),
        PasswordForm::WidenedUtf8 => format!("{kind}, encoded as OpenSSL before 1.1 did"),
        PasswordForm::Utf16InPbkdf2 => format!("{kind}, encoded as NSS before 3.47 did"),
    }
}

/// What is so on every platform, and what helps against it: writing the file again does not.
fn whatever_the_platform(judgements: &[&Judgement]) -> impl Iterator<Item = String> {
    let reasons = judgements
        .first()
        .map(|it| it.reasons())
        .unwrap_or_default();
    let reasons = reasons.into_iter().filter(|it| it.matter.is_everywhere());
    reasons.map(|reason| match help(reason.matter) {
        Some(help) => format!("{}; {help}", reason.text),
        None => reason.text,
    })
}

fn help(matter: Matter) -> Option<&'static str> {
    match matter {
        Matter::NoIssuer => {
            Some("ask for the issuing CA's certificate, and add it with pki export --chain FILE")
        }
        Matter::Expired | Matter::NotForClients => Some("ask for a new certificate"),
        _ => None,
    }
}

/// One row a reason; what nobody tried is told where nothing is known to go wrong.
fn rows(judgements: &[&Judgement]) -> Vec<[Cell; 3]> {
    let mut rows = vec![["PLATFORM", "IMPORTS", "WHY"].map(Cell::from)];
    for judgement in judgements {
        let unknown = match judgement.imports() {
            true => judgement.unknown(),
            false => Vec::new(),
        };
        let (word, ok) = match (judgement.imports(), judgement.is_clean()) {
            (false, _) => ("no", Some(false)),
            (true, true) if unknown.is_empty() => ("yes", Some(true)),
            (true, true) => ("probably", None),
            (true, false) => ("yes, but", None),
        };
        let verdict = || Cell::styled(word, look::of_check(ok));
        let platform = judgement.platform.as_str();
        let mut first = Some((Cell::from(platform), verdict()));
        let reasons = judgement.reasons().into_iter();
        let reasons = reasons.filter(|reason| !reason.matter.is_everywhere());
        let reasons = reasons.map(|reason| reason.text);
        for text in reasons.chain(unknown) {
            let (platform, verdict) = first.take().unwrap_or_else(|| ("".into(), "".into()));
            rows.push([platform, verdict, text.into()]);
        }
        if let Some((platform, verdict)) = first {
            rows.push([platform, verdict, "".into()]);
        }
    }
    rows
}

/// A certificate's subject, or what is known of one that cannot be read.
fn subject(der: &[u8]) -> String {
    match Certificate::from_der(der) {
        Ok(certificate) => certificate.subject().to_string(),
        Err(_) => "a certificate that cannot be read".to_owned(),
    }
}

fn encoding_word(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Der => "DER",
        Encoding::Ber => "BER",
    }
}

fn form_word(form: PasswordForm) -> &'static str {
    match form {
        PasswordForm::Standard => "standard",
        PasswordForm::Absent => "absent",
        PasswordForm::WidenedUtf8 => "widened-utf-8",
        PasswordForm::Utf16InPbkdf2 => "utf-16-in-pbkdf2",
    }
}
