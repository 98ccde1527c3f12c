//! Operating systems with a store of their own.

use super::super::Matter::*;
use super::super::Platform::*;
use super::super::importer::{Importer, Limit, hides, refuses, takes};
use super::super::sources::*;
use super::{BOTH, CURRENT, OLD, OTHER_PBES2};

pub(super) const WINDOWS: Importer = Importer {
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
};

pub(super) const WINDOWS_2016: Importer = Importer {
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
};

pub(super) const MACOS_14: Importer = Importer {
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
};

pub(super) const MACOS_15: Importer = Importer {
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
};

pub(super) const IOS_16: Importer = Importer {
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
};

pub(super) const IOS_17: Importer = Importer {
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
};

pub(super) const ANDROID_13: Importer = Importer {
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
};

pub(super) const ANDROID_14: Importer = Importer {
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
};
