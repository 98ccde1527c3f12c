//! OpenSSL, GnuTLS and what is built on them, and .NET.

use super::super::Matter::*;
use super::super::Platform::*;
use super::super::importer::{Importer, Limit, refuses, takes};
use super::super::sources::*;
use super::{BOTH, ODDITIES, OPENSSL_CIPHERS, PASSWORDS, PROGRAMS, RC2, USUAL};

pub(super) const OPENSSL_1_0: Importer = Importer {
    name: "OpenSSL 1.0",
    platforms: &[],
    most_iterations: None,
    claims: &[
        takes(BOTH, MEASURED_OPENSSL_1_0),
        takes(RC2, MEASURED_OPENSSL_1_0),
        // An absent password opens Triple-DES and not AES, so that neither answer would be true.
        takes(&[OpenCertificate, MacOtherSha2], MEASURED_OPENSSL_1_0),
        takes(&[OldCipherSha2Mac, Ber, SeveralKeys], MEASURED_OPENSSL_1_0),
        takes(OPENSSL_CIPHERS, MEASURED_OPENSSL_1_0),
        takes(ODDITIES, MEASURED_OPENSSL_1_0),
        takes(&[EmptyPassword, WidenedPassword], MEASURED_OPENSSL_1_0),
        takes(&[NamedAuthority], MEASURED_OPENSSL_1_0),
        refuses(&[NonAsciiPassword, Pbmac1], MEASURED_OPENSSL_1_0),
        refuses(&[Ed25519, RsaPss], MEASURED_OPENSSL_1_0),
    ],
};

pub(super) const OPENSSL_1_1: Importer = Importer {
    name: "OpenSSL 1.1",
    platforms: &[OpenSsl],
    most_iterations: None,
    claims: &[
        takes(BOTH, MEASURED_OPENSSL_1_1),
        takes(PASSWORDS, MEASURED_OPENSSL_1_1),
        takes(RC2, MEASURED_OPENSSL_1_1),
        takes(USUAL, MEASURED_OPENSSL_1_1),
        takes(OPENSSL_CIPHERS, MEASURED_OPENSSL_1_1),
        takes(ODDITIES, MEASURED_OPENSSL_1_1),
        takes(PROGRAMS, MEASURED_OPENSSL_1_1),
        takes(&[WidenedPassword], MEASURED_OPENSSL_1_1),
        refuses(&[NoMac, Pbmac1], MEASURED_OPENSSL_1_1),
    ],
};

pub(super) const OPENSSL_3_0: Importer = Importer {
    name: "OpenSSL 3.0 to 3.3",
    platforms: &[Any, OpenSsl],
    most_iterations: None,
    claims: &[
        takes(BOTH, MATRIX),
        takes(PASSWORDS, MATRIX),
        takes(USUAL, MEASURED),
        takes(OPENSSL_CIPHERS, MEASURED),
        takes(PROGRAMS, MEASURED),
        takes(&[NoMac], MEASURED),
        refuses(RC2, OPENSSL_RC2),
        refuses(&[Pbmac1], OPENSSL_OLD_PBMAC1),
        // Of what OpenSSL 1.0 wrote under a password outside ASCII the command opens Triple-DES and not AES, so that
        // neither answer would be true.
        refuses(&[Utf16Password], MEASURED),
        takes(ODDITIES, MEASURED),
    ],
};

pub(super) const OPENSSL_3_4: Importer = Importer {
    name: "OpenSSL 3.4 and later",
    platforms: &[Any, OpenSsl],
    most_iterations: None,
    claims: &[
        takes(BOTH, MEASURED_OPENSSL_3_6),
        takes(PASSWORDS, MEASURED_OPENSSL_3_6),
        takes(USUAL, MEASURED_OPENSSL_3_6),
        takes(OPENSSL_CIPHERS, MEASURED_OPENSSL_3_6),
        takes(ODDITIES, MEASURED_OPENSSL_3_6),
        takes(PROGRAMS, MEASURED_OPENSSL_3_6),
        takes(&[NoMac, Pbmac1], MEASURED_OPENSSL_3_6),
        refuses(RC2, OPENSSL_RC2),
    ],
};

pub(super) const GNUTLS_3_7: Importer = Importer {
    name: "GnuTLS 3.7",
    platforms: &[Any],
    most_iterations: None,
    claims: &[
        takes(BOTH, MATRIX),
        takes(PASSWORDS, MATRIX),
        takes(USUAL, MEASURED),
        takes(PROGRAMS, MEASURED),
        takes(&[Pbes2TripleDes, Rc2With40Bits, OpenKey], MEASURED),
        refuses(&[TripleDesTwoKey, Rc2With128Bits, NoMac], MEASURED),
        refuses(&[Pbmac1], BEFORE),
        refuses(&[WidenedPassword, Utf16Password], MEASURED),
        takes(&[Aes192, NoLocalKeyId], MEASURED),
    ],
};

pub(super) const CURL_AND_NODE: Importer = Importer {
    name: "curl and Node 18 and 20 (OpenSSL 3.0)",
    platforms: &[Any],
    most_iterations: None,
    claims: &[
        takes(BOTH, MATRIX),
        takes(PASSWORDS, MATRIX),
        takes(USUAL, MEASURED),
        takes(OPENSSL_CIPHERS, MEASURED),
        takes(PROGRAMS, MEASURED),
        refuses(RC2, MEASURED),
        refuses(&[NoMac], MEASURED),
        refuses(&[Pbmac1], MEASURED),
        refuses(&[WidenedPassword, Utf16Password], MEASURED),
        takes(ODDITIES, MEASURED),
    ],
};

pub(super) const NODE_22: Importer = Importer {
    name: "Node 22 and later (OpenSSL 3.5)",
    platforms: &[Any],
    most_iterations: None,
    claims: &[
        takes(BOTH, MEASURED_NODE_22),
        takes(PASSWORDS, MEASURED_NODE_22),
        takes(USUAL, MEASURED_NODE_22),
        takes(OPENSSL_CIPHERS, MEASURED_NODE_22),
        takes(ODDITIES, MEASURED_NODE_22),
        takes(PROGRAMS, MEASURED_NODE_22),
        takes(&[NoMac, Pbmac1], MEASURED_NODE_22),
        refuses(RC2, MEASURED_NODE_22),
        refuses(&[WidenedPassword], MEASURED_NODE_22),
    ],
};

pub(super) const PYTHON: Importer = Importer {
    name: "Python cryptography 44 and later",
    platforms: &[Any],
    most_iterations: None,
    claims: &[
        takes(BOTH, MATRIX),
        takes(PASSWORDS, MATRIX),
        takes(RC2, MEASURED),
        takes(USUAL, MEASURED),
        takes(OPENSSL_CIPHERS, MEASURED),
        takes(PROGRAMS, MEASURED),
        takes(&[NoMac], MEASURED),
        takes(&[Pbmac1], MEASURED),
        refuses(&[WidenedPassword, Utf16Password], MEASURED),
        takes(ODDITIES, MEASURED),
    ],
};

pub(super) const DOTNET_9: Importer = Importer {
    name: ".NET 9",
    platforms: &[Any],
    most_iterations: Some(Limit {
        most: 300_000,
        source: DOTNET,
    }),
    claims: &[takes(BOTH, DOTNET)],
};
