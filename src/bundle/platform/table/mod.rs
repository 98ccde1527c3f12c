//! The table: one row an importer, and beside each cell how it is known. docs/platforms.md is made from it.
//!
//! What stands in no claim is unknown, and an unknown refuses nothing.

mod browsers;
mod java;
mod programs;
mod systems;

use super::Matter;
use super::Matter::*;
use super::importer::{Importer, Limit};
use super::sources::JAVA_LIMIT;

/// What our two forms are made of, and both together.
const CURRENT: &[Matter] = &[AesSha256, MacSha256];
const OLD: &[Matter] = &[TripleDes, MacSha1];
const BOTH: &[Matter] = &[AesSha256, MacSha256, TripleDes, MacSha1];
/// The rest of PBES2 (RFC 8018 §6.2).
const OTHER_PBES2: &[Matter] = &[AesSha1, AesOtherSha2, Aes192, Pbes2TripleDes];
const RC2: &[Matter] = &[Rc2With128Bits, Rc2With40Bits];
/// What nearly everything takes that was tried.
const USUAL: &[Matter] = &[
    AesSha1,
    AesOtherSha2,
    OpenCertificate,
    MacOtherSha2,
    OldCipherSha2Mac,
    Ber,
    AbsentPassword,
    SeveralKeys,
];
/// What programs take that no browser does.
const PROGRAMS: &[Matter] = &[Ed25519, RsaPss, NamedAuthority];
const OPENSSL_CIPHERS: &[Matter] = &[TripleDesTwoKey, Pbes2TripleDes, OpenKey];
/// What no program but NSS and Java stumbles over.
const ODDITIES: &[Matter] = &[Aes192, LongNumbers, NoLocalKeyId];
const PASSWORDS: &[Matter] = &[EmptyPassword, NonAsciiPassword];
const JAVA_ITERATIONS: Limit = Limit {
    most: 5_000_000,
    source: JAVA_LIMIT,
};

/// Every importer that something is known of.
pub static IMPORTERS: [Importer; 24] = [
    browsers::NSS_3_87,
    browsers::NSS_3_125,
    systems::WINDOWS,
    systems::WINDOWS_2016,
    systems::MACOS_14,
    systems::MACOS_15,
    systems::IOS_16,
    systems::IOS_17,
    systems::ANDROID_13,
    systems::ANDROID_14,
    java::JAVA_8,
    java::JAVA_11,
    java::JAVA_8_AND_11,
    java::JAVA_17,
    java::JAVA_25,
    programs::OPENSSL_1_0,
    programs::OPENSSL_1_1,
    programs::OPENSSL_3_0,
    programs::OPENSSL_3_4,
    programs::GNUTLS_3_7,
    programs::CURL_AND_NODE,
    programs::NODE_22,
    programs::PYTHON,
    programs::DOTNET_9,
];
