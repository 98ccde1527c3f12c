//! The ways in which a chain can be wrong, each with the reasons that it makes hold; and what is let in.

use super::causes::Cause;
use super::reasons::{IMPOSSIBLE, PRECEDENCE, Reason, Wrong, possible_pairs};
use super::recipe::{
    Between, Days, Encoding, Ending, Names, Purposes, Recipe, Row, Signature, Top, Usage,
};

/// One way of making something wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) name: &'static str,
    /// What is wrong by it.
    pub(super) reasons: &'static [Reason],
    /// What it changes in a certificate that would be let in.
    pub(super) change: fn(&mut Recipe),
    /// Why OpenSSL lets it pass, where it does.
    pub(super) unseen: Option<Cause>,
}

const fn way(name: &'static str, reasons: &'static [Reason], change: fn(&mut Recipe)) -> Way {
    Way {
        name,
        reasons,
        change,
        unseen: None,
    }
}

impl Way {
    const fn unseen(mut self, cause: Cause) -> Self {
        self.unseen = Some(cause);
        self
    }
}

use Reason::{
    BadSignature, Expired, Malformed, NameConstraint, NotIssuedHere, NotYetValid, PathLength,
    Revoked, UnknownIssuer, WrongExtendedKeyUsage, WrongKeyUsage,
};

/// Every way. Where one has several reasons, they cannot be had apart: what cannot be read, or ends before it begins, the inventory
/// does not take in.
pub(super) const WAYS: [Way; 38] = [
    way(
        "a critical extension that nobody knows",
        &[Malformed],
        |it| {
            it.encoding = Encoding::CriticalExtension;
        },
    ),
    way("an extension twice", &[Malformed, NotIssuedHere], |it| {
        (it.encoding, it.row) = (Encoding::ExtensionTwice, Row::Absent);
    })
    .unseen(Cause::ExtensionTwice),
    way(
        "an extension that cannot be read",
        &[Malformed, NotIssuedHere],
        |it| {
            (it.encoding, it.row) = (Encoding::UnreadableExtension, Row::Absent);
        },
    ),
    way("octets behind its end", &[Malformed, NotIssuedHere], |it| {
        (it.encoding, it.row) = (Encoding::TrailingOctets, Row::Absent);
    })
    .unseen(Cause::TrailingOctets),
    way("cut short", &[Malformed, NotIssuedHere], |it| {
        (it.encoding, it.row) = (Encoding::Truncated, Row::Absent);
    }),
    way("a line of text", &[Malformed, NotIssuedHere], |it| {
        (it.encoding, it.row) = (Encoding::Text, Row::Absent);
    }),
    way("a foreign CA", &[UnknownIssuer], |it| it.top = Top::Foreign),
    way("a foreign CA and a bit flipped", &[UnknownIssuer], |it| {
        (it.top, it.signature) = (Top::Foreign, Signature::Flipped);
    }),
    way("signed by itself", &[UnknownIssuer], |it| {
        it.top = Top::Itself
    }),
    way("a bit of the signature flipped", &[BadSignature], |it| {
        it.signature = Signature::Flipped;
    }),
    way("a letter of the subject changed", &[BadSignature], |it| {
        it.signature = Signature::SubjectAltered;
    }),
    way(
        "another algorithm beside the signature",
        &[BadSignature],
        |it| {
            it.signature = Signature::OtherAlgorithm;
        },
    ),
    way("a namesake CA", &[BadSignature], |it| {
        it.top = Top::Namesake
    }),
    way("a namesake CA with an RSA key", &[BadSignature], |it| {
        it.top = Top::NamesakeWithRsa;
    }),
    way("a CA beneath the issuing CA", &[PathLength], |it| {
        it.between = Between::Authority;
    }),
    way("two CAs beneath the issuing CA", &[PathLength], |it| {
        it.between = Between::TwoAuthorities;
    }),
    way("signed by an end entity", &[PathLength], |it| {
        it.between = Between::EndEntity;
    }),
    way("an e-mail address outside", &[NameConstraint], |it| {
        it.names = Names::OutsideEmail;
    }),
    way("a DNS name outside", &[NameConstraint], |it| {
        it.names = Names::OutsideDns;
    }),
    way("an IP address outside", &[NameConstraint], |it| {
        it.names = Names::OutsideIp;
    }),
    way(
        "emailAddress in the subject outside",
        &[NameConstraint],
        |it| {
            it.names = Names::OutsideEmailAddress;
        },
    ),
    way("keyEncipherment alone", &[WrongKeyUsage], |it| {
        it.usage = Usage::Encipherment;
    }),
    way("keyAgreement alone", &[WrongKeyUsage], |it| {
        it.usage = Usage::Agreement;
    })
    .unseen(Cause::KeyAgreement),
    way("contentCommitment alone", &[WrongKeyUsage], |it| {
        it.usage = Usage::Commitment;
    }),
    way("serverAuth alone", &[WrongExtendedKeyUsage], |it| {
        it.purposes = Purposes::Server;
    }),
    way("OCSPSigning alone", &[WrongExtendedKeyUsage], |it| {
        it.purposes = Purposes::Ocsp;
    }),
    way("emailProtection alone", &[WrongExtendedKeyUsage], |it| {
        it.purposes = Purposes::Email;
    }),
    way("recorded as a server's", &[WrongExtendedKeyUsage], |it| {
        it.row = Row::Server;
    })
    .unseen(Cause::Profile),
    way("no row", &[NotIssuedHere], |it| it.row = Row::Absent).unseen(Cause::Inventory),
    way("revoked", &[Revoked], |it| it.ending = Ending::Revoked),
    way("on hold", &[Revoked], |it| it.ending = Ending::Held),
    way("its CA revoked", &[Revoked], |it| it.top = Top::Withdrawn),
    way(
        "no row, and a revoked twin",
        &[NotIssuedHere, Revoked],
        |it| {
            it.row = Row::OfRevokedTwin;
        },
    ),
    way("not begun", &[NotYetValid], |it| it.days = Days::Future),
    way("its CA not begun", &[NotYetValid], |it| {
        it.top = Top::Coming
    }),
    way("ended", &[Expired], |it| it.days = Days::Past),
    way("its CA ended", &[Expired], |it| it.top = Top::Ended),
    way(
        "ends before it begins",
        &[NotIssuedHere, NotYetValid, Expired],
        |it| {
            (it.days, it.row) = (Days::Backwards, Row::Absent);
        },
    ),
];

/// One way, or two at once.
#[derive(Debug, Clone)]
pub(super) struct Mix {
    pub(super) ways: Vec<Way>,
    pub(super) recipe: Recipe,
    pub(super) wrong: Wrong,
}

impl Mix {
    /// The ways together; nothing where they would change the same, or what they ask for cannot be made.
    fn of(ways: &[Way]) -> Option<Self> {
        let mut recipe = Recipe::default();
        let mut touched = [false; 10];
        for way in ways {
            let mut alone = Recipe::default();
            (way.change)(&mut alone);
            for (touched, touches) in touched.iter_mut().zip(alone.touched()) {
                if *touched && touches {
                    return None;
                }
                *touched |= touches;
            }
            (way.change)(&mut recipe);
        }
        let wrong: Wrong = ways.iter().flat_map(|way| way.reasons).copied().collect();
        // A flipped bit is a bad signature only beneath a name of ours.
        let is_foreign = !recipe.names_ours();
        let is_consistent = wrong.contains(&UnknownIssuer) == is_foreign
            && !(is_foreign && wrong.contains(&BadSignature));
        (is_consistent && recipe.can_be_made()).then(|| Self {
            ways: ways.to_vec(),
            recipe,
            wrong,
        })
    }
}

/// The ways that make exactly these reasons hold: by themselves, and of two reasons one way each.
pub(super) fn mixes_of(wrong: &Wrong) -> Vec<Mix> {
    let of = |way: &Way| way.reasons.iter().copied().collect::<Wrong>();
    let together = WAYS.iter().filter(|way| of(way) == *wrong);
    let mut mixes: Vec<Mix> = together.filter_map(|way| Mix::of(&[*way])).collect();
    let members: Vec<Reason> = wrong.iter().copied().collect();
    if let [one, other] = members[..] {
        let alone = |reason| (WAYS.iter()).filter(move |way| way.reasons == [reason]);
        for first in alone(one) {
            mixes.extend(alone(other).filter_map(|second| Mix::of(&[*first, *second])));
        }
    }
    mixes
}

/// Every set of reasons that is presented: each alone, each pair that is possible, and the one of three that cannot be had smaller.
pub(super) fn sets() -> Vec<Wrong> {
    let alone = PRECEDENCE.iter().map(|(reason, _)| Wrong::from([*reason]));
    let pairs = possible_pairs()
        .into_iter()
        .map(|(a, b)| Wrong::from([a, b]));
    let more = WAYS.iter().filter(|way| way.reasons.len() > 2);
    let more = more.map(|way| way.reasons.iter().copied().collect());
    alone.chain(pairs).chain(more).collect()
}

#[test]
fn each_reason_and_each_possible_pair_can_be_made_and_no_impossible_one() {
    for wrong in sets() {
        assert!(!mixes_of(&wrong).is_empty(), "nothing shows {wrong:?}");
    }
    for (one, other, why) in IMPOSSIBLE {
        assert!(mixes_of(&Wrong::from([one, other])).is_empty(), "{why}");
    }
    // No way is left out of all of them.
    let shown: Vec<_> = sets().iter().flat_map(mixes_of).collect();
    for way in WAYS {
        let is_shown = shown
            .iter()
            .any(|mix| mix.ways.iter().any(|it| it.name == way.name));
        assert!(is_shown, "{}", way.name);
    }
}

/// What is let in although it differs from what the program issues.
pub(super) struct Peculiarity {
    pub(super) name: &'static str,
    pub(super) change: fn(&mut Recipe),
    /// Why OpenSSL refuses it, where it does.
    pub(super) refused: Option<Cause>,
}

pub(super) const PECULIAR: [Peculiarity; 4] = [
    Peculiarity {
        name: "anyExtendedKeyUsage alone",
        change: |it| it.purposes = Purposes::Any,
        refused: Some(Cause::AnyPurpose),
    },
    Peculiarity {
        name: "a commonName like a host's, outside",
        change: |it| it.names = Names::CommonNameLikeHost,
        refused: Some(Cause::CommonName),
    },
    Peculiarity {
        name: "emailAddress outside, subjectAltName inside",
        change: |it| it.names = Names::OutsideEmailAddressBesides,
        refused: Some(Cause::EmailAddress),
    },
    Peculiarity {
        name: "a hold that was lifted",
        change: |it| it.ending = Ending::Lifted,
        refused: None,
    },
];

/// What is let in: by both issuing CAs, with every keyUsage, extKeyUsage and name that allow it.
pub(super) fn accepted() -> Vec<Recipe> {
    let mut accepted = Vec::new();
    for top in [Top::Current, Top::Former] {
        for usage in [
            Usage::Signature,
            Usage::SignatureAndAgreement,
            Usage::Absent,
        ] {
            for purposes in [Purposes::Client, Purposes::Many, Purposes::Absent] {
                for names in [
                    Names::Subject,
                    Names::Email,
                    Names::Dns,
                    Names::Unconstrained,
                ] {
                    accepted.push(Recipe {
                        top,
                        usage,
                        purposes,
                        names,
                        ..Recipe::default()
                    });
                }
            }
        }
    }
    accepted
}
