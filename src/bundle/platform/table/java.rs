//! Java, by its keytool and its KeyStore.

use super::super::Matter::*;
use super::super::Platform::*;
use super::super::importer::{Importer, hides, refuses, takes};
use super::super::sources::*;
use super::{BOTH, CURRENT, JAVA_ITERATIONS, OLD, PROGRAMS, RC2, USUAL};

pub(super) const JAVA_8: Importer = Importer {
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
};

pub(super) const JAVA_11: Importer = Importer {
    name: "Java 11 before 11.0.12",
    platforms: &[Java8],
    most_iterations: Some(JAVA_ITERATIONS),
    claims: &[
        takes(OLD, MEASURED_JAVA_11_OLD),
        takes(RC2, MEASURED_JAVA_11_OLD),
        takes(&[EmptyPassword, AbsentPassword], MEASURED_JAVA_11_OLD),
        takes(&[Ber, NoMac, LongNumbers], MEASURED_JAVA_11_OLD),
        refuses(CURRENT, MEASURED_JAVA_11_OLD),
        refuses(&[MacOtherSha2, OldCipherSha2Mac], MEASURED_JAVA_11_OLD),
        refuses(
            &[Aes192, TripleDesTwoKey, Pbes2TripleDes],
            MEASURED_JAVA_11_OLD,
        ),
        refuses(&[NonAsciiPassword, Pbmac1], MEASURED_JAVA_11_OLD),
        hides(&[OpenKey, NoLocalKeyId], MEASURED_JAVA_11_OLD),
        hides(&[Ed25519], JAVA_EDDSA),
    ],
};

pub(super) const JAVA_8_AND_11: Importer = Importer {
    name: "Java 8 from 8u301, Java 11 from 11.0.12",
    platforms: &[Any, Java],
    most_iterations: Some(JAVA_ITERATIONS),
    claims: &[
        takes(BOTH, MEASURED_JAVA_11),
        takes(RC2, MEASURED_JAVA_11),
        takes(USUAL, MEASURED_JAVA_11),
        takes(&[EmptyPassword, NoMac, LongNumbers], MEASURED_JAVA_11),
        takes(&[RsaPss, NamedAuthority], MEASURED_JAVA_11),
        refuses(&[Aes192, TripleDesTwoKey, Pbes2TripleDes], MEASURED_JAVA_11),
        refuses(&[NonAsciiPassword, Pbmac1], MEASURED_JAVA_11),
        hides(&[OpenKey, NoLocalKeyId], MEASURED_JAVA_11),
        hides(&[Ed25519], MEASURED_JAVA_11),
    ],
};

pub(super) const JAVA_17: Importer = Importer {
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
};

pub(super) const JAVA_25: Importer = Importer {
    name: "Java 25",
    platforms: &[Any, Java],
    most_iterations: Some(JAVA_ITERATIONS),
    claims: &[
        takes(BOTH, MEASURED_JAVA_25),
        takes(RC2, MEASURED_JAVA_25),
        takes(USUAL, MEASURED_JAVA_25),
        takes(PROGRAMS, MEASURED_JAVA_25),
        takes(&[EmptyPassword, NoMac, LongNumbers], MEASURED_JAVA_25),
        // A password outside ASCII opens AES and not Triple-DES, so that neither answer would be true.
        refuses(&[Aes192, TripleDesTwoKey, Pbes2TripleDes], MEASURED_JAVA_25),
        refuses(&[Pbmac1], MEASURED_JAVA_25),
        hides(&[OpenKey, NoLocalKeyId], MEASURED_JAVA_25),
    ],
};
