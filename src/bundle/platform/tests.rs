//! The rules that hold over the whole table.

use super::*;
use crate::bundle::iterations;

#[test]
fn every_platform_has_importers_and_a_form_that_all_of_them_take() {
    for platform in Platform::ALL {
        assert!(platform.importers().next().is_some(), "{platform}");
        let form = platform.form();
        for importer in platform.importers() {
            assert!(
                importer.takes_all(form.matters(), ITERATIONS_CHOSEN),
                "{} and {form:?}",
                importer.name()
            );
        }
    }
}

#[test]
fn a_platform_gets_the_old_form_only_where_one_of_its_importers_refuses_the_current_one() {
    use Platform::*;
    for platform in [Any, Firefox, Chrome, Windows, Java, OpenSsl] {
        assert_eq!(platform.form(), Form::Aes256Sha256, "{platform}");
    }
    for platform in [Windows2016, MacOs, Ios, Android, Java8] {
        assert_eq!(platform.form(), Form::TripleDesSha1, "{platform}");
        let refuses = |importer: &Importer| importer.answer(Matter::AesSha256) == Answer::Refuses;
        assert!(platform.importers().any(refuses), "{platform}");
    }
}

#[test]
fn our_iterations_are_within_what_every_importer_puts_up_with() {
    let drawn = Secret::generate().unwrap();
    for password in [Secret::chosen("correct horse"), drawn] {
        for importer in &IMPORTERS {
            let most = importer.most_iterations();
            assert!(
                most.is_none_or(|most| iterations(&password) <= most),
                "{}",
                importer.name()
            );
        }
    }
}

#[test]
fn no_importer_has_two_answers_to_one_matter() {
    for importer in &IMPORTERS {
        for matter in Matter::ALL {
            let claims = importer.claims.iter();
            let answers = claims.filter(|claim| claim.matters.contains(&matter));
            let most = usize::from(!matter.is_everywhere() && matter != Matter::Iterations);
            assert!(answers.count() <= most, "{}: {matter:?}", importer.name());
        }
    }
}

#[test]
fn importers_have_names_of_their_own_and_any_counts_what_is_current() {
    for (position, importer) in IMPORTERS.iter().enumerate() {
        let same = |other: &Importer| other.name() == importer.name();
        assert_eq!(IMPORTERS.iter().position(same), Some(position));
    }
    let current: Vec<_> = Platform::Any.importers().map(Importer::name).collect();
    assert!(current.contains(&"macOS 15 and later"));
    assert!(!current.contains(&"macOS up to 14"));
}

#[test]
fn a_matter_that_nobody_looked_at_is_unknown_and_refuses_nothing() {
    let dotnet = IMPORTERS.iter().find(|it| it.name() == ".NET 9").unwrap();
    assert_eq!(dotnet.answer(Matter::Rc2With40Bits), Answer::Unknown);
    assert_eq!(dotnet.source(Matter::Rc2With40Bits), None);
    assert!(dotnet.takes_all(&[Matter::Rc2With40Bits], 300_000));
    assert!(!dotnet.takes_all(&[], 300_001));
}

#[test]
fn an_ed25519_key_is_refused_wherever_none_could_use_it() {
    use Platform::*;
    for platform in [Any, Java, OpenSsl] {
        assert!(platform.check_key("ed25519").is_ok(), "{platform}");
    }
    for platform in [
        Firefox,
        Chrome,
        Windows,
        Windows2016,
        MacOs,
        Ios,
        Android,
        Java8,
    ] {
        let refusal = platform.check_key("ed25519").unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::NotPermitted, "{platform}");
        assert!(platform.check_key("p256").is_ok(), "{platform}");
    }
}

#[test]
fn an_empty_password_is_refused_by_apple_and_one_outside_ascii_by_java() {
    for platform in Platform::ALL {
        let refuses = |text: &str| platform.check_password(&Secret::chosen(text)).is_err();
        let apple = matches!(platform, Platform::MacOs | Platform::Ios);
        let java = matches!(platform, Platform::Java | Platform::Java8);
        assert_eq!(refuses(""), apple, "{platform}");
        assert_eq!(refuses("Grüße"), java, "{platform}");
        assert!(!refuses("correct horse"), "{platform}");
    }
}

#[test]
fn a_platforms_word_comes_back_and_another_is_refused_with_the_list() {
    for platform in Platform::ALL {
        assert_eq!(Platform::parse(platform.as_str()).unwrap(), platform);
    }
    let refusal = Platform::parse("amiga").unwrap_err();
    assert!(refusal.hint().unwrap().contains("windows-2016"));
}
