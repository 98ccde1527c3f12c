//! The values of extensions, as their syntax in RFC 5280 has it; nothing where they are of another form.

use crate::certificate::{BasicConstraints, Element, Elements, KeyUsage, dotted};

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// The choices of GeneralName that rules speak of (RFC 5280 §4.2.1.6).
pub(super) const EMAIL: u8 = 0x81;
pub(super) const DNS: u8 = 0x82;
pub(super) const URI: u8 = 0x86;
pub(super) const IP_ADDRESS: u8 = 0x87;
/// otherName to registeredID; x400Address, directoryName and ediPartyName are constructed like otherName.
const GENERAL_NAMES: [u8; 9] = [0xa0, EMAIL, DNS, 0xa3, 0xa4, 0xa5, URI, IP_ADDRESS, 0x88];

/// One GeneralName: its tag, which says of what kind it is, and its contents.
#[derive(Debug, Clone, Copy)]
pub(super) struct GeneralName<'a> {
    pub(super) tag: u8,
    pub(super) contents: &'a [u8],
}

/// One GeneralSubtree of name constraints (§4.2.1.10).
#[derive(Debug)]
pub(super) struct Subtree<'a> {
    pub(super) base: GeneralName<'a>,
    /// Whether minimum or maximum is written.
    pub(super) has_distance: bool,
}

/// One DistributionPoint (§4.2.1.13).
#[derive(Debug)]
pub(super) struct DistributionPoint<'a> {
    pub(super) names: Vec<GeneralName<'a>>,
}

pub(super) fn basic_constraints(value: &[u8]) -> Option<BasicConstraints> {
    let mut parts = Elements::of(sole(value, SEQUENCE)?);
    let ca = parts.take_any(&[BOOLEAN]).map(|flag| flag.contents);
    let path_length = match parts.take_any(&[INTEGER]) {
        Some(length) => Some(small(length.contents)?),
        None => None,
    };
    parts.is_empty().then_some(BasicConstraints {
        ca: ca.is_some_and(|octets| octets != [0]),
        path_length,
    })
}

/// An integer that is not negative and fits.
fn small(octets: &[u8]) -> Option<u32> {
    let (first, _) = octets.split_first()?;
    let value = octets
        .iter()
        .fold(0, |sum: u32, octet| sum << 8 | u32::from(*octet));
    (*first < 0x80 && octets.len() <= 4).then_some(value)
}

pub(super) fn key_usage(value: &[u8]) -> Option<KeyUsage> {
    let (unused, octets) = sole(value, BIT_STRING)?.split_first()?;
    let bits = octets.iter().enumerate().flat_map(|(at, octet)| {
        (0..8).filter_map(move |bit| (octet >> (7 - bit) & 1 == 1).then_some(at * 8 + bit))
    });
    let flags = bits.filter(|bit| *bit < 9).map(|bit| 1 << bit).sum();
    (*unused < 8 && octets.len() <= 2).then_some(KeyUsage(flags))
}

/// A sequence of object identifiers, at least one, as extKeyUsage has it.
pub(super) fn object_identifiers(value: &[u8]) -> Option<Vec<String>> {
    each(sole(value, SEQUENCE)?, |list| {
        Some(dotted(list.take(OBJECT_IDENTIFIER)?.contents))
    })
}

/// GeneralNames, at least one.
pub(super) fn general_names(value: &[u8]) -> Option<Vec<GeneralName<'_>>> {
    each(sole(value, SEQUENCE)?, general_name)
}

/// subjectKeyIdentifier.
pub(super) fn key_identifier(value: &[u8]) -> Option<&[u8]> {
    sole(value, OCTET_STRING)
}

/// The keyIdentifier of authorityKeyIdentifier, `Some(None)` where another of its fields is there alone.
pub(super) fn authority_key_identifier(value: &[u8]) -> Option<Option<&[u8]>> {
    let mut parts = Elements::of(sole(value, SEQUENCE)?);
    let identifier = parts.take_any(&[0x80]).map(|it| it.contents);
    parts.take_any(&[0xa1]);
    parts.take_any(&[0x82]);
    parts.is_empty().then_some(identifier)
}

pub(super) fn distribution_points(value: &[u8]) -> Option<Vec<DistributionPoint<'_>>> {
    each(sole(value, SEQUENCE)?, |list| {
        let mut point = Elements::of(list.take(SEQUENCE)?.contents);
        let mut names = Vec::new();
        if let Some(name) = point.take_any(&[0xa0]) {
            let mut choice = Elements::of(name.contents);
            if let Some(full_name) = choice.take_any(&[0xa0]) {
                names = each(full_name.contents, general_name)?;
            }
        }
        point.take_any(&[0x81]);
        point.take_any(&[0xa2]);
        point.is_empty().then_some(DistributionPoint { names })
    })
}

/// AuthorityInfoAccessSyntax (§4.2.2.1): where each access goes.
pub(super) fn access_locations(value: &[u8]) -> Option<Vec<GeneralName<'_>>> {
    each(sole(value, SEQUENCE)?, |list| {
        let mut description = Elements::of(list.take(SEQUENCE)?.contents);
        description.take(OBJECT_IDENTIFIER)?;
        let location = general_name(&mut description)?;
        description.is_empty().then_some(location)
    })
}

/// NameConstraints: the permitted subtrees and the excluded ones together.
pub(super) fn subtrees(value: &[u8]) -> Option<Vec<Subtree<'_>>> {
    let mut lists = Elements::of(sole(value, SEQUENCE)?);
    let mut subtrees = Vec::new();
    for tag in [0xa0, 0xa1] {
        if let Some(list) = lists.take_any(&[tag]) {
            subtrees.extend(each(list.contents, subtree)?);
        }
    }
    lists.is_empty().then_some(subtrees)
}

fn subtree<'a>(list: &mut Elements<'a>) -> Option<Subtree<'a>> {
    let mut parts = Elements::of(list.take(SEQUENCE)?.contents);
    let base = general_name(&mut parts)?;
    Some(Subtree {
        base,
        has_distance: !parts.is_empty(),
    })
}

fn general_name<'a>(list: &mut Elements<'a>) -> Option<GeneralName<'a>> {
    let Element { tag, contents, .. } = list.take_any(&GENERAL_NAMES)?;
    Some(GeneralName { tag, contents })
}

/// The contents of the one element that there is.
pub(super) fn sole(der: &[u8], tag: u8) -> Option<&[u8]> {
    let mut elements = Elements::of(der);
    let element = elements.take(tag)?;
    elements.is_empty().then_some(element.contents)
}

/// Reads elements until none is left; a list of none is of no list's form here.
fn each<'a, T>(
    contents: &'a [u8],
    read: impl Fn(&mut Elements<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut elements = Elements::of(contents);
    let mut found = Vec::new();
    while !elements.is_empty() {
        found.push(read(&mut elements)?);
    }
    (!found.is_empty()).then_some(found)
}

/// Says whether it is a URL that needs no certificate to be fetched.
pub(super) fn is_fetched_openly(name: &GeneralName<'_>) -> bool {
    let openly: [&[u8]; 2] = [b"http://", b"ldap://"];
    let begins = |scheme: &[u8]| {
        let begin = name.contents.get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    name.tag == URI && openly.into_iter().any(begins)
}
