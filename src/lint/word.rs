//! The names of what object identifiers in a certificate stand for, for sentences that people read.

use crate::certificate::object_identifier as oid;

/// An extension by the name that RFC 5280 gives it, else by its object identifier.
pub(super) fn extension(identifier: &str) -> &str {
    match identifier {
        oid::SUBJECT_KEY_IDENTIFIER => "subjectKeyIdentifier",
        oid::KEY_USAGE => "keyUsage",
        oid::SUBJECT_ALT_NAME => "subjectAltName",
        oid::ISSUER_ALT_NAME => "issuerAltName",
        oid::BASIC_CONSTRAINTS => "basicConstraints",
        oid::NAME_CONSTRAINTS => "nameConstraints",
        oid::CRL_DISTRIBUTION_POINTS => "cRLDistributionPoints",
        oid::AUTHORITY_KEY_IDENTIFIER => "authorityKeyIdentifier",
        oid::EXTENDED_KEY_USAGE => "extKeyUsage",
        oid::AUTHORITY_INFO_ACCESS => "authorityInfoAccess",
        oid::OCSP_NO_CHECK => "ocsp-nocheck",
        other => other,
    }
}

/// An attribute of a name by the name that RFC 5280 Appendix A.1 gives it, else by its object identifier.
pub(super) fn attribute(identifier: &str) -> &str {
    match identifier {
        "2.5.4.3" => "commonName",
        "2.5.4.4" => "surname",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "countryName",
        "2.5.4.7" => "localityName",
        "2.5.4.8" => "stateOrProvinceName",
        "2.5.4.10" => "organizationName",
        "2.5.4.11" => "organizationalUnitName",
        "2.5.4.12" => "title",
        "2.5.4.42" => "givenName",
        "1.2.840.113549.1.9.1" => "emailAddress",
        "0.9.2342.19200300.100.1.25" => "domainComponent",
        other => other,
    }
}
