//! A connection that is negotiated anew after the certificate was revoked (RFC 5246 §7.4.1.1), by OpenSSL's client: rustls does not
//! renegotiate.
//!
//! Most servers refuse to do so at a client's wish, and then there is nothing to keep open. That is tried first.

use std::io;
use std::time::Duration;

use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::super::told::Told;
use super::{Attempt, Place, not_spoken, unreached};
use crate::login::Version;
use crate::login::openssl::{Call, Conversation, Credentials, Messages, PATIENCE, Renegotiated};
use crate::login::visit::{End, Question, Returning, Visitor};

/// How long others may have to wait for an answer while one connection is kept open.
const OTHERS: Duration = Duration::from_secs(5);

/// A connection that waits to be negotiated anew, or what came of it already.
#[derive(Debug)]
pub enum Renegotiation {
    /// The server renegotiates, has let the client in, and keeps the connection.
    Open(Box<Conversation>),
    /// There is nothing to wait for.
    Decided(Attempt),
}

impl Renegotiation {
    /// Finds out whether the server renegotiates at all; if it does, logs in over a connection that stays open.
    pub async fn open(place: &Place, shown: &Presented, let_in: &LetIn) -> Self {
        match open(place, shown, let_in).await {
            Ok(conversation) => Self::Open(Box::new(conversation)),
            Err(decided) => Self::Decided(of_tls12(decided)),
        }
    }

    /// Negotiates anew, asks again, and ends the connection.
    pub async fn renegotiate(self, place: &Place, let_in: &LetIn) -> Attempt {
        match self {
            Self::Decided(attempt) => attempt,
            Self::Open(conversation) => of_tls12(again(*conversation, place, let_in).await),
        }
    }
}

fn of_tls12(attempt: Attempt) -> Attempt {
    let none = matches!(attempt.told, Told::NotDone(_));
    Attempt {
        version: (!none).then_some(Version::Tls12),
        ..attempt
    }
}

/// The connection that stays open, or what there is to say without one.
async fn open(place: &Place, shown: &Presented, let_in: &LetIn) -> Result<Conversation, Attempt> {
    let private_key = shown.key.pkcs8();
    let credentials = Credentials {
        chain: shown.chain.iter().map(Vec::as_slice).collect(),
        private_key: &private_key,
    };
    // Where the server is, and whether it is there at all.
    let address = address(place).await?;
    let call = Call {
        url: &place.url,
        address,
        version: Version::Tls12,
        presented: Some(&credentials),
        path: &place.path,
    };
    first(call).await?;
    let mut conversation = begin(call)?;
    let question = Question {
        keep: true,
        ..place.question()
    };
    let end = conversation.ask(&place.url, &question);
    let end = tokio::time::timeout(PATIENCE, end)
        .await
        .unwrap_or(End::Silent);
    let end = with_alert(end, &conversation.messages());
    let told = let_in.judge(&end, true);
    if !told.is_let_in() {
        let how = format!(
            "the server renegotiates, but let nobody in first: {}",
            told.how()
        );
        return Err(Attempt::of(Told::CouldNotTell(how)));
    }
    if !matches!(&end, End::Answered(answer) if answer.complete) || conversation.has_ended() {
        return Err(closes());
    }
    match serves_others(place).await {
        true => Ok(conversation),
        false => Err(Attempt::of(Told::CouldNotTell(
            "the server renegotiates, but serves nobody else while a connection is open".to_owned(),
        ))),
    }
}

/// Goes on only where the server renegotiates.
async fn first(call: Call<'_>) -> Result<(), Attempt> {
    let mut conversation = begin(call)?;
    // In TLS 1.2 whoever is refused never sees the server's Finished.
    let shown = conversation.shows(PATIENCE, Messages::is_completed).await;
    if shown != Some(true) {
        let messages = conversation.end().await;
        return Err(Attempt::of(not_begun(&messages, shown.is_none())));
    }
    let renegotiated = conversation.renegotiate(PATIENCE).await;
    conversation.end().await;
    match renegotiated {
        Ok(Renegotiated::Completed) => Ok(()),
        Ok(other) => Err(Attempt::of(refused(
            &other,
            "the server does not renegotiate",
        ))),
        Err(cause) => Err(not_run(&cause)),
    }
}

async fn again(mut conversation: Conversation, place: &Place, let_in: &LetIn) -> Attempt {
    if conversation.has_ended() || conversation.messages().is_closed() {
        return closes();
    }
    let signed_before = conversation.messages().signatures();
    match conversation.renegotiate(PATIENCE).await {
        Ok(Renegotiated::Completed) => {}
        Ok(other) => return Attempt::of(refused(&other, "in the second handshake")),
        Err(_) => return closes(),
    }
    let question = place.question();
    let ask = conversation.ask(&place.url, &question);
    let end = tokio::time::timeout(PATIENCE, ask).await;
    let messages = conversation.end().await;
    let end = with_alert(end.unwrap_or(End::Silent), &messages);
    let attempt = Attempt::of(let_in.judge(&end, true));
    match messages.signatures() > signed_before {
        true => attempt.noting("In the second handshake the certificate was presented again."),
        false => attempt
            .noting("In the second handshake the server did not ask for the certificate again."),
    }
}

/// Where the server accepts connections.
async fn address(place: &Place) -> Result<std::net::SocketAddr, Attempt> {
    let visitor = Visitor {
        identity: None,
        version: Some(Version::Tls12),
    };
    let visit = async {
        Returning::forgetful(&visitor)?
            .visit(&place.url, &place.question())
            .await
    };
    let visit = visit.await.map_err(|cause| unreached(&cause))?;
    match not_spoken(&visit, visitor.version) {
        Some(not_spoken) => Err(Attempt::of(Told::NotDone(not_spoken))),
        None => Ok(visit.address),
    }
}

/// Whether anybody else gets as far as the server's certificate now.
async fn serves_others(place: &Place) -> bool {
    let visitor = Visitor {
        identity: None,
        version: None,
    };
    let question = Question {
        patience: OTHERS,
        ..place.question()
    };
    let visit = async {
        Returning::forgetful(&visitor)?
            .visit(&place.url, &question)
            .await
    };
    visit.await.is_ok_and(|visit| visit.is_spoken())
}

fn begin(call: Call<'_>) -> Result<Conversation, Attempt> {
    call.begin().map_err(|cause| not_run(&cause))
}

fn not_run(cause: &io::Error) -> Attempt {
    let how = match cause.kind() {
        io::ErrorKind::NotFound => {
            "openssl is not installed, and nothing else renegotiates".to_owned()
        }
        _ => format!("openssl could not be run: {cause}"),
    };
    Attempt::of(Told::CouldNotTell(how))
}

fn closes() -> Attempt {
    Attempt::of(Told::CouldNotTell(
        "the server renegotiates, but closes the connection before there was time to revoke"
            .to_owned(),
    ))
}

/// What to say where the first handshake did not come to its end.
fn not_begun(messages: &Messages, silent: bool) -> Told {
    let spoken = messages
        .iter()
        .any(|it| !it.ours && it.is_handshake("ServerHello"));
    match messages.alert() {
        _ if silent => Told::CouldNotTell("no handshake in time".to_owned()),
        Some(alert) if spoken => {
            Told::CouldNotTell(format!("nobody was let in in TLSv1.2: alert {alert}"))
        }
        Some(alert) if alert == "protocol_version" => {
            Told::NotDone(format!("the server does not speak TLSv1.2: alert {alert}"))
        }
        Some(alert) => Told::CouldNotTell(format!("no handshake of TLSv1.2: alert {alert}")),
        None => Told::CouldNotTell("the server broke off the handshake".to_owned()),
    }
}

/// What to say where the second one did not.
fn refused(renegotiated: &Renegotiated, fact: &str) -> Told {
    match renegotiated {
        Renegotiated::Alert(alert) => Told::RefusedInHandshake(format!("{fact}: alert {alert}")),
        Renegotiated::Closed => {
            Told::RefusedInHandshake(format!("{fact}: it closed the connection"))
        }
        Renegotiated::Silent | Renegotiated::Completed => {
            Told::CouldNotTell("the server neither renegotiates nor refuses to".to_owned())
        }
        Renegotiated::NotAsked => Told::CouldNotTell(
            "openssl s_client did not ask for another handshake: the connection was gone, or it takes no commands".to_owned(),
        ),
    }
}

/// The alert says more than that the connection is gone.
fn with_alert(end: End, messages: &Messages) -> End {
    match (end, messages.alert()) {
        (answered @ End::Answered(_), _) => answered,
        (_, Some(alert)) => End::Alert(alert),
        (end, None) => end,
    }
}
