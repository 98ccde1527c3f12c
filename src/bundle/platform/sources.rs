//! How the cells of the table are known.

use super::importer::Source;

/// Tried by the test that runs every form against every importer.
pub(super) const MATRIX: Source = Source("measured: tests/matrix");
/// Tried on Debian 12 with files that other programs wrote, and with some that no program here writes. NSS 3.125 is Firefox's own,
/// to which pk12util was linked.
pub(super) const MEASURED: Source = Source(
    "measured on Debian 12 with OpenSSL 3.0.19, NSS 3.87.1 and 3.125.1, GnuTLS 3.7.9, Java 17.0.15 and 21.0.8, curl 7.88.1, Node 18.20.8 and 20.20.2, cryptography 44.0.3 and 50.0.2",
);
/// Tried with the same files, on programs that Debian 12 does not have.
pub(super) const MEASURED_JAVA_11_OLD: Source = Source(
    "measured with Java 11.0.7, 11.0.9 and 11.0.10; [JDK-8076190](https://bugs.openjdk.org/browse/JDK-8076190) mended AES and SHA-2",
);
pub(super) const MEASURED_JAVA_11: Source = Source(
    "measured with Java 11.0.13; [JDK-8076190](https://bugs.openjdk.org/browse/JDK-8076190), [release notes of 11.0.12](https://www.oracle.com/java/technologies/javase/11-0-12-relnotes.html)",
);
pub(super) const MEASURED_JAVA_25: Source = Source("measured with Java 25.0.2");
pub(super) const JAVA_LIMIT: Source =
    Source("measured with Java 11.0.7, 17.0.15, 21.0.8 and 25.0.2: 5,000,001 are refused");
pub(super) const MEASURED_OPENSSL_1_0: Source =
    Source("measured with the OpenSSL 1.0.2s in Node 8.17");
pub(super) const MEASURED_OPENSSL_1_1: Source =
    Source("measured with OpenSSL 1.1.1w, and 1.1.1k to 1.1.1v in Node 10 to 16");
pub(super) const MEASURED_OPENSSL_3_6: Source = Source(
    "measured with OpenSSL 3.6.3; PBMAC1 with the 3.4.1 in cryptography 44.0.3 too, and refused by the 3.3.2 in 43.0.3",
);
pub(super) const MEASURED_NODE_22: Source =
    Source("measured with Node 22.23.3, 24.21.0 and 26.10.0, which carry OpenSSL 3.5.8");
/// Tried when the writer was designed.
pub(super) const BEFORE: Source =
    Source("measured before this program was begun (docs/bundles.md)");
pub(super) const WINDOWS_AES: Source = Source(
    "[Microsoft: cannot import AES256-SHA256 encrypted PFX](https://learn.microsoft.com/en-us/troubleshoot/windows-server/certificates-and-public-key-infrastructure-pki/cannot-import-aes256-sha256-encrypted-pfx-certificate), [acme.sh #6805](https://github.com/acmesh-official/acme.sh/issues/6805)",
);
pub(super) const WINDOWS_ITERATIONS: Source =
    Source("measured before this program was begun (docs/bundles.md)");
pub(super) const DOTNET: Source = Source(
    "[.NET: X509CertificateLoader #102167](https://github.com/dotnet/runtime/pull/102167); the number measured before this program was begun (docs/bundles.md)",
);
pub(super) const MACOS_AES: Source = Source(
    "measured before this program was begun (docs/bundles.md), [cryptography #7293](https://github.com/pyca/cryptography/issues/7293) (macOS 12), [xca #474](https://github.com/chris2511/xca/issues/474) (macOS 13)",
);
pub(super) const MACOS_MIXED: Source = Source(
    "measured before this program was begun (docs/bundles.md), [xca #360](https://github.com/chris2511/xca/issues/360)",
);
pub(super) const MACOS_NEW_AES: Source = Source(
    "[tauri #15844](https://github.com/tauri-apps/tauri/pull/15844) (macOS 26.6: `security import` needs `-f pkcs12` for it)",
);
pub(super) const MACOS_OPEN: Source = Source(
    "[codemagic cli-tools #428](https://github.com/codemagic-ci-cd/cli-tools/pull/428) (macOS 15.0)",
);
pub(super) const MACOS_EMPTY: Source = Source(
    "measured before this program was begun (docs/bundles.md), [curl #1308](https://github.com/curl/curl/issues/1308)",
);
pub(super) const MACOS_NEW_EMPTY: Source = Source(
    "measured before this program was begun (docs/bundles.md), [codemagic cli-tools #436](https://github.com/codemagic-ci-cd/cli-tools/pull/436) (macOS 15.1)",
);
pub(super) const IOS_AES: Source = Source(
    "measured before this program was begun (docs/bundles.md), [SMIME-OpenSSL-CA #1](https://github.com/gunnarhaslinger/SMIME-OpenSSL-CA/issues/1)",
);
pub(super) const ANDROID_OLD: Source = Source(
    "measured before this program was begun (docs/bundles.md) on Android 9 and 12, [strongSwan docs #5](https://github.com/strongswan/strongswan-docs/issues/5) (Android 12), [clip_share_server #48](https://github.com/thevindu-w/clip_share_server/pull/48) (Android 13 and earlier)",
);
pub(super) const ANDROID_NEW: Source = Source(
    "[clip_share_server #48](https://github.com/thevindu-w/clip_share_server/pull/48): only Android 13 and earlier refuse it",
);
pub(super) const ANDROID_MIXED: Source =
    Source("[xca #360](https://github.com/chris2511/xca/issues/360)");
pub(super) const JAVA_OLD: Source = Source(
    "measured before this program was begun (docs/bundles.md), [JDK-8076190](https://bugs.openjdk.org/browse/JDK-8076190), [KeyStore Explorer #359](https://github.com/kaikramer/keystore-explorer/issues/359) (8u251)",
);
pub(super) const JAVA_EDDSA: Source =
    Source("[JEP 339](https://openjdk.org/jeps/339): EdDSA from Java 15 on");
pub(super) const JAVA_PBMAC1: Source =
    Source("[JDK-8343232](https://bugs.openjdk.org/browse/JDK-8343232): from Java 26 on");
pub(super) const OPENSSL_RC2: Source = Source(
    "[OpenSSL #20112](https://github.com/openssl/openssl/issues/20112): RC2 is in the legacy provider only (`-legacy`)",
);
pub(super) const OPENSSL_OLD_PBMAC1: Source = Source(
    "measured before this program was begun (docs/bundles.md); [OpenSSL has PBMAC1 from 3.4 on](https://docs.openssl.org/3.5/man3/PBMAC1_get1_pbkdf2_param/)",
);
/// A program cannot know what was invented after it.
pub(super) const RFC_9579: Source = Source(
    "the program is older than [RFC 9579](https://www.rfc-editor.org/rfc/rfc9579) of 2024, which brought PBMAC1 to PKCS#12",
);
pub(super) const MACOS_RC2: Source = Source(
    "[xca #474](https://github.com/chris2511/xca/issues/474): what `openssl pkcs12 -legacy` wrote (macOS 13)",
);
pub(super) const MACOS_NEW_RC2: Source = Source(
    "[tauri #15844](https://github.com/tauri-apps/tauri/pull/15844): RC2 with Triple-DES is imported (macOS 26.6)",
);
pub(super) const WINDOWS_RC2: Source = Source(
    "[dotnet runtime-assets #128](https://github.com/dotnet/runtime-assets/pull/128): Windows wrote it itself from XP on",
);
pub(super) const IOS_RC2: Source = Source(
    "[SMIME-OpenSSL-CA #1](https://github.com/gunnarhaslinger/SMIME-OpenSSL-CA/issues/1): what `openssl pkcs12 -legacy` writes",
);
pub(super) const IOS_NEW_RC2: Source = Source(
    "[owntracks booklet #75](https://github.com/owntracks/booklet/issues/75): what `openssl pkcs12 -legacy` writes (2024)",
);
pub(super) const ANDROID_RC2: Source = Source(
    "[strongSwan docs #5](https://github.com/strongswan/strongswan-docs/issues/5): what `openssl pkcs12 -legacy` writes (Android 12)",
);
pub(super) const JAVA_OLD_RC2: Source =
    Source("[JDK-8076190](https://bugs.openjdk.org/browse/JDK-8076190): it wrote that itself");
pub(super) const APPLE_PBES2: Source = Source(
    "[graal #4359](https://github.com/oracle/graal/issues/4359), which cites Apple: what is newer than RFC 7292's own schemes is not read",
);
pub(super) const ANDROID_AES: Source = Source(
    "[xca #389](https://github.com/chris2511/xca/pull/389): PBES2 with AES is not decrypted",
);
