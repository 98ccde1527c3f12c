//! What a server did with what it was shown.

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
}
