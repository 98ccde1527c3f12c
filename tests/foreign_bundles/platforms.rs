//! What the program says of each file for each platform, by `pki bundle check`.

use std::process::{Command, Stdio};

use pki::bundle::Platform;
use serde_json::Value;

use super::index::{Expected, index};
use crate::bundle_programs::Scratch;

/// What a reason of the index is in the program's words; where there are several of which one is enough, with a stroke between.
const WORDS: [(&str, &str); 19] = [
    ("aes-192", "AES with 192 bits"),
    ("sha256", "SHA-256|SHA-224"),
    ("rc2", "RC2 with"),
    ("2-key", "Triple-DES with two keys"),
    ("pbes2-3des", "Triple-DES in PBES2"),
    ("mixed", "beside a MAC of the SHA-2 family"),
    ("open-key", "a private key that is not encrypted"),
    ("no-mac", "a bundle without a MAC"),
    ("pbmac1", "PBMAC1"),
    ("iterations", "iterations"),
    ("empty", "an empty password"),
    ("non-ascii", "a password outside ASCII"),
    ("odd", "a password encoded as OpenSSL 1.0 did"),
    ("ed25519", "an Ed25519 key"),
    ("rsa-pss", "an RSA-PSS key"),
    ("long-numbers", "needlessly long"),
    ("no-id", "a key without localKeyId"),
    ("named", "under the end entity's friendlyName"),
    ("expired", "a certificate that has ended"),
];
const MORE_WORDS: [(&str, &str); 2] = [
    ("no-issuer", "without its issuing certificate"),
    ("no-key", "without a private key and its certificate"),
];

/// Runs `pki bundle check`: its exit code, and the document that it prints.
fn check(expected: &Expected, platform: Platform) -> (Option<i32>, Value) {
    let scratch = Scratch::new(&expected.password);
    let output = Command::new(env!("CARGO_BIN_EXE_pki"))
        .args(["bundle", "check", "--json", "--for", platform.as_str()])
        .arg("--password-file")
        .arg(scratch.path("password"))
        .arg(expected.path())
        .current_dir(scratch.path("."))
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap(),
    )
}

/// In what the program's word differs from the index's.
fn differences(expected: &Expected, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (platform, cell) in &expected.platforms {
        let platforms = document["platforms"].as_array().unwrap();
        let said = platforms.iter().find(|it| it["platform"] == *platform);
        let said = said.unwrap();
        let (verdict, reasons) = cell.split_once(' ').unwrap_or((cell, ""));
        let is_known = verdict != "?";
        if is_known && said["imports"] != (verdict == "yes") {
            found.push(format!(
                "{platform}: {cell}, but imports: {}",
                said["imports"]
            ));
        }
        let told = said["reasons"].to_string();
        for reason in reasons.split(',').filter(|reason| !reason.is_empty()) {
            let words = WORDS.iter().chain(&MORE_WORDS);
            let (_, words) = words.clone().find(|(word, _)| *word == reason).unwrap();
            if !words.split('|').any(|words| told.contains(words)) {
                found.push(format!("{platform}: {cell}, but the reasons are {told}"));
            }
        }
        // Where all is well nothing is held against the file.
        if cell == "yes" && told != "[]" {
            found.push(format!("{platform}: {cell}, but the reasons are {told}"));
        }
    }
    found
}

#[test]
fn bundle_check_says_of_every_platform_what_the_index_says() {
    let mut wrong = Vec::new();
    // Each file asks for another platform, so that each platform's exit code is seen both ways.
    for (expected, platform) in index().iter().zip(Platform::ALL.into_iter().cycle()) {
        let file = &expected.file;
        let (code, document) = check(expected, platform);
        if expected.platforms["any"] == "-" {
            assert_eq!(code, Some(1), "{file}: {document}");
            assert_eq!(document["error"]["kind"], "malformed", "{file}");
            continue;
        }
        let differences = differences(expected, &document);
        wrong.extend(differences.iter().map(|it| format!("{file}: {it}")));
        let platforms = document["platforms"].as_array().unwrap();
        let asked = platforms
            .iter()
            .find(|it| it["platform"] == platform.as_str());
        let code_expected = match asked.unwrap()["imports"].as_bool().unwrap() {
            true => 0,
            false => 3,
        };
        assert_eq!(code, Some(code_expected), "{file} for {platform}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
