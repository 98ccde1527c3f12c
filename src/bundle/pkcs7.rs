//! Certificates alone in one file: a degenerate PKCS#7 SignedData, which Windows calls `.p7b`.

use super::element::{constructed, header};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag};

/// id-signedData, RFC 5652 §5.1.
const SIGNED_DATA: &[u64] = &[1, 2, 840, 113549, 1, 7, 2];
/// id-data, RFC 5652 §4.
const DATA: &[u64] = &[1, 2, 840, 113549, 1, 7, 1];

/// Writes certificates (DER) as a SignedData with no signer (RFC 5652 §5.1), in DER.
pub fn write<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut certificates: Vec<&[u8]> = certificates.into_iter().collect();
    // A SET OF is sorted by its elements' encodings in DER (X.690 §11.6).
    certificates.sort_unstable();
    let content = certificates.concat();
    yasna::construct_der(|writer| {
        writer.write_sequence(|info| {
            info.next()
                .write_oid(&ObjectIdentifier::from_slice(SIGNED_DATA));
            info.next()
                .write_tagged(Tag::context(0), |explicit| signed_data(explicit, &content));
        });
    })
}

fn signed_data(writer: DERWriter<'_>, certificates: &[u8]) {
    writer.write_sequence(|signed| {
        signed.next().write_u8(1);
        signed.next().write_set(|_| {});
        signed.next().write_sequence(|encapsulated| {
            encapsulated
                .next()
                .write_oid(&ObjectIdentifier::from_slice(DATA));
        });
        signed.next().write_der(
            &[
                header(constructed(0), certificates.len()).as_slice(),
                certificates,
            ]
            .concat(),
        );
        signed.next().write_set(|_| {});
    });
}
