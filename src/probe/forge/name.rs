//! Distinguished names with one attribute more or another.

use yasna::ASN1Result;
use yasna::models::ObjectIdentifier;

use crate::certificate::DistinguishedName;
use crate::error::{Error, ErrorKind, Result};

const ORGANIZATION: &[u64] = &[2, 5, 4, 10];
const COMMON_NAME: &[u64] = &[2, 5, 4, 3];

/// The name with this organization, a UTF8String: in the place of the one that it has, or before its commonName.
///
/// # Errors
/// Fails where the name's relative names cannot be told apart.
pub(in crate::probe) fn with_organization(
    name: &DistinguishedName,
    organization: &str,
) -> Result<DistinguishedName> {
    let unreadable = |_| {
        Error::new(
            ErrorKind::Malformed,
            format!("the name {name} cannot be taken apart"),
        )
    };
    let mut relative_names = relative_names(name.der()).map_err(unreadable)?;
    let [organization_type, common_name_type] =
        [ORGANIZATION, COMMON_NAME].map(ObjectIdentifier::from_slice);
    let mut types = relative_names.iter().map(|(_, types)| types.as_slice());
    // An organization that shares a relative name with other attributes is left alone, and so are they.
    let replaced = types
        .clone()
        .position(|types| types == [organization_type.clone()]);
    let before = types.position(|types| types.contains(&common_name_type));
    let new = yasna::construct_der(|writer| {
        writer.write_set(|set| {
            set.next().write_sequence(|attribute| {
                attribute
                    .next()
                    .write_oid(&ObjectIdentifier::from_slice(ORGANIZATION));
                attribute.next().write_utf8_string(organization);
            });
        });
    });
    let at = replaced.or(before).unwrap_or(relative_names.len());
    let behind = at + usize::from(replaced.is_some());
    drop(relative_names.splice(at..behind, [(new, Vec::new())]));
    DistinguishedName::from_der(&yasna::construct_der(|writer| {
        writer.write_sequence(|list| {
            for (der, _) in &relative_names {
                list.next().write_der(der);
            }
        });
    }))
}

/// Each relative name in DER, and the types of its attributes.
fn relative_names(name: &[u8]) -> ASN1Result<Vec<(Vec<u8>, Vec<ObjectIdentifier>)>> {
    yasna::parse_der(name, |reader| {
        reader.collect_sequence_of(|reader| {
            let der = reader.read_der()?;
            let types = yasna::parse_der(&der, |reader| {
                reader.collect_set_of(|attribute| {
                    attribute.read_sequence(|fields| {
                        let kind = fields.next().read_oid()?;
                        fields.next().read_der()?;
                        Ok(kind)
                    })
                })
            })?;
            Ok((der, types))
        })
    })
}
