//! From a TCP connection to a client whose key is proven.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Connection, blocking};
use super::encounter::Encounter;
use super::memory::Mark;
use super::ocsp;
use super::patience::{Occupied, Patience};
use super::room::Seat;
use super::turns::OwnTurns;
use super::{ClientAuth, Happening, Shared};
use crate::error::Error;
use crate::inventory::Record;
use crate::judge::Verdict;
use crate::session::{ClientHello, End, Evidence, Identity, Observed, Recorder, Shown};

/// The most that is read from a client after its handshake was refused, in octets.
const DRAINED: u64 = 64 << 10;

type Stream = Recorder<Patience<TcpStream>>;
pub(super) type TlsConnection = TlsStream<Stream>;

/// How a handshake ended that came to nothing.
struct Failure {
    /// What to tell; nothing, when the client just went away.
    happening: Option<Happening>,
    /// What is left of the connection.
    stream: Option<Stream>,
}

/// Completes a handshake; tells why not, where there is something to tell.
///
/// A browser opens one or two connections ahead and drops them: that is no event.
pub(super) async fn greet(
    stream: TcpStream,
    peer: SocketAddr,
    seat: Arc<Seat>,
    shared: &Arc<Shared>,
) -> Option<(Box<TlsConnection>, Connection)> {
    let occupied = Occupied::default();
    let patience = Patience::unless(occupied.clone(), stream, shared.limits.idle);
    let stream = Recorder::new(patience);
    let deadline = Instant::now() + shared.limits.handshake;
    match shake_hands(stream, shared, deadline).await {
        Ok((mut stream, observed, mark)) => {
            let (io, tls) = stream.get_mut();
            let recording = io.stop();
            let memory = &shared.handshakes.memory;
            let observed = Observed {
                resumes: memory.recall(tls, &recording),
                ..observed
            };
            let own = observed.server.chain.clone();
            let presented = observed.client.chain.clone();
            let evidence = Evidence::of(tls, End::Server, recording, observed);
            let earlier = evidence.earlier((shared.clock)());
            memory.keep(tls, mark, evidence.recording(), earlier);
            let connection = Connection {
                shared: shared.clone(),
                peer,
                evidence,
                server_name: tls.server_name().map(str::to_owned),
                speaks_http_2: tls.alpn_protocol() == Some(b"h2"),
                // What was shown counts once it was proven, here or in the handshake that this one resumes.
                presented: match tls.peer_certificates() {
                    Some(proven) if *proven == *presented => presented,
                    proven => proven.unwrap_or_default().into(),
                },
                judged: Mutex::default(),
                own,
                turns: OwnTurns::new(),
                seat,
                occupied,
                passing: Occupied::default(),
            };
            Some((Box::new(stream), connection))
        }
        Err(Failure { happening, stream }) => {
            if let Some(happening) = happening {
                shared.tell(peer, happening);
            }
            if let Some(stream) = stream {
                let _ = timeout_at(deadline, drain(stream)).await;
            }
            None
        }
    }
}

async fn shake_hands(
    stream: Stream,
    shared: &Arc<Shared>,
    deadline: Instant,
) -> Result<(TlsConnection, Observed, Mark), Failure> {
    let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let start = match timeout_at(deadline, &mut acceptor).await {
        Ok(Ok(start)) => start,
        Ok(Err(cause)) => {
            return Err(Failure {
                happening: describe(&cause),
                stream: acceptor.take_io(),
            });
        }
        Err(_) => return Err(Failure::silent()),
    };
    let from_client = start.io.so_far().map(|it| it.received.as_slice());
    let wants_status = ClientHello::wants_status(from_client.unwrap_or_default());
    let known = look_up(shared, wants_status.unwrap_or(true)).await;
    let (authorities, identity, staple) =
        known.map_err(|trouble| Failure::telling(Happening::Trouble(trouble)))?;
    let handshakes = &shared.handshakes;
    let setting = handshakes
        .setting(&authorities)
        .map_err(|cause| Failure::telling(Happening::Handshake(cause.to_string())))?;
    let gate = match handshakes.client_auth {
        ClientAuth::Required => Some(shared.clone()),
        ClientAuth::Optional => None,
    };
    let encounter = Encounter::new(&identity, staple, gate);
    let mark = Mark::draw();
    let accept = encounter
        .begin(|| start.into_stream_with(setting.config, |connection| mark.put_into(connection)));
    let accept = encounter.during(accept.into_fallible());
    match timeout_at(deadline, accept).await {
        Ok(Ok(stream)) => {
            let observed = Observed {
                request: Some(setting.requested),
                server: Shown {
                    chain: identity.chain(),
                    signed: encounter.server_signed(),
                },
                client: encounter.client(),
                resumes: None,
            };
            Ok((stream, observed, mark))
        }
        Ok(Err((cause, stream))) => Err(Failure {
            happening: encounter.take_refusal().or_else(|| describe(&cause)),
            stream: Some(stream),
        }),
        Err(_) => Err(Failure::telling(Happening::Handshake(
            "the client did not complete it in time".to_owned(),
        ))),
    }
}

/// What a handshake needs: the authorities that the client is told of, what is presented, and what is stapled where the client wants
/// that. It is looked up on this thread where all of it is at hand.
async fn look_up(
    shared: &Arc<Shared>,
    wants_status: bool,
) -> Result<(Arc<Vec<Record>>, Identity, Option<Vec<u8>>), Error> {
    let knowledge = &shared.knowledge;
    if !wants_status
        && let Some(authorities) = knowledge.authorities_at_hand()
        && let Some(identity) = knowledge.identity_at_hand()
    {
        return Ok((authorities, identity, None));
    }
    let shared = shared.clone();
    blocking(move || {
        let identity = shared.knowledge.identity();
        let staple = wants_status.then(|| ocsp::staple(&shared, &identity));
        Ok((shared.knowledge.authorities()?, identity, staple.flatten()))
    })
    .await
}

impl Failure {
    fn silent() -> Self {
        Self {
            happening: None,
            stream: None,
        }
    }

    fn telling(happening: Happening) -> Self {
        Self {
            happening: Some(happening),
            stream: None,
        }
    }
}

/// Says what ended a handshake; nothing, when the client just went away.
fn describe(cause: &std::io::Error) -> Option<Happening> {
    use rustls::Error as Tls;
    let tls = cause.get_ref()?.downcast_ref::<Tls>()?;
    Some(match tls {
        Tls::NoCertificatesPresented => Happening::Login {
            verdict: Verdict::NoCertificate,
            subject: None,
            certificate: None,
            repeated: false,
        },
        Tls::AlertReceived(alert) => Happening::Handshake(format!(
            "the client sent the alert {}",
            crate::session::alert((*alert).into())
        )),
        other => Happening::Handshake(other.to_string()),
    })
}

/// Lets the client read the alert: closing a socket with unread octets resets it, and the alert is lost.
async fn drain<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(DRAINED);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
