//! What came of a case, and whether that is right.

use super::case::Must;
use super::told::Told;

/// What is to be thought of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Kept out in the handshake, and not against what must be.
    RefusedInHandshake,
    /// Kept out by an answer over HTTP, and not against what must be.
    RefusedByStatus,
    /// Let in, and not against what must be.
    Accepted,
    /// Let in for what the certificate says, and for nothing that was claimed besides.
    Disregarded,
    /// The server does not do at all what is refused here.
    NotDone,
    /// Let in who must be kept out.
    WronglyAccepted,
    /// Kept out who must be let in.
    WronglyRefused,
    /// Nothing was found out.
    CouldNotTell,
}

impl Verdict {
    /// Holds what a server did against what it must do.
    pub fn of(told: &Told, must: Must) -> Self {
        match (told, must) {
            (Told::CouldNotTell(_), _) | (Told::NotDone(_), Must::Accept) => Self::CouldNotTell,
            (Told::LetIn(_), Must::Refuse) => Self::WronglyAccepted,
            (Told::LetIn(_), Must::Accept | Must::Either) => Self::Accepted,
            (Told::RefusedInHandshake(_) | Told::RefusedByStatus(_), Must::Accept) => {
                Self::WronglyRefused
            }
            (Told::RefusedInHandshake(_), Must::Refuse | Must::Either) => Self::RefusedInHandshake,
            (Told::RefusedByStatus(_), Must::Refuse | Must::Either) => Self::RefusedByStatus,
            (Told::Disregarded(_), _) => Self::Disregarded,
            (Told::NotDone(_), Must::Refuse | Must::Either) => Self::NotDone,
        }
    }

    /// Whether the answer is right; nothing where none was found out.
    pub fn is_right(self) -> Option<bool> {
        match self {
            Self::RefusedInHandshake
            | Self::RefusedByStatus
            | Self::Accepted
            | Self::Disregarded
            | Self::NotDone => Some(true),
            Self::WronglyAccepted | Self::WronglyRefused => Some(false),
            Self::CouldNotTell => None,
        }
    }

    /// Its word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefusedInHandshake => "refused-in-handshake",
            Self::RefusedByStatus => "refused-by-status",
            Self::Accepted => "accepted",
            Self::Disregarded => "disregarded",
            Self::NotDone => "not-done",
            Self::WronglyAccepted => "wrongly-accepted",
            Self::WronglyRefused => "wrongly-refused",
            Self::CouldNotTell => "could-not-tell",
        }
    }

    /// Its words in the table.
    pub fn words(self) -> &'static str {
        match self {
            Self::RefusedInHandshake => "refused in the handshake",
            Self::RefusedByStatus => "refused over HTTP",
            Self::Accepted => "accepted",
            Self::Disregarded => "claim disregarded",
            Self::NotDone => "not done here",
            Self::WronglyAccepted => "ACCEPTED",
            Self::WronglyRefused => "REFUSED",
            Self::CouldNotTell => "could not tell",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_did_is_right_or_wrong_by_what_it_must_do_and_what_is_unclear_is_neither() {
        let how = String::new;
        let done = [
            Told::LetIn(how()),
            Told::RefusedInHandshake(how()),
            Told::RefusedByStatus(how()),
            Told::Disregarded(how()),
            Told::NotDone(how()),
            Told::CouldNotTell(how()),
        ];
        let right = |must| done.each_ref().map(|it| Verdict::of(it, must).is_right());
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(right(Must::Refuse), [no, yes, yes, yes, yes, None]);
        assert_eq!(right(Must::Accept), [yes, no, no, yes, None, None]);
        assert_eq!(right(Must::Either), [yes, yes, yes, yes, yes, None]);
        let verdicts = done.each_ref().map(|it| Verdict::of(it, Must::Refuse));
        assert_eq!(
            verdicts.map(Verdict::as_str),
            [
                "wrongly-accepted",
                "refused-in-handshake",
                "refused-by-status",
                "disregarded",
                "not-done",
                "could-not-tell"
            ]
        );
    }
}
