//! The rules, each from both sides, on certificates that are made here. That browsers keep them is shown in `tests/offer`.

use time::Duration;

use super::*;
use crate::error::Result;
use crate::testing::{NOW, TestAuthority};

const P256_SHA256: u16 = 0x0403;

struct Set {
    authority: TestAuthority,
}

impl Set {
    fn new() -> Result<Self> {
        let authority = TestAuthority::new()?;
        Ok(Self { authority })
    }

    fn root(&self) -> &Certificate {
        self.authority.root.certificate()
    }

    fn issuing(&self) -> &Certificate {
        self.authority.issuing.certificate()
    }

    /// One whose issuing CA lies beside it.
    fn candidate(&self, change: impl FnOnce(&mut rcgen::CertificateParams)) -> Result<Candidate> {
        Ok(Candidate {
            certificate: self.authority.forge(change)?.0,
            chain: vec![self.issuing().clone()],
            elsewhere: vec![self.issuing().clone(), self.root().clone()],
            has_key: true,
            place: Place::Inventory,
        })
    }

    /// A server that names the root alone.
    fn request(&self) -> Request {
        Request {
            acceptable_issuers: vec![self.root().subject().der().to_vec()],
            signature_schemes: vec![P256_SHA256],
            version: Version::Tls13,
        }
    }
}

fn word(candidate: &Candidate, request: &Request, browser: Browser) -> &'static str {
    let offer = offer(candidate, request, browser, NOW);
    offer.reason().map_or("offered", Reason::as_str)
}

fn words(candidate: &Candidate, request: &Request) -> [&'static str; 2] {
    Browser::ALL.map(|browser| word(candidate, request, browser))
}

#[test]
fn the_way_to_a_named_ca_is_what_lies_beside_the_certificate() -> Result<()> {
    let set = Set::new()?;
    let mut candidate = set.candidate(|_| ())?;
    let mut request = set.request();
    assert_eq!(words(&candidate, &request), ["offered"; 2]);
    candidate.chain.clear();
    assert_eq!(words(&candidate, &request), ["intermediate-missing"; 2]);
    // Nobody knows what stands above: that may be it.
    candidate.elsewhere.clear();
    assert_eq!(words(&candidate, &request), ["intermediate-missing"; 2]);
    request.acceptable_issuers = vec![set.issuing().subject().der().to_vec()];
    assert_eq!(words(&candidate, &request), ["offered"; 2]);
    request.acceptable_issuers.clear();
    assert_eq!(words(&candidate, &request), ["offered"; 2]);
    Ok(())
}

#[test]
fn a_ca_that_is_not_named_is_told_from_one_whose_certificate_is_missing() -> Result<()> {
    let (set, other) = (
        Set::new()?,
        TestAuthority::named("other", Default::default())?,
    );
    let mut candidate = set.candidate(|_| ())?;
    let request = Request {
        acceptable_issuers: vec![other.root.certificate().subject().der().to_vec()],
        ..set.request()
    };
    candidate.chain.push(set.root().clone());
    assert_eq!(words(&candidate, &request), ["issuer-not-named"; 2]);
    candidate.chain.clear();
    assert_eq!(words(&candidate, &request), ["issuer-not-named"; 2]);
    candidate.elsewhere.clear();
    assert_eq!(words(&candidate, &request), ["intermediate-missing"; 2]);
    Ok(())
}

#[test]
fn firefox_asks_that_the_cas_on_the_way_are_valid() -> Result<()> {
    let set = Set::new()?;
    let end = set.issuing().validity().not_after;
    let candidate = set.candidate(|it| it.not_after = end + Duration::DAY)?;
    let at = |request: &Request, browser, now| {
        let offer = offer(&candidate, request, browser, now);
        offer.reason().map_or("offered", Reason::as_str)
    };
    let request = set.request();
    assert_eq!(at(&request, Browser::Firefox, end), "offered");
    let later = end + Duration::SECOND;
    assert_eq!(
        at(&request, Browser::Firefox, later),
        "intermediate-not-valid"
    );
    assert_eq!(at(&request, Browser::Chromium, later), "offered");
    // Named itself, it is not looked at.
    let named = Request {
        acceptable_issuers: vec![set.issuing().subject().der().to_vec()],
        ..request
    };
    assert_eq!(at(&named, Browser::Firefox, later), "offered");
    Ok(())
}

#[test]
fn the_first_and_the_last_second_count() -> Result<()> {
    let set = Set::new()?;
    let candidate = set.candidate(|_| ())?;
    let validity = candidate.certificate.validity();
    let at = |now| {
        let offer = offer(&candidate, &set.request(), Browser::Chromium, now);
        offer.reason().map_or("offered", Reason::as_str)
    };
    assert_eq!(at(validity.not_before - Duration::SECOND), "not-yet-valid");
    assert_eq!(at(validity.not_before), "offered");
    assert_eq!(at(validity.not_after), "offered");
    assert_eq!(at(validity.not_after + Duration::SECOND), "expired");
    Ok(())
}

#[test]
fn without_a_key_or_a_purpose_or_a_signature_nothing_is_offered() -> Result<()> {
    let set = Set::new()?;
    let mut keyless = set.candidate(|_| ())?;
    keyless.has_key = false;
    let server = set.candidate(|it| {
        it.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    })?;
    let encipherment = set.candidate(|it| {
        it.key_usages = vec![rcgen::KeyUsagePurpose::KeyEncipherment];
    })?;
    let bare = set.candidate(|it| {
        it.key_usages.clear();
        it.extended_key_usages.clear();
    })?;
    for (candidate, expected) in [
        (keyless, "no-private-key"),
        (server, "wrong-extended-key-usage"),
        (encipherment, "wrong-key-usage"),
        (bare, "offered"),
    ] {
        assert_eq!(words(&candidate, &set.request()), [expected; 2]);
    }
    Ok(())
}

#[test]
fn tls_1_2_binds_no_signature_to_a_curve() -> Result<()> {
    let set = Set::new()?;
    let candidate = set.candidate(|_| ())?;
    let with = |signature_schemes: &[u16], version| {
        let request = Request {
            signature_schemes: signature_schemes.to_vec(),
            version,
            ..set.request()
        };
        words(&candidate, &request)
    };
    assert_eq!(with(&[0x0503], Version::Tls12), ["offered"; 2]);
    assert_eq!(with(&[0x0503], Version::Tls13), ["no-signature-scheme"; 2]);
    assert_eq!(with(&[], Version::Tls12), ["no-signature-scheme"; 2]);
    Ok(())
}

#[test]
fn of_two_that_fit_each_browser_has_its_own() -> Result<()> {
    let set = Set::new()?;
    let ending = |days| -> Result<Candidate> {
        Ok(Candidate {
            place: Place::Database {
                browser: None,
                owner: "NSS".to_owned(),
                directory: "db".into(),
                order: Order::OfImport,
            },
            ..set.candidate(|it| it.not_after = NOW + Duration::days(days))?
        })
    };
    let (short, long) = (ending(10)?, ending(20)?);
    let chosen = |candidates: &[Candidate], request: &Request| {
        Browser::ALL.map(|browser| choice(candidates, request, browser, NOW))
    };
    let request = set.request();
    let both = [short.clone(), long.clone()];
    assert_eq!(
        chosen(&both, &request),
        [Choice::Sends(1), Choice::Sends(0)]
    );
    let reversed = [long, short.clone()];
    assert_eq!(chosen(&reversed, &request), [Choice::Sends(0); 2]);
    assert_eq!(chosen(&[], &request), [Choice::Nothing; 2]);
    // Not of one database: in which order they would be imported nobody knows.
    let [of_database, of_inventory] = both.clone();
    let loose = [
        of_database,
        Candidate {
            place: Place::Inventory,
            ..of_inventory
        },
    ];
    assert_eq!(
        chosen(&loose, &request),
        [Choice::Sends(1), Choice::NotTold]
    );
    assert_eq!(
        chosen(loose.get(1..).unwrap_or_default(), &request),
        [Choice::Sends(0); 2]
    );
    let same = [short.clone(), short];
    assert_eq!(chosen(&same, &request), [Choice::NotTold, Choice::Sends(0)]);
    let rsa_alone = Request {
        signature_schemes: vec![0x0804],
        ..request.clone()
    };
    assert_eq!(
        chosen(&both, &rsa_alone),
        [Choice::GivesUp(1), Choice::Nothing]
    );
    Ok(())
}

#[test]
fn a_database_offers_what_has_a_key_and_what_was_meant_to_have_one() -> Result<()> {
    let set = Set::new()?;
    let client = set.candidate(|_| ())?.certificate;
    let server = set
        .candidate(|it| it.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth])?
        .certificate;
    let held = [
        (set.root().clone(), false),
        (server.clone(), false),
        (client.clone(), false),
        (set.issuing().clone(), false),
        (server.clone(), true),
    ];
    let found = Candidate::of_database(&held, &[], &Place::Inventory);
    let told: Vec<_> = found
        .iter()
        .map(|it| (&it.certificate, it.has_key))
        .collect();
    assert_eq!(told, [(&client, false), (&server, true)]);
    let chain = vec![set.root().clone(), set.issuing().clone()];
    assert!(found.iter().all(|it| it.chain == chain));
    Ok(())
}

#[test]
fn every_reason_has_a_word_a_sentence_and_an_instruction_of_its_own() -> Result<()> {
    let set = Set::new()?;
    let name = set.issuing().subject().clone();
    let usage = KeyUsage(KeyUsage::KEY_ENCIPHERMENT);
    let server = vec![object_identifier::SERVER_AUTH.to_owned()];
    let no_scheme = |is_fatal| Reason::NoSignatureScheme {
        key: "p256".to_owned(),
        is_fatal,
    };
    let reasons = [
        Reason::NoPrivateKey,
        Reason::KeyTypeNotImported("ed25519".to_owned()),
        Reason::KeyTypeNeverOffered("rsa-pss".to_owned()),
        Reason::Expired(NOW),
        Reason::NotYetValid(NOW),
        Reason::WrongExtendedKeyUsage(server),
        Reason::WrongKeyUsage(usage),
        Reason::IntermediateMissing(name.clone()),
        Reason::IntermediateNotValid(name.clone(), set.issuing().validity()),
        Reason::UnknownCriticalExtension("1.2.3".to_owned()),
        Reason::IssuerNotNamed(name),
        no_scheme(true),
    ];
    let mut words: Vec<_> = reasons.iter().map(Reason::as_str).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), reasons.len());
    for reason in &reasons {
        let (sentence, hint) = (reason.to_string(), reason.hint());
        assert!(
            !sentence.ends_with('.') && hint.ends_with('.'),
            "{reason:?}"
        );
    }
    let [.., expired, _, purpose, usage, _, _, _, _, fatal] = &reasons;
    assert_eq!(expired.to_string(), "it ended on 2026-03-01T12:00:00Z");
    assert_eq!(
        purpose.to_string(),
        "its extKeyUsage is serverAuth, and not clientAuth"
    );
    assert_eq!(
        usage.to_string(),
        "its keyUsage is keyEncipherment, and not digitalSignature"
    );
    assert!(fatal.to_string().ends_with("gives up the connection"));
    assert!(!no_scheme(false).to_string().contains("gives up"));
    Ok(())
}
