//! Whether a server speaks HTTP/2, and what it is like there to be let in, before anything is claimed.

use super::super::super::told::Told;
use super::super::{Attempt, unreached};
use super::claims::Fields;
use super::forger::Forger;
use super::form::Form;
use super::{Manner, Way};

/// What a server does over HTTP/2 where nothing is claimed.
pub(super) enum Http2 {
    /// It does not speak it.
    NotSpoken,
    /// It is not known what it is like there to be let in.
    Untold(Attempt),
    /// It lets the good certificate in.
    Spoken {
        /// Whether it keeps out who has none, so that it would be seen if a claim changed that.
        keeps_out: bool,
        /// Whether it serves a request with a trailer that claims nothing; some end the connection.
        takes_trailers: bool,
    },
}

impl Forger<'_> {
    pub(super) async fn over_http2(&self) -> Http2 {
        let with = match self.without_claim(Form::Http2, Way::Replace).await {
            Some(attempt) => attempt,
            None => return Http2::NotSpoken,
        };
        if !with.told.is_let_in() {
            let how = with.told.how();
            let how = format!("over HTTP/2 the good certificate is not let in: {how}");
            return Http2::Untold(Attempt {
                told: Told::CouldNotTell(how),
                ..with
            });
        }
        let is_let_in = |it: &Attempt| it.told.is_let_in();
        let without = self.without_claim(Form::Http2, Way::Pretend).await;
        let trailing = self.without_claim(Form::Http2Trailer, Way::Replace).await;
        Http2::Spoken {
            keeps_out: without.is_some_and(|it| !is_let_in(&it)),
            takes_trailers: trailing.is_some_and(|it| is_let_in(&it)),
        }
    }

    /// A visit that claims nothing; nothing where the server speaks no HTTP/2.
    async fn without_claim(&self, form: Form, way: Way) -> Option<Attempt> {
        let visitor = self.visitor(way);
        let nothing: Fields = vec![("X-Other".to_owned(), "nothing".to_owned())];
        let visit = self.visit(&visitor, Manner { form, way }, &nothing);
        match visit.await {
            Ok(visit) if visit.is_http2 => Some(self.place.judge(&visit, &visitor, self.let_in)),
            Ok(_) => None,
            Err(cause) => Some(unreached(&cause)),
        }
    }
}
