//! PKCS#12 bundles: walked, opened, diagnosed and judged for every platform.

use pki::bundle::{self, Anatomy, Content, Encrypted, Part, Platform};
use pki::secret::Secret;
use time::OffsetDateTime;

/// Above this an input is walked and not unlocked: the reader's own limit, ten million, lets one input take seconds.
const MOST_ITERATIONS: u64 = 10_000;

/// The passwords of nearly all fixtures.
const PASSWORDS: [&str; 2] = ["correct horse", ""];

/// Reads, opens and diagnoses whatever `input` is. It must neither panic nor take long, and what it answers does not matter.
pub fn read(input: &[u8]) {
    let Ok(anatomy) = Anatomy::read(input) else {
        return;
    };
    if iterations(&anatomy) > MOST_ITERATIONS {
        return;
    }
    for password in PASSWORDS.map(Secret::chosen) {
        let Ok(diagnosis) = bundle::diagnose(input, &password, OffsetDateTime::UNIX_EPOCH) else {
            continue;
        };
        for platform in Platform::ALL {
            let judgement = diagnosis.judge(platform);
            drop((judgement.reasons(), judgement.mend()));
        }
        // Whatever can be diagnosed opens too, unless it is a key without its certificate.
        let opens = bundle::open(input, &password).is_ok();
        let contents = &diagnosis.contents;
        assert!(opens || contents.identities.is_empty() && contents.lone_keys > 0);
    }
}

/// All that a guess costs, as far as it lies open.
fn iterations(anatomy: &Anatomy) -> u64 {
    let of = |encrypted: &Encrypted| u64::from(encrypted.scheme.iterations().unwrap_or(0));
    let parts = anatomy.parts.iter().map(|part| match part {
        Part::Encrypted(encrypted) => of(encrypted),
        Part::Plain(bags) => bags
            .iter()
            .map(|bag| match &bag.content {
                Content::EncryptedPrivateKey(encrypted) => of(encrypted),
                _ => 0,
            })
            .sum(),
    });
    let mac = anatomy.mac.as_ref().and_then(bundle::Mac::iterations);
    u64::from(mac.unwrap_or(0)) + parts.sum::<u64>()
}
