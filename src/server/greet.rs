//! From a TCP connection to a client whose key is proven.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Connection, blocking};
use super::handshake::Presented;
use super::ocsp;
use super::patience::Patience;
use super::verifier::ClientVerifier;
use super::{ClientAuth, Happening, Shared};
use crate::judge::Verdict;
use crate::session::{FirstFlight, Observed, Recorder, Session};

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
    shared: &Arc<Shared>,
) -> Option<(TlsConnection, Connection)> {
    let stream = Recorder::new(Patience::new(stream, shared.limits.idle));
    let deadline = Instant::now() + shared.limits.handshake;
    match shake_hands(stream, shared, deadline).await {
        Ok((mut stream, observed)) => {
            let (io, tls) = stream.get_mut();
            let recording = io.stop();
            let first_flight = FirstFlight::read(&recording.received, &recording.sent);
            let connection = Connection {
                shared: shared.clone(),
                peer,
                session: Session::of(tls, first_flight, observed),
                presented: tls.peer_certificates().unwrap_or_default().to_vec(),
            };
            Some((stream, connection))
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
) -> Result<(TlsConnection, Observed), Failure> {
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
    let looked_up = {
        let shared = shared.clone();
        blocking(move || {
            let identity = shared.handshakes.identity().current();
            let presented = Presented::stapled(&identity, ocsp::staple(&shared, &identity));
            Ok((shared.knowledge.authorities()?, presented))
        })
        .await
    };
    let (authorities, presented) =
        looked_up.map_err(|trouble| Failure::telling(Happening::Trouble(trouble)))?;
    let handshakes = &shared.handshakes;
    let gate = match handshakes.client_auth {
        ClientAuth::Required => Some(shared.clone()),
        ClientAuth::Optional => None,
    };
    let verifier = Arc::new(ClientVerifier::new(
        &authorities,
        handshakes.provider(),
        gate,
    ));
    let config = handshakes
        .config(verifier.clone(), presented)
        .map_err(|cause| Failure::telling(Happening::Handshake(cause.to_string())))?;
    match timeout_at(deadline, start.into_stream(config).into_fallible()).await {
        Ok(Ok(stream)) => {
            let acceptable_issuers = authorities
                .iter()
                .map(|record| record.certificate.subject().to_string())
                .collect();
            let observed = Observed {
                signature_scheme: verifier.signature_scheme(),
                acceptable_issuers,
            };
            Ok((stream, observed))
        }
        Ok(Err((cause, stream))) => Err(Failure {
            happening: verifier.take_refusal().or_else(|| describe(&cause)),
            stream: Some(stream),
        }),
        Err(_) => Err(Failure::telling(Happening::Handshake(
            "the client did not complete it in time".to_owned(),
        ))),
    }
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
