//! Every rule on both sides: what a bundle is like, and who does not put up with it.

mod mends;

use time::macros::datetime;

use super::*;
use crate::bundle::password::Password;
use crate::bundle::platform::IMPORTERS;
use crate::bundle::testing::{P256, identity};
use crate::bundle::write::write_with;
use crate::bundle::{Encoding, Form, Hash, Identity, Pbes2Cipher, Pkcs12Cipher};

const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

fn written(identity: &Identity, form: Form) -> Diagnosis {
    let password = Secret::chosen("correct horse");
    let standard = Password::standard(&password);
    let file = write_with(std::slice::from_ref(identity), &[], &standard, 1, form).unwrap();
    diagnose(&file, &password, NOW).unwrap()
}

/// The features of what we write.
fn ours(form: Form) -> Features {
    written(&identity(P256, "alice"), form).features
}

fn with(change: impl FnOnce(&mut Features)) -> Features {
    let mut features = ours(Form::TripleDesSha1);
    change(&mut features);
    features
}

fn judge(features: &Features, platform: Platform) -> Judgement {
    Judgement::of(features, platform)
}

fn importer(name: &str) -> &'static Importer {
    IMPORTERS.iter().find(|it| it.name() == name).unwrap()
}

/// What prevents the import, and what only hinders the use.
fn found(features: &Features, platform: Platform) -> (Vec<Matter>, Vec<Matter>) {
    let reasons = judge(features, platform).reasons();
    let of = |prevents: bool| {
        let reasons = reasons.iter().filter(|it| it.prevents == prevents);
        reasons.map(|reason| reason.matter).collect()
    };
    (of(true), of(false))
}

#[test]
fn what_we_write_is_what_its_form_promises_and_nothing_else() {
    for form in Form::ALL {
        let features = ours(form);
        assert_eq!(features.matters(), form.matters(), "{form:?}");
        assert_eq!(features.encoding, Encoding::Der);
        let again = features.rewritten(form, 1, features.password);
        assert_eq!(features, again);
    }
}

#[test]
fn what_we_write_for_a_platform_imports_there_without_trouble() {
    for platform in Platform::ALL {
        let features = ours(platform.form());
        let judgement = judge(&features, platform);
        assert!(judgement.is_clean(), "{:?}", judgement.reasons());
        assert!(judgement.imports());
        assert_eq!(judgement.unknown(), Vec::<String>::new(), "{platform}");
        assert_eq!(judgement.mend(), None, "{platform}");
    }
}

#[test]
fn what_nobody_tried_is_told_and_refuses_nothing() {
    let two_keys = with(|it| {
        it.certificate_encryption = vec![Encryption::Pkcs12(Pkcs12Cipher::TripleDesTwoKey)];
    });
    let judgement = judge(&two_keys, Platform::Ios);
    assert!(judgement.imports() && judgement.is_clean());
    assert_eq!(
        judgement.unknown(),
        ["nobody tried Triple-DES with two keys on iOS"]
    );
}

#[test]
fn pbmac1_is_refused_wherever_a_program_may_be_older_than_it() {
    let features = with(|it| {
        it.authentication = Some(Authentication::Pbmac1(Hash::Sha256));
    });
    for platform in Platform::ALL {
        assert!(!judge(&features, platform).imports(), "{platform}");
    }
}

#[test]
fn the_current_form_is_refused_by_old_versions_which_the_reason_names() {
    let judgement = judge(&ours(Form::Aes256Sha256), Platform::MacOs);
    assert!(!judgement.imports());
    let reason = &judgement.reasons()[0];
    assert_eq!(
        reason.text,
        "macOS up to 14 refuses AES with HMAC-SHA-256; macOS 15 and later does not"
    );
    assert!(judge(&ours(Form::Aes256Sha256), Platform::Windows).imports());
}

#[test]
fn a_bundle_without_a_mac_is_refused_by_macos_and_nss_and_not_by_java() {
    let features = with(|it| it.authentication = None);
    for platform in [Platform::MacOs, Platform::Ios, Platform::Firefox] {
        assert_eq!(found(&features, platform).0, [Matter::NoMac], "{platform}");
    }
    assert!(judge(&features, Platform::Java).imports());
    let reasons = judge(&features, Platform::MacOs).reasons();
    assert_eq!(reasons[0].text, "macOS refuses a bundle without a MAC");
}

#[test]
fn triple_des_beside_a_mac_by_sha_256_is_refused_by_macos_and_by_sha_1_is_not() {
    let mixed = with(|it| it.authentication = Some(Authentication::Hmac(Hash::Sha256)));
    let (refused, _) = found(&mixed, Platform::MacOs);
    assert_eq!(refused, [Matter::MacSha256, Matter::OldCipherSha2Mac]);
    assert!(judge(&ours(Form::TripleDesSha1), Platform::MacOs).imports());
    assert!(judge(&mixed, Platform::Firefox).imports());
}

#[test]
fn rc2_is_refused_by_openssl_and_triple_des_is_not() {
    let rc2 = Encryption::Pkcs12(Pkcs12Cipher::Rc2With40Bits);
    let features = with(|it| it.certificate_encryption = vec![rc2]);
    let (refused, _) = found(&features, Platform::OpenSsl);
    assert_eq!(refused, [Matter::Rc2With40Bits]);
    assert!(judge(&features, Platform::MacOs).imports());
    assert!(judge(&ours(Form::TripleDesSha1), Platform::OpenSsl).imports());
}

#[test]
fn every_kind_of_encryption_and_mac_has_a_matter_of_its_own() {
    let mut seen = Vec::new();
    let pbes2 = |cipher, hash| Encryption::Pbes2(cipher, hash);
    for encryption in [
        Encryption::None,
        pbes2(Pbes2Cipher::Aes128, Hash::Sha1),
        pbes2(Pbes2Cipher::Aes256, Hash::Sha256),
        pbes2(Pbes2Cipher::Aes256, Hash::Sha512),
        pbes2(Pbes2Cipher::TripleDes, Hash::Sha1),
        Encryption::Pkcs12(Pkcs12Cipher::TripleDes),
        Encryption::Pkcs12(Pkcs12Cipher::TripleDesTwoKey),
        Encryption::Pkcs12(Pkcs12Cipher::Rc2With128Bits),
        Encryption::Pkcs12(Pkcs12Cipher::Rc2With40Bits),
    ] {
        let features = with(|it| {
            it.key_encryption = vec![encryption.clone()];
            it.certificate_encryption.clear();
            it.authentication = Some(Authentication::Other("1.2.3".to_owned()));
        });
        let matters = features.matters();
        assert_eq!(matters.len(), 1, "{encryption}: {matters:?}");
        assert!(!seen.contains(&matters[0]), "{encryption}");
        seen.push(matters[0]);
    }
    let open = with(|it| it.certificate_encryption = vec![Encryption::None]);
    assert!(open.matters().contains(&Matter::OpenCertificate));
    let pbmac1 = with(|it| it.authentication = Some(Authentication::Pbmac1(Hash::Sha512)));
    assert!(pbmac1.matters().contains(&Matter::Pbmac1));
    assert!(!judge(&pbmac1, Platform::Java).imports());
}

#[test]
fn aes_with_192_bits_is_refused_by_java_and_by_no_other() {
    let aes_192 = Encryption::Pbes2(Pbes2Cipher::Aes192, Hash::Sha256);
    let features = with(|it| it.certificate_encryption = vec![aes_192]);
    assert_eq!(found(&features, Platform::Java).0, [Matter::Aes192]);
    assert!(judge(&features, Platform::Firefox).imports());
    assert!(judge(&features, Platform::OpenSsl).imports());
}

#[test]
fn an_rsa_key_with_needless_zeros_is_refused_by_nss_and_mended_by_export() {
    let features = with(|it| it.has_long_numbers = true);
    assert_eq!(found(&features, Platform::Firefox).0, [Matter::LongNumbers]);
    let judgement = judge(&features, Platform::Firefox);
    assert!(judgement.mend().is_some());
    assert!(judge(&features, Platform::Java).imports());
}

#[test]
fn a_private_key_that_is_not_encrypted_is_refused_by_macos_and_of_no_use_in_java() {
    let features = with(|it| it.key_encryption = vec![Encryption::None]);
    assert_eq!(found(&features, Platform::MacOs).0, [Matter::OpenKey]);
    let (refused, hidden) = found(&features, Platform::Java);
    assert_eq!((refused, hidden), (vec![], vec![Matter::OpenKey]));
}

#[test]
fn passwords_are_judged_by_what_they_are_like() {
    let empty = with(|it| it.password.empty = true);
    assert_eq!(found(&empty, Platform::MacOs).0, [Matter::EmptyPassword]);
    assert!(judge(&empty, Platform::Firefox).imports());
    let absent = with(|it| {
        it.password.empty = true;
        it.password.form = PasswordForm::Absent;
    });
    assert_eq!(absent.matters()[2], Matter::AbsentPassword);
    let umlaut = with(|it| it.password.ascii = false);
    assert_eq!(found(&umlaut, Platform::Java).0, [Matter::NonAsciiPassword]);
    assert!(judge(&umlaut, Platform::Windows).imports());
    let widened = with(|it| it.password.form = PasswordForm::WidenedUtf8);
    assert_eq!(
        found(&widened, Platform::Firefox).0,
        [Matter::WidenedPassword]
    );
    let utf16 = with(|it| it.password.form = PasswordForm::Utf16InPbkdf2);
    assert!(judge(&utf16, Platform::Firefox).imports());
    assert_eq!(found(&utf16, Platform::Java).0, [Matter::Utf16Password]);
}

#[test]
fn more_iterations_than_an_importer_puts_up_with_are_refused_and_as_many_are_not() {
    for (platform, most) in [(Platform::Windows, 600_000), (Platform::Any, 300_000)] {
        let within = with(|it| it.iterations = most);
        assert!(judge(&within, platform).imports(), "{platform}");
        let beyond = with(|it| it.iterations = most + 1);
        assert_eq!(found(&beyond, platform).0, [Matter::Iterations]);
    }
    let reasons = judge(&with(|it| it.iterations = 600_001), Platform::Windows).reasons();
    assert_eq!(reasons[0].text, "Windows refuses 600,001 iterations");
}

#[test]
fn an_ed25519_key_is_for_programs_and_an_rsa_pss_key_is_never_offered() {
    let ed25519 = with(|it| it.identities[0].key_algorithm = "ed25519".to_owned());
    assert_eq!(found(&ed25519, Platform::Firefox).0, [Matter::Ed25519]);
    assert!(judge(&ed25519, Platform::OpenSsl).is_clean());
    let pss = with(|it| it.identities[0].key_algorithm = "rsa-pss".to_owned());
    let judgement = judge(&pss, Platform::Chrome);
    assert!(judgement.imports() && !judgement.is_clean());
}

#[test]
fn attributes_that_nss_insists_on_are_missed() {
    let without = with(|it| it.lacks_local_key_id = true);
    assert_eq!(found(&without, Platform::Firefox).0, [Matter::NoLocalKeyId]);
    let named = with(|it| it.names_authority = true);
    assert_eq!(found(&named, Platform::MacOs).1, [Matter::NamedAuthority]);
    assert!(judge(&named, Platform::OpenSsl).is_clean());
}

#[test]
fn an_end_entity_without_its_issuer_imports_everywhere_and_is_of_little_use() {
    let mut identity = identity(P256, "alice");
    identity.chain.clear();
    let diagnosis = written(&identity, Form::Aes256Sha256);
    for platform in [Platform::Any, Platform::Firefox, Platform::Java] {
        let (refused, hidden) = found(&diagnosis.features, platform);
        assert_eq!((refused, hidden), (vec![], vec![Matter::NoIssuer]));
        assert_eq!(diagnosis.judge(platform).mend(), None);
    }
}

#[test]
fn a_certificate_is_judged_by_the_time_that_is_given() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    let standard = Password::standard(&password);
    let file = write_with(&[identity], &[], &standard, 1, Form::Aes256Sha256).unwrap();
    // rcgen's own validity: 1975 to 4096.
    for (now, matter) in [
        (
            datetime!(1974-12-31 23:59:59 UTC),
            Some(Matter::NotYetValid),
        ),
        (datetime!(1975-01-01 00:00 UTC), None),
        (datetime!(4096-01-01 00:00:01 UTC), Some(Matter::Expired)),
    ] {
        let diagnosis = diagnose(&file, &password, now).unwrap();
        let (refused, hidden) = found(&diagnosis.features, Platform::Any);
        assert!(refused.is_empty());
        assert_eq!(hidden, matter.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_key_without_its_certificate_is_a_finding_and_alone_it_is_nothing() {
    let beside = with(|it| it.lone_keys = 1);
    assert_eq!(found(&beside, Platform::Any).1, [Matter::LoneKey]);
    let alone = with(|it| {
        it.lone_keys = 1;
        it.identities.clear();
    });
    for platform in Platform::ALL {
        assert_eq!(found(&alone, platform), (vec![Matter::NoIdentity], vec![]));
        assert_eq!(judge(&alone, platform).mend(), None);
    }
    let mut mixed = identity(P256, "alice");
    mixed.private_key = identity(P256, "bob").private_key;
    let diagnosis = written(&mixed, Form::Aes256Sha256);
    assert_eq!(diagnosis.features.lone_keys, 1);
    assert!(diagnosis.contents.identities.is_empty());
}

#[test]
fn what_nobody_looked_at_is_no_finding() {
    let dotnet = importer(".NET 9");
    let strange = with(|it| {
        it.authentication = None;
        it.encoding = Encoding::Ber;
        it.key_encryption = vec![Encryption::Pkcs12(Pkcs12Cipher::TripleDesTwoKey)];
    });
    assert_eq!(strange.on(dotnet), []);
    let finding = Finding {
        matter: Matter::NoMac,
        prevents: true,
    };
    assert!(strange.on(importer("GnuTLS 3.7")).contains(&finding));
}
