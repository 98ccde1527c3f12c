//! Apple's configuration profile: an identity and the certificates above it, or a root alone, in one file that iOS and macOS
//! install.
//!
//! The payloads are those of Apple's Device Management documentation: `com.apple.security.pkcs12` (CertificatePKCS12),
//! `com.apple.security.pkcs1` (CertificatePKCS1) and `com.apple.security.root` (CertificateRoot), in a TopLevel dictionary. The
//! bundle's password is never inside, because the profile is not encrypted; the device asks for it. That page promises the
//! identity alone to be taken out of a bundle, so the issuing CA and the root have payloads of their own.

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use aws_lc_rs::digest::{SHA256, digest};
use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use super::{Form, Identity, Platform, write};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;
use crate::secret::Secret;

/// One payload of a profile.
struct Payload<'a> {
    kind: &'static str,
    uuid: String,
    name: &'a str,
    description: &'static str,
    file: String,
    content: &'a [u8],
}

/// What a device shows of a profile before it installs it.
struct Cover<'a> {
    uuid: String,
    name: &'a str,
    description: &'a str,
    organization: &'a str,
}

/// Writes a configuration profile with the identity, in the form that all of Apple's systems import, and the certificates above it.
///
/// # Errors
/// Refuses an empty password, which macOS and iOS refuse; a key that they cannot use; and an identity whose chain does not end in a
/// root: there would be nothing to trust.
pub fn mobileconfig(identity: &Identity, password: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    if password.expose().is_empty() {
        return Err(Error::new(
            ErrorKind::NotPermitted,
            "macOS and iOS refuse a bundle with an empty password",
        )
        .with_hint("Give the new one another with --new-password-file."));
    }
    let certificate = Certificate::from_der(identity.certificate.as_slice())?;
    Platform::Ios.check_key(&certificate.key_algorithm())?;
    let chain = identity
        .chain
        .iter()
        .map(|der| Certificate::from_der(der.as_slice()));
    let mut above = chain.collect::<Result<Vec<_>>>()?;
    let root = above
        .pop()
        .filter(Certificate::is_self_issued)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotPermitted,
                "the bundle holds no root certificate to put into the profile",
            )
            .with_hint("Give the bundle that pki wrote: it holds the whole chain.")
        })?;
    let name = identity.friendly_name.as_deref().unwrap_or("certificate");
    let bundle = write(identity, password, Form::TripleDesSha1)?;
    // One identity has one set of identifiers: installing the profile again replaces it.
    let identifier = |what: &str| uuid(&[what.as_bytes(), &identity.certificate].concat());
    let mut payloads = vec![Payload {
        kind: "com.apple.security.pkcs12",
        uuid: identifier("identity"),
        name,
        description: "The certificate to log in with, and its key.",
        file: "identity.p12".to_owned(),
        content: &bundle,
    }];
    for (position, issuing) in (1..).zip(&above) {
        payloads.push(Payload {
            kind: "com.apple.security.pkcs1",
            uuid: identifier(&format!("issuing {position}")),
            name: name_of(issuing),
            description: "The certificate of the authority that issued it.",
            file: format!("issuing-{position}.cer"),
            content: issuing.der(),
        });
    }
    payloads.push(Payload {
        uuid: identifier("root"),
        ..Payload::root(&root)
    });
    let cover = Cover {
        uuid: identifier("profile"),
        name,
        description: "Lets this device log in with the certificate, and know the servers of the authority that issued it.",
        organization: name_of(&root),
    };
    Ok(profile(&cover, &payloads))
}

/// Writes a configuration profile with a root certificate alone: what a device needs to trust the servers beneath it.
pub fn root_mobileconfig(root: &Certificate) -> Vec<u8> {
    let cover = Cover {
        uuid: uuid(&[b"root profile", root.der()].concat()),
        name: name_of(root),
        description: "Lets this device know the servers of this certificate authority. It does not log in anywhere.",
        organization: name_of(root),
    };
    profile(&cover, &[Payload::root(root)]).to_vec()
}

/// Says whether a platform installs configuration profiles.
///
/// # Errors
/// Refuses every platform but Apple's two, and `any`, which stands for both.
pub fn installs_mobileconfig(platform: Platform) -> Result<()> {
    match platform {
        Platform::Any | Platform::MacOs | Platform::Ios => Ok(()),
        other => Err(Error::new(
            ErrorKind::Usage,
            format!("{other} does not install configuration profiles"),
        )
        .with_hint("They are for ios and macos; use --form p12.")),
    }
}

impl<'a> Payload<'a> {
    fn root(root: &'a Certificate) -> Self {
        Self {
            kind: "com.apple.security.root",
            uuid: uuid(&[b"root", root.der()].concat()),
            name: name_of(root),
            description: "The root certificate of the authority.",
            file: "root.cer".to_owned(),
            content: root.der(),
        }
    }

    fn xml(&self) -> Zeroizing<String> {
        let content = Zeroizing::new(base64(self.content));
        let (name, description) = (escape(self.name), escape(self.description));
        Zeroizing::new(format!(
            "    <dict>
      <key>PayloadCertificateFileName</key>
      <string>{file}</string>
      <key>PayloadContent</key>
      <data>
{content}      </data>
      <key>PayloadDescription</key>
      <string>{description}</string>
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
            file = self.file,
            content = content.as_str(),
            uuid = self.uuid,
            kind = self.kind,
        ))
    }
}

/// Puts payloads into a profile that whoever installs it can remove again.
fn profile(cover: &Cover<'_>, payloads: &[Payload<'_>]) -> Zeroizing<Vec<u8>> {
    let mut content = Zeroizing::new(String::new());
    for payload in payloads {
        content.push_str(&payload.xml());
    }
    let text = Zeroizing::new(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
{content}  </array>
  <key>PayloadDescription</key>
  <string>{description}</string>
  <key>PayloadDisplayName</key>
  <string>{name}</string>
  <key>PayloadIdentifier</key>
  <string>pki.{uuid}</string>
  <key>PayloadOrganization</key>
  <string>{organization}</string>
  <key>PayloadRemovalDisallowed</key>
  <false/>
  <key>PayloadScope</key>
  <string>User</string>
  <key>PayloadType</key>
  <string>Configuration</string>
  <key>PayloadUUID</key>
  <string>{uuid}</string>
  <key>PayloadVersion</key>
  <integer>1</integer>
</dict>
</plist>
"#,
        content = content.as_str(),
        description = escape(cover.description),
        name = escape(cover.name),
        organization = escape(cover.organization),
        uuid = cover.uuid,
    ));
    Zeroizing::new(text.as_bytes().to_vec())
}

/// How a CA is called in the device's lists.
fn name_of(authority: &Certificate) -> &str {
    let subject = authority.subject();
    subject.common_name().unwrap_or_else(|| subject.as_str())
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

/// The three characters that mean something in XML's text; what XML 1.0 §2.2 does not allow at all is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let allowed =
        |character: &char| !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}');
    for character in text.chars().filter(allowed) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}
