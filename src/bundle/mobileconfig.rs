//! Apple's configuration profile: an identity and the root that it belongs to, in one file that iOS and macOS install.
//!
//! The payloads are those of Apple's Device Management documentation: `com.apple.security.pkcs12` and
//! `com.apple.security.root`. The bundle's password is never inside; the device asks for it.

use aws_lc_rs::digest::{SHA256, digest};
use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use super::{Form, Identity, write};
use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;
use crate::secret::Secret;

/// Writes a configuration profile with the identity, in the form that all of Apple's systems import, and its root.
///
/// # Errors
/// Refuses an identity whose chain is empty: there would be no root to install.
pub fn mobileconfig(identity: &Identity, password: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    let root = identity.chain.last().ok_or_else(|| {
        Error::new(
            ErrorKind::NotPermitted,
            "the bundle holds no root certificate to put into the profile",
        )
        .with_hint("Give the bundle that pki wrote: it holds the whole chain.")
    })?;
    let name = escape(identity.friendly_name.as_deref().unwrap_or("certificate"));
    let bundle = write(identity, password, Form::TripleDesSha1)?;
    // One identity has one set of identifiers: installing the profile again replaces it.
    let identifier = |what: &str| uuid(&[what.as_bytes(), &identity.certificate].concat());
    let (profile, key, anchor) = (
        identifier("profile"),
        identifier("identity"),
        identifier("root"),
    );
    let payloads = [
        payload(
            "com.apple.security.pkcs12",
            &key,
            &name,
            "identity.p12",
            &bundle,
        ),
        payload(
            "com.apple.security.root",
            &anchor,
            "root certificate",
            "root.cer",
            root,
        ),
    ];
    let payloads = Zeroizing::new(payloads.concat());
    let text = Zeroizing::new(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
{}  </array>
  <key>PayloadDisplayName</key>
  <string>{name}</string>
  <key>PayloadIdentifier</key>
  <string>pki.{profile}</string>
  <key>PayloadType</key>
  <string>Configuration</string>
  <key>PayloadUUID</key>
  <string>{profile}</string>
  <key>PayloadVersion</key>
  <integer>1</integer>
</dict>
</plist>
"#,
        payloads.as_str()
    ));
    Ok(Zeroizing::new(text.as_bytes().to_vec()))
}

fn payload(kind: &str, uuid: &str, name: &str, file: &str, content: &[u8]) -> String {
    format!(
        "    <dict>
      <key>PayloadCertificateFileName</key>
      <string>{file}</string>
      <key>PayloadContent</key>
      <data>
{}      </data>
      <key>PayloadDisplayName</key>
      <string>{name}</string>
      <key>PayloadIdentifier</key>
      <string>pki.{uuid}</string>
      <key>PayloadType</key>
      <string>{kind}</string>
      <key>PayloadUUID</key>
      <string>{uuid}</string>
      <key>PayloadVersion</key>
      <integer>1</integer>
    </dict>
",
        base64(content)
    )
}

/// Base64 in lines, which is what stands between the two borders of a PEM block.
fn base64(content: &[u8]) -> String {
    let block = pem::encode_config(
        &Pem::new("DATA", content),
        EncodeConfig::new().set_line_ending(LineEnding::LF),
    );
    let lines = block.lines().filter(|line| !line.starts_with("-----"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A UUID of version 8 (RFC 9562 §5.8): its bits are a digest of what it names.
fn uuid(what: &[u8]) -> String {
    let mut octets: Vec<u8> = digest(&SHA256, what)
        .as_ref()
        .iter()
        .copied()
        .take(16)
        .collect();
    for (position, keep, set) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(octet) = octets.get_mut(position) {
            *octet = (*octet & keep) | set;
        }
    }
    let digits = hexadecimal::encode(&octets).to_uppercase();
    let groups = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)];
    let groups =
        groups.map(|(start, length)| digits.chars().skip(start).take(length).collect::<String>());
    groups.join("-")
}

/// The three characters that mean something in XML's text; what XML 1.0 does not allow at all is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars().filter(|character| !character.is_control()) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_element() {
        assert_eq!(escape("a</string>&\u{7}"), "a&lt;/string&gt;&amp;");
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
}
