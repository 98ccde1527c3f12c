//! The rules, in the order of a certificate's fields: that in which findings are shown.

mod access_to_information_over_http;
mod algorithm_parameters;
mod alt_name_of_server;
mod alt_names_not_empty;
mod attribute_lengths;
mod attribute_strings;
mod authority_key_identifier_of_issuer;
mod authority_key_identifier_present;
mod basic_constraints_of_ca;
mod certificate_signing_only_by_ca;
mod common_name_among_alt_names;
mod country_of_two_letters;
mod critical_extensions_known;
mod crl_distribution_points_over_http;
mod defaults_not_encoded;
mod digital_signature_in_tls;
mod dns_name_syntax;
mod ec_point_on_named_curve;
mod email_address_syntax;
mod extended_key_usage_of_end_entity;
mod extensions_not_repeated;
mod extensions_readable;
mod informative_extensions_not_critical;
mod ip_address_length;
mod issuer_not_empty;
mod key_usage_critical;
mod key_usage_fits_key;
mod key_usage_of_ca;
mod name_constraints_form;
mod name_constraints_of_ca;
mod no_ca_among_end_entities;
mod no_purpose_for_everything;
mod ocsp_responder_not_checked;
mod path_length_of_ca;
mod purpose_of_profile;
mod rsa_exponent;
mod rsa_modulus;
mod serial_number_at_least_64_bits;
mod serial_number_at_most_20_octets;
mod serial_number_positive;
mod signature_algorithms_agree;
mod signature_without_sha1_and_md5;
mod subject_key_identifier_of_ca;
mod subject_not_empty;
mod unique_identifiers_absent;
mod uri_syntax;
mod validity_as_its_year_asks;
mod validity_in_order;
mod validity_to_the_second;
mod validity_within_issuer;
mod version_3;

use super::Rule;

/// Every rule.
pub static RULES: [&Rule; 51] = [
    &version_3::RULE,
    &serial_number_positive::RULE,
    &serial_number_at_most_20_octets::RULE,
    &serial_number_at_least_64_bits::RULE,
    &signature_algorithms_agree::RULE,
    &signature_without_sha1_and_md5::RULE,
    &algorithm_parameters::RULE,
    &issuer_not_empty::RULE,
    &validity_to_the_second::RULE,
    &validity_as_its_year_asks::RULE,
    &validity_in_order::RULE,
    &validity_within_issuer::RULE,
    &subject_not_empty::RULE,
    &attribute_strings::RULE,
    &attribute_lengths::RULE,
    &country_of_two_letters::RULE,
    &common_name_among_alt_names::RULE,
    &rsa_modulus::RULE,
    &rsa_exponent::RULE,
    &ec_point_on_named_curve::RULE,
    &unique_identifiers_absent::RULE,
    &extensions_not_repeated::RULE,
    &extensions_readable::RULE,
    &critical_extensions_known::RULE,
    &defaults_not_encoded::RULE,
    &authority_key_identifier_present::RULE,
    &authority_key_identifier_of_issuer::RULE,
    &subject_key_identifier_of_ca::RULE,
    &informative_extensions_not_critical::RULE,
    &basic_constraints_of_ca::RULE,
    &no_ca_among_end_entities::RULE,
    &path_length_of_ca::RULE,
    &key_usage_of_ca::RULE,
    &certificate_signing_only_by_ca::RULE,
    &key_usage_critical::RULE,
    &key_usage_fits_key::RULE,
    &digital_signature_in_tls::RULE,
    &extended_key_usage_of_end_entity::RULE,
    &no_purpose_for_everything::RULE,
    &purpose_of_profile::RULE,
    &ocsp_responder_not_checked::RULE,
    &alt_name_of_server::RULE,
    &alt_names_not_empty::RULE,
    &dns_name_syntax::RULE,
    &ip_address_length::RULE,
    &email_address_syntax::RULE,
    &uri_syntax::RULE,
    &name_constraints_of_ca::RULE,
    &name_constraints_form::RULE,
    &crl_distribution_points_over_http::RULE,
    &access_to_information_over_http::RULE,
];
