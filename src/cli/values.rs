//! Values of options, parsed once by the types that they become.

use std::net::{IpAddr, SocketAddr};

use crate::bundle::Platform;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{ReasonCode, Status};
use crate::key::KeyAlgorithm;
use crate::name::{Cidr, Quoted, SubjectAltName, Subtree};
use crate::profile::{BaseUrl, Profile};
use crate::validity::{Lifetime, parse_instant};

pub(super) fn lifetime(text: &str) -> Result<Lifetime> {
    Lifetime::parse(text)
}

pub(super) fn key_algorithm(text: &str) -> Result<KeyAlgorithm> {
    KeyAlgorithm::parse(text)
}

pub(super) fn platform(text: &str) -> Result<Platform> {
    Platform::parse(text)
}

pub(super) fn email(text: &str) -> Result<SubjectAltName> {
    SubjectAltName::parse_email(text)
}

pub(super) fn upn(text: &str) -> Result<SubjectAltName> {
    SubjectAltName::parse_upn(text)
}

pub(super) fn uri(text: &str) -> Result<SubjectAltName> {
    SubjectAltName::parse_uri(text)
}

pub(super) fn host(text: &str) -> Result<SubjectAltName> {
    SubjectAltName::parse_host(text)
}

pub(super) fn permit_dns(text: &str) -> Result<Subtree> {
    Subtree::parse_dns(text)
}

pub(super) fn permit_email(text: &str) -> Result<Subtree> {
    Subtree::parse_email(text)
}

pub(super) fn permit_ip(text: &str) -> Result<Subtree> {
    Cidr::parse(text).map(Subtree::Ip)
}

pub(super) fn base_url(text: &str) -> Result<BaseUrl> {
    BaseUrl::parse(text)
}

pub(super) fn status(text: &str) -> Result<Status> {
    Status::parse(text)
}

pub(super) fn profile(text: &str) -> Result<Profile> {
    Profile::parse(text)
}

pub(super) fn reason(text: &str) -> Result<ReasonCode> {
    ReasonCode::parse(text)
}

pub(super) fn instant(text: &str) -> Result<time::OffsetDateTime> {
    parse_instant(text)
}

pub(super) fn address(text: &str) -> Result<SocketAddr> {
    text.parse().map_err(|_| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("{} is not an address with a port", Quoted(text)),
        )
        .with_hint("Give one such as 127.0.0.1:8443 or [::1]:8443; port 0 takes a free one.")
    })
}

/// Says whether a server on this address can be reached from this machine alone.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}
