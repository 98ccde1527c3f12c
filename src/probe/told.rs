//! What a server did with what it was shown, in more ways than are told in the end.

use super::case::Must;
use super::verdict::Outcome;

/// What came of a case; each with a few words that say how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It let the client in.
    LetIn(String),
    /// It kept the client out by an alert, or by ending the connection before any answer.
    RefusedInHandshake(String),
    /// It kept the client out by its answer: the status, where it leads, or the page.
    RefusedByStatus(String),
    /// It let the client in for what the certificate says, and paid no heed to what was claimed besides.
    Disregarded(String),
    /// It does not do at all what the case is about, such as to speak a version of TLS; where it must refuse, nothing is open.
    NotDone(String),
    /// It is not known what it did.
    CouldNotTell(String),
}

impl Told {
    /// The words that say how.
    pub fn how(&self) -> &str {
        match self {
            Self::LetIn(how)
            | Self::RefusedInHandshake(how)
            | Self::RefusedByStatus(how)
            | Self::Disregarded(how)
            | Self::NotDone(how)
            | Self::CouldNotTell(how) => how,
        }
    }

    /// The outcome that it comes to.
    ///
    /// Who pays no heed to a forged claim has refused it, in an answer. What a server does not do at all keeps out whoever relies on
    /// it; whether others could get in that way is not known.
    pub fn outcome(self, must: Must) -> Outcome {
        match self {
            Self::LetIn(seen) => Outcome::LetIn { seen },
            Self::RefusedInHandshake(seen) => Outcome::RefusedInHandshake { seen },
            Self::RefusedByStatus(seen) | Self::Disregarded(seen) => {
                Outcome::RefusedByStatus { seen }
            }
            Self::NotDone(seen) if must == Must::Refuse => Outcome::RefusedInHandshake { seen },
            Self::NotDone(why) | Self::CouldNotTell(why) => Outcome::Unclear { why },
        }
    }

    /// Says whether the client was let in.
    pub fn is_let_in(&self) -> bool {
        matches!(self, Self::LetIn(_))
    }

    /// Says whether the client was kept out.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::RefusedInHandshake(_) | Self::RefusedByStatus(_))
    }

    /// The one that counts where a case was tried in several ways: that somebody was let in outweighs that nothing could be
    /// told, and that outweighs every refusal; what is not done at all says least.
    pub(super) fn gravest(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut gravest: Option<Self> = None;
        for told in all {
            if gravest
                .as_ref()
                .is_none_or(|it| it.weight() < told.weight())
            {
                gravest = Some(told);
            }
        }
        gravest
    }

    fn weight(&self) -> u8 {
        match self {
            Self::NotDone(_) => 0,
            Self::Disregarded(_) => 1,
            Self::RefusedInHandshake(_) | Self::RefusedByStatus(_) => 2,
            Self::CouldNotTell(_) => 3,
            Self::LetIn(_) => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_counts_and_a_refusal_never_hides_that_nothing_was_told() {
        let how = String::new;
        let (refused, unclear) = (Told::RefusedByStatus(how()), Told::CouldNotTell(how()));
        let (let_in, not_done) = (Told::LetIn(how()), Told::NotDone(how()));
        let of = |all: &[&Told]| Told::gravest(all.iter().map(|it| (*it).clone()));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&not_done, &refused]).as_ref(), Some(&refused));
        assert_eq!(of(&[&unclear, &refused]).as_ref(), Some(&unclear));
        assert_eq!(of(&[&refused, &let_in, &unclear]).as_ref(), Some(&let_in));
        // Of two alike the first.
        let second = Told::RefusedByStatus("second".to_owned());
        assert_eq!(of(&[&refused, &second]).as_ref(), Some(&refused));
    }

    #[test]
    fn what_is_not_done_keeps_out_who_must_be_and_says_nothing_of_others() {
        let not_done = || Told::NotDone("no TLS 1.2".to_owned());
        let refused = not_done().outcome(Must::Refuse);
        assert!(matches!(refused, Outcome::RefusedInHandshake { .. }));
        for must in [Must::Accept, Must::Either] {
            assert!(matches!(not_done().outcome(must), Outcome::Unclear { .. }));
        }
        let disregarded = Told::Disregarded(String::new()).outcome(Must::Refuse);
        assert!(matches!(disregarded, Outcome::RefusedByStatus { .. }));
    }
}
