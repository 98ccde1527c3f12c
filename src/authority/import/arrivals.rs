//! The certificates that a CA had issued elsewhere: found in files, checked, named, recorded.

use std::collections::HashSet;
use std::path::PathBuf;

use time::OffsetDateTime;

use super::files::certificates;
use super::past::{Origin, past_of};
use crate::certificate::object_identifier as oid;
use crate::certificate::{Certificate, KeyUsage};
use crate::error::Result;
use crate::inventory::{Arrival, Fate, IndexEntry, Inventory, Record};
use crate::name::{Device, Name, SubjectAltName};
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// RFC 5280 §4.1.2.2.
const MAX_SERIAL_NUMBER: usize = 20;

/// What an import did.
#[derive(Debug, Default)]
pub struct Import {
    /// How many certificates were recorded.
    pub imported: usize,
    /// How many the inventory knew already.
    pub known: usize,
    /// How many revocations were recorded.
    pub revoked: usize,
    /// Whether the CRL's number is above those that were known: the next CRL goes on from there.
    pub continued: bool,
    /// What was not recorded.
    pub refused: Vec<Refused>,
    /// What is kept under another name than its commonName, or with a device.
    pub renamed: Vec<Renamed>,
    /// What the index calls valid and the inventory does not know.
    pub missing: Vec<IndexEntry>,
}

/// A certificate that was not recorded, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file in which it stands.
    pub file: PathBuf,
    /// The reason, in one sentence.
    pub reason: String,
}

/// Under which name and device a certificate is kept.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// Its serial number.
    pub serial_number: SerialNumber,
    /// The name.
    pub name: Name,
    /// The device.
    pub device: Option<Device>,
}

/// Records the certificates in files and directories, and what index and last CRL say of them and of others.
///
/// `wanted` is the profile for certificates that allow both kinds of use.
///
/// # Errors
/// Says which file cannot be read; refuses an index where no CA was imported, and a CRL that no CA of ours signed. Then nothing
/// was recorded.
pub fn import(
    inventory: &Inventory,
    paths: &[PathBuf],
    origin: Origin<'_>,
    wanted: Option<Profile>,
    now: OffsetDateTime,
) -> Result<Import> {
    let authorities = inventory.authorities()?;
    let past = past_of(inventory, &authorities, origin)?;
    let mut import = Import::default();
    let (mut files, mut arrivals) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (file, found) in certificates(paths)? {
        let taken = found.and_then(|certificate| {
            check(&certificate, &authorities)?;
            Ok(certificate)
        });
        match taken {
            Ok(certificate) if seen.insert(certificate.fingerprint()) => {
                files.push(file);
                arrivals.push(Arrival {
                    profile: profile_of(&certificate, wanted),
                    name: name_of(&certificate)?,
                    certificate,
                });
            }
            Ok(_) => {}
            Err(reason) => import.refused.push(Refused { file, reason }),
        }
    }
    let done = inventory.import(&arrivals, &past, now)?;
    for ((arrival, file), fate) in arrivals.into_iter().zip(files).zip(done.fates) {
        match fate {
            Fate::Known => import.known += 1,
            Fate::SerialNumberTaken => import.refused.push(Refused {
                file,
                reason: format!(
                    "the serial number {} is that of another certificate of the same CA",
                    arrival.certificate.serial_number()
                ),
            }),
            Fate::Recorded { name, device } => {
                import.imported += 1;
                let own = arrival.certificate.subject().common_name();
                if device.is_some() || own != Some(name.as_str()) {
                    import.renamed.push(Renamed {
                        serial_number: arrival.certificate.serial_number().clone(),
                        name,
                        device,
                    });
                }
            }
        }
    }
    (import.revoked, import.missing) = (done.revoked, done.missing);
    import.continued = done.continued;
    Ok(import)
}

/// A reason against a certificate, unless a CA of ours issued it.
fn check(certificate: &Certificate, authorities: &[Record]) -> Result<(), String> {
    let mut named = authorities
        .iter()
        .map(|record| &record.certificate)
        .filter(|authority| authority.subject() == certificate.issuer())
        .peekable();
    if named.peek().is_none() {
        return Err(format!(
            "{} was issued by {}, which is not this CA",
            certificate.subject(),
            certificate.issuer()
        ));
    }
    if !named.any(|authority| certificate.is_signed_by(authority)) {
        return Err(format!(
            "{} names this CA as its issuer and is not signed with its key",
            certificate.subject()
        ));
    }
    let number = certificate.serial_number().octets().len();
    if certificate.has_negative_serial_number() || number > MAX_SERIAL_NUMBER {
        return Err(format!(
            "{} has a serial number that is negative or longer than 20 octets, which no CRL could list",
            certificate.subject()
        ));
    }
    Ok(())
}

/// What a certificate is for by what it says; `wanted` decides where it allows both.
fn profile_of(certificate: &Certificate, wanted: Option<Profile>) -> Profile {
    let extensions = certificate.extensions();
    if extensions.basic_constraints.is_some_and(|it| it.ca) {
        return Profile::Other;
    }
    let client = certificate.allows_purpose(oid::CLIENT_AUTH)
        && certificate.allows_usage(KeyUsage::DIGITAL_SIGNATURE);
    let server = certificate.allows_purpose(oid::SERVER_AUTH);
    let hosts = extensions.subject_alt_names.iter().any(is_host);
    match (client, server) {
        (true, true) => wanted.unwrap_or(match hosts {
            true => Profile::Server,
            false => Profile::Client,
        }),
        (true, false) => Profile::Client,
        (false, true) => Profile::Server,
        (false, false) => Profile::Other,
    }
}

/// The name under which a certificate is kept: its commonName, else an address or host in it, else one that tells its
/// serial number.
fn name_of(certificate: &Certificate) -> Result<Name> {
    let names = &certificate.extensions().subject_alt_names;
    let value = |wanted: fn(&SubjectAltName) -> bool| {
        let found = names.iter().find(|name| wanted(name));
        // A wildcard's asterisk means something to a shell.
        found.map(|name| name.value().replace('*', "_"))
    };
    let candidates = [
        certificate.subject().common_name().map(str::to_owned),
        value(|name| matches!(name, SubjectAltName::Email(_))),
        certificate.email_address(),
        value(is_host),
    ];
    let mut fitting = candidates.into_iter().flatten();
    let fitting = fitting.find_map(|text| Name::parse(&text).ok());
    fitting.map_or_else(
        || Name::parse(&format!("imported-{}", certificate.serial_number())),
        Ok,
    )
}

fn is_host(name: &SubjectAltName) -> bool {
    matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
        KeyUsagePurpose, SanType,
    };

    use super::*;
    use crate::testing::TestAuthority;

    fn forged(change: impl FnOnce(&mut CertificateParams)) -> Result<Certificate> {
        Ok(TestAuthority::new()?.forge(change)?.0)
    }

    fn san(name: fn(&str) -> SanType, text: &str) -> Vec<SanType> {
        vec![name(text)]
    }

    fn dns(text: &str) -> SanType {
        SanType::DnsName(text.try_into().unwrap())
    }

    fn email(text: &str) -> SanType {
        SanType::Rfc822Name(text.try_into().unwrap())
    }

    #[test]
    fn what_a_certificate_says_makes_its_profile_and_a_wish_only_where_both_are_allowed()
    -> Result<()> {
        use ExtendedKeyUsagePurpose::{ClientAuth, CodeSigning, ServerAuth};
        let cases = [
            (vec![ClientAuth], true, [Profile::Client, Profile::Client]),
            (vec![ServerAuth], false, [Profile::Server, Profile::Server]),
            (
                vec![ClientAuth, ServerAuth],
                true,
                [Profile::Server, Profile::Client],
            ),
            (
                vec![ClientAuth, ServerAuth],
                false,
                [Profile::Client, Profile::Client],
            ),
            // Without extKeyUsage it may be used for everything.
            (vec![], true, [Profile::Server, Profile::Client]),
            (vec![], false, [Profile::Client, Profile::Client]),
            (vec![CodeSigning], true, [Profile::Other, Profile::Other]),
        ];
        for (purposes, host, [by_itself, wished]) in cases {
            let certificate = forged(|parameters| {
                parameters.extended_key_usages = purposes.clone();
                parameters.subject_alt_names = match host {
                    true => san(dns, "www.example.org"),
                    false => Vec::new(),
                };
            })?;
            assert_eq!(
                profile_of(&certificate, None),
                by_itself,
                "{purposes:?} {host}"
            );
            let wish = Some(Profile::Client);
            assert_eq!(
                profile_of(&certificate, wish),
                wished,
                "{purposes:?} {host}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_key_that_may_not_sign_logs_nobody_in_and_a_ca_is_neither() -> Result<()> {
        let enciphers = forged(|parameters| {
            parameters.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
        })?;
        assert_eq!(profile_of(&enciphers, None), Profile::Other);
        let authority = forged(|parameters| {
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        })?;
        assert_eq!(
            profile_of(&authority, Some(Profile::Client)),
            Profile::Other
        );
        Ok(())
    }

    #[test]
    fn the_name_is_the_common_name_else_an_address_else_a_host_else_the_serial_number() -> Result<()>
    {
        let named = |common_name: &str, names: Vec<SanType>| -> Result<String> {
            let certificate = forged(|parameters| {
                let name = &mut parameters.distinguished_name;
                name.push(DnType::CommonName, common_name);
                parameters.subject_alt_names = names;
            })?;
            Ok(name_of(&certificate)?.to_string())
        };
        assert_eq!(named("Alice Example", Vec::new())?, "Alice Example");
        let address = || vec![dns("www.example.org"), email("alice@example.org")];
        assert_eq!(named("a/b", address())?, "alice@example.org");
        assert_eq!(named("root", address())?, "alice@example.org");
        assert_eq!(
            named("0123456789", san(dns, "*.example.org"))?,
            "_.example.org"
        );
        assert!(named(" ", Vec::new())?.starts_with("imported-"));
        Ok(())
    }
}
