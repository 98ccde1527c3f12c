//! The browsers that keep an NSS database of their own.

use super::super::Matter::*;
use super::super::Platform::*;
use super::super::importer::{Importer, hides, refuses, takes};
use super::super::sources::*;
use super::{BOTH, OPENSSL_CIPHERS, PASSWORDS, RC2, USUAL};

pub(super) const NSS_3_87: Importer = Importer {
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
};

pub(super) const NSS_3_125: Importer = Importer {
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
};
