//! Whom a certificate is for, as applications behind a proxy or behind this server are told.

use axum::http::header::HeaderName;

use super::encoded::percent_encoded;
use crate::hexadecimal;
use crate::inventory::Record;
use crate::profile::Profile;

const NAME: HeaderName = HeaderName::from_static("pki-name");
const DEVICE: HeaderName = HeaderName::from_static("pki-device");
const SERIAL_NUMBER: HeaderName = HeaderName::from_static("pki-serial-number");
const FINGERPRINT: HeaderName = HeaderName::from_static("pki-fingerprint-sha256");
const SUBJECT: HeaderName = HeaderName::from_static("pki-subject");

/// The fields that say so, in visible ASCII and blanks; what is not known is empty.
pub(super) fn fields(record: &Record) -> [(HeaderName, String); 5] {
    let certificate = &record.certificate;
    let text = |value: Option<&str>| percent_encoded(value.unwrap_or_default());
    let name = match record.profile {
        // It is found by no name in the inventory, and tries how whoever it pretends to be is let in.
        Profile::Probe => certificate.subject().common_name(),
        _ => record.name.as_ref().map(|name| name.as_str()),
    };
    [
        (NAME, text(name)),
        (
            DEVICE,
            text(record.device.as_ref().map(|device| device.as_str())),
        ),
        (SERIAL_NUMBER, certificate.serial_number().to_string()),
        (
            FINGERPRINT,
            hexadecimal::encode(&certificate.fingerprint().0),
        ),
        (SUBJECT, text(Some(certificate.subject().as_str()))),
    ]
}
