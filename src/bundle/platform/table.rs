//! The table: one row an importer, and beside each cell how it is known. docs/platforms.md is made from it.
//!
//! What stands in no claim is unknown, and an unknown refuses nothing.

use super::Matter;
use super::Matter::*;
use super::Platform::*;
use super::importer::{Importer, Limit, hides, refuses, takes};
use super::sources::*;

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
    Importer {
        name: "NSS 3.87 (Chromium and Firefox of early 2023)",
        platforms: &[Any, Firefox, Chrome],
        most_iterations: None,
        claims: &[
            takes(BOTH, MATRIX),
            takes(PASSWORDS, MATRIX),
            takes(RC2, MEASURED),
            takes(USUAL, MEASURED),
            takes(&[Pbes2TripleDes, OpenKey], MEASURED),
            refuses(&[TripleDesTwoKey, NoMac, Ed25519], MEASURED),
            refuses(&[Pbmac1, NoLocalKeyId], BEFORE),
            hides(&[NamedAuthority, RsaPss], BEFORE),
            takes(&[Utf16Password], MEASURED),
            refuses(&[WidenedPassword], MEASURED),
            takes(&[Aes192], MEASURED),
            refuses(&[LongNumbers], MEASURED),
        ],
    },
    Importer {
        name: "NSS 3.125 (Firefox ESR 153)",
        platforms: &[Any, Firefox, Chrome],
        most_iterations: None,
        claims: &[
            takes(BOTH, MEASURED),
            takes(PASSWORDS, MEASURED),
            takes(RC2, MEASURED),
            takes(USUAL, MEASURED),
            takes(OPENSSL_CIPHERS, MEASURED),
            refuses(&[NoMac, Ed25519], MEASURED),
            refuses(&[NoLocalKeyId], BEFORE),
            hides(&[NamedAuthority, RsaPss], BEFORE),
            takes(&[Pbmac1, Utf16Password], MEASURED),
            refuses(&[WidenedPassword], MEASURED),
        ],
    },
    Importer {
        name: "Windows 10 1709, Windows Server 2019 and later",
        platforms: &[Any, Windows],
        most_iterations: Some(Limit {
            most: 600_000,
            source: WINDOWS_ITERATIONS,
        }),
        claims: &[
            takes(BOTH, BEFORE),
            refuses(&[Ed25519], BEFORE),
            hides(&[RsaPss], BEFORE),
            takes(&[Rc2With40Bits], WINDOWS_RC2),
            refuses(&[Pbmac1], RFC_9579),
        ],
    },
    Importer {
        name: "Windows Server 2016, Windows 10 before 1709",
        platforms: &[Windows2016],
        most_iterations: Some(Limit {
            most: 600_000,
            source: WINDOWS_ITERATIONS,
        }),
        claims: &[
            takes(OLD, BEFORE),
            refuses(CURRENT, WINDOWS_AES),
            refuses(&[Ed25519], BEFORE),
            hides(&[RsaPss], BEFORE),
            takes(&[Rc2With40Bits], WINDOWS_RC2),
            refuses(&[Pbmac1], RFC_9579),
            refuses(&[AesSha1, AesOtherSha2, Aes192], WINDOWS_AES),
        ],
    },
    Importer {
        name: "macOS up to 14",
        platforms: &[MacOs],
        most_iterations: None,
        claims: &[
            takes(OLD, BEFORE),
            refuses(CURRENT, MACOS_AES),
            refuses(&[OldCipherSha2Mac], MACOS_MIXED),
            refuses(&[NoMac, Ed25519], BEFORE),
            refuses(&[EmptyPassword, AbsentPassword], MACOS_EMPTY),
            hides(&[NamedAuthority, RsaPss], BEFORE),
            takes(&[Rc2With40Bits], MACOS_RC2),
            refuses(&[Pbmac1], RFC_9579),
            refuses(OTHER_PBES2, APPLE_PBES2),
        ],
    },
    Importer {
        name: "macOS 15 and later",
        platforms: &[Any, MacOs],
        most_iterations: None,
        claims: &[
            takes(OLD, BEFORE),
            takes(CURRENT, MACOS_NEW_AES),
            refuses(&[OldCipherSha2Mac], MACOS_MIXED),
            refuses(&[NoMac, Ed25519], BEFORE),
            refuses(&[OpenKey], MACOS_OPEN),
            refuses(&[EmptyPassword, AbsentPassword], MACOS_NEW_EMPTY),
            hides(&[NamedAuthority, RsaPss], BEFORE),
            takes(&[Rc2With40Bits], MACOS_NEW_RC2),
        ],
    },
    Importer {
        name: "iOS up to 16",
        platforms: &[Ios],
        most_iterations: None,
        claims: &[
            takes(OLD, BEFORE),
            refuses(CURRENT, IOS_AES),
            refuses(&[NoMac, EmptyPassword, AbsentPassword, Ed25519], BEFORE),
            hides(&[RsaPss], BEFORE),
            refuses(&[Pbmac1], RFC_9579),
            takes(&[Rc2With40Bits], IOS_RC2),
            refuses(OTHER_PBES2, APPLE_PBES2),
        ],
    },
    Importer {
        name: "iOS 17 and later",
        platforms: &[Any, Ios],
        most_iterations: None,
        claims: &[
            takes(BOTH, BEFORE),
            refuses(&[NoMac, EmptyPassword, AbsentPassword, Ed25519], BEFORE),
            hides(&[RsaPss], BEFORE),
            refuses(&[Pbmac1], RFC_9579),
            takes(&[Rc2With40Bits], IOS_NEW_RC2),
        ],
    },
    Importer {
        name: "Android up to 13",
        platforms: &[Android],
        most_iterations: None,
        claims: &[
            takes(OLD, BEFORE),
            refuses(CURRENT, ANDROID_OLD),
            refuses(&[OldCipherSha2Mac], ANDROID_MIXED),
            refuses(&[Ed25519], BEFORE),
            hides(&[RsaPss], BEFORE),
            refuses(&[Pbmac1], RFC_9579),
            takes(&[Rc2With40Bits], ANDROID_RC2),
            refuses(&[AesSha1, AesOtherSha2, Aes192], ANDROID_AES),
        ],
    },
    Importer {
        name: "Android 14 and later",
        platforms: &[Any, Android],
        most_iterations: None,
        claims: &[
            takes(OLD, BEFORE),
            takes(CURRENT, ANDROID_NEW),
            refuses(&[Ed25519], BEFORE),
            hides(&[RsaPss], BEFORE),
            refuses(&[Pbmac1], RFC_9579),
        ],
    },
    Importer {
        name: "Java 8 before 8u301",
        platforms: &[Java8],
        most_iterations: None,
        claims: &[
            takes(OLD, BEFORE),
            refuses(CURRENT, JAVA_OLD),
            refuses(&[MacOtherSha2], JAVA_OLD),
            refuses(&[NonAsciiPassword], BEFORE),
            refuses(&[Pbmac1], JAVA_PBMAC1),
            hides(&[Ed25519], JAVA_EDDSA),
            takes(&[Rc2With40Bits], JAVA_OLD_RC2),
        ],
    },
    Importer {
        name: "Java 11 before 11.0.12",
        platforms: &[Java8],
        most_iterations: Some(JAVA_ITERATIONS),
        claims: &[
            takes(OLD, JAVA_11_OLD),
            takes(RC2, JAVA_11_OLD),
            takes(&[EmptyPassword, AbsentPassword], JAVA_11_OLD),
            takes(&[Ber, NoMac, LongNumbers], JAVA_11_OLD),
            refuses(CURRENT, JAVA_11_OLD),
            refuses(&[MacOtherSha2, OldCipherSha2Mac], JAVA_11_OLD),
            refuses(&[Aes192, TripleDesTwoKey, Pbes2TripleDes], JAVA_11_OLD),
            refuses(&[NonAsciiPassword, Pbmac1], JAVA_11_OLD),
            hides(&[OpenKey, NoLocalKeyId], JAVA_11_OLD),
            hides(&[Ed25519], JAVA_EDDSA),
        ],
    },
    Importer {
        name: "Java 8 from 8u301, Java 11 from 11.0.12",
        platforms: &[Any, Java],
        most_iterations: Some(JAVA_ITERATIONS),
        claims: &[
            takes(BOTH, JAVA_11),
            takes(RC2, JAVA_11),
            takes(USUAL, JAVA_11),
            takes(&[EmptyPassword, NoMac, LongNumbers], JAVA_11),
            takes(&[RsaPss, NamedAuthority], JAVA_11),
            refuses(&[Aes192, TripleDesTwoKey, Pbes2TripleDes], JAVA_11),
            refuses(&[NonAsciiPassword, Pbmac1], JAVA_11),
            hides(&[OpenKey, NoLocalKeyId], JAVA_11),
            hides(&[Ed25519], JAVA_11),
        ],
    },
    Importer {
        name: "Java 17 and 21",
        platforms: &[Any, Java],
        most_iterations: Some(JAVA_ITERATIONS),
        claims: &[
            takes(BOTH, MATRIX),
            takes(&[EmptyPassword], MATRIX),
            takes(RC2, MEASURED),
            takes(USUAL, MEASURED),
            takes(PROGRAMS, MEASURED),
            takes(&[NoMac], MEASURED),
            refuses(&[NonAsciiPassword], MATRIX),
            refuses(&[TripleDesTwoKey, Pbes2TripleDes], MEASURED),
            refuses(&[Pbmac1], MEASURED),
            refuses(&[WidenedPassword, Utf16Password], MEASURED),
            refuses(&[Aes192], MEASURED),
            takes(&[LongNumbers], MEASURED),
            hides(&[OpenKey, NoLocalKeyId], MEASURED),
        ],
    },
    Importer {
        name: "Java 25",
        platforms: &[Any, Java],
        most_iterations: Some(JAVA_ITERATIONS),
        claims: &[
            takes(BOTH, JAVA_25),
            takes(RC2, JAVA_25),
            takes(USUAL, JAVA_25),
            takes(PROGRAMS, JAVA_25),
            takes(&[EmptyPassword, NoMac, LongNumbers], JAVA_25),
            // A password outside ASCII opens AES and not Triple-DES, so that neither answer would be true.
            refuses(&[Aes192, TripleDesTwoKey, Pbes2TripleDes], JAVA_25),
            refuses(&[Pbmac1], JAVA_25),
            hides(&[OpenKey, NoLocalKeyId], JAVA_25),
        ],
    },
    Importer {
        name: "OpenSSL 1.0",
        platforms: &[],
        most_iterations: None,
        claims: &[
            takes(BOTH, OPENSSL_1_0),
            takes(RC2, OPENSSL_1_0),
            // An absent password opens Triple-DES and not AES, so that neither answer would be true.
            takes(&[OpenCertificate, MacOtherSha2], OPENSSL_1_0),
            takes(&[OldCipherSha2Mac, Ber, SeveralKeys], OPENSSL_1_0),
            takes(OPENSSL_CIPHERS, OPENSSL_1_0),
            takes(ODDITIES, OPENSSL_1_0),
            takes(&[EmptyPassword, WidenedPassword], OPENSSL_1_0),
            takes(&[NamedAuthority], OPENSSL_1_0),
            refuses(&[NonAsciiPassword, Pbmac1], OPENSSL_1_0),
            refuses(&[Ed25519, RsaPss], OPENSSL_1_0),
        ],
    },
    Importer {
        name: "OpenSSL 1.1",
        platforms: &[OpenSsl],
        most_iterations: None,
        claims: &[
            takes(BOTH, OPENSSL_1_1),
            takes(PASSWORDS, OPENSSL_1_1),
            takes(RC2, OPENSSL_1_1),
            takes(USUAL, OPENSSL_1_1),
            takes(OPENSSL_CIPHERS, OPENSSL_1_1),
            takes(ODDITIES, OPENSSL_1_1),
            takes(PROGRAMS, OPENSSL_1_1),
            takes(&[WidenedPassword], OPENSSL_1_1),
            refuses(&[NoMac, Pbmac1], OPENSSL_1_1),
        ],
    },
    Importer {
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
    },
    Importer {
        name: "OpenSSL 3.4 and later",
        platforms: &[Any, OpenSsl],
        most_iterations: None,
        claims: &[
            takes(BOTH, OPENSSL_3_6),
            takes(PASSWORDS, OPENSSL_3_6),
            takes(USUAL, OPENSSL_3_6),
            takes(OPENSSL_CIPHERS, OPENSSL_3_6),
            takes(ODDITIES, OPENSSL_3_6),
            takes(PROGRAMS, OPENSSL_3_6),
            takes(&[NoMac, Pbmac1], OPENSSL_3_6),
            refuses(RC2, OPENSSL_RC2),
        ],
    },
    Importer {
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
    },
    Importer {
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
    },
    Importer {
        name: "Node 22 and later (OpenSSL 3.5)",
        platforms: &[Any],
        most_iterations: None,
        claims: &[
            takes(BOTH, NODE_22),
            takes(PASSWORDS, NODE_22),
            takes(USUAL, NODE_22),
            takes(OPENSSL_CIPHERS, NODE_22),
            takes(ODDITIES, NODE_22),
            takes(PROGRAMS, NODE_22),
            takes(&[NoMac, Pbmac1], NODE_22),
            refuses(RC2, NODE_22),
            refuses(&[WidenedPassword], NODE_22),
        ],
    },
    Importer {
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
    },
    Importer {
        name: ".NET 9",
        platforms: &[Any],
        most_iterations: Some(Limit {
            most: 300_000,
            source: DOTNET,
        }),
        claims: &[takes(BOTH, DOTNET)],
    },
];
