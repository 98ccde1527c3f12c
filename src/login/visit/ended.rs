//! Tells what the server did to end a visit from what this end could not go on with.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use super::super::refusal::tls_error;
use super::End;
use crate::session;

/// What ended a handshake or a request.
pub(super) fn ended_by(cause: &(dyn StdError + 'static)) -> End {
    match tls_error(cause) {
        Some(rustls::Error::AlertReceived(alert)) => End::Alert(session::alert((*alert).into())),
        // What came was not to be borne, and this end broke off.
        Some(own) => End::Broken(own.to_string()),
        None => match closed(cause) {
            Some(how) => End::Closed(how.to_owned()),
            None => End::Broken(format!("the answer could not be read: {cause}")),
        },
    }
}

/// How the peer ended the connection; nothing where it did not.
fn closed(cause: &(dyn StdError + 'static)) -> Option<&'static str> {
    const CLOSED: &str = "the server closed the connection";
    let mut causes = std::iter::successors(Some(cause), |cause| (*cause).source());
    causes.find_map(|cause| {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return match io.kind() {
                ErrorKind::ConnectionReset => Some("the server reset the connection"),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                    Some(CLOSED)
                }
                _ => None,
            };
        }
        // An orderly end (close_notify) before the whole head of an answer.
        cause
            .downcast_ref::<hyper::Error>()
            .filter(|http| http.is_incomplete_message() || http.is_closed() || http.is_canceled())
            .map(|_| CLOSED)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use hyper::Request;
    use hyper::body::Bytes;
    use hyper::client::conn::http1::handshake;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// How a request ends where this is all that comes back.
    async fn answered_by(answer: &[u8]) -> End {
        let (near, mut far) = duplex(1 << 20);
        let (mut sender, connection) = handshake(TokioIo::new(near)).await.unwrap();
        let request = Request::get("/").body(http_body_util::Empty::<Bytes>::new());
        let ask = sender.send_request(request.unwrap());
        let answer = async {
            let mut some = [0; 16];
            far.read_exact(&mut some).await.unwrap();
            far.write_all(answer).await.unwrap();
            far.shutdown().await.unwrap();
            drop(far);
        };
        let (asked, connected, ()) = tokio::join!(ask, connection, answer);
        match connected {
            Err(cause) => ended_by(&cause),
            Ok(()) => ended_by(&asked.unwrap_err()),
        }
    }

    #[tokio::test]
    async fn a_server_that_closes_has_spoken_and_one_that_cannot_be_read_has_not() {
        assert!(matches!(answered_by(b"").await, End::Closed(_)));
        for unreadable in [
            &b"SSH-2.0-nobody\r\n\r\n"[..],
            b"HTTP/1.1 200\r\nno field\r\n\r\n",
        ] {
            let end = answered_by(unreadable).await;
            assert!(matches!(end, End::Broken(_)), "{end:?}");
        }
        let head = [&b"HTTP/1.1 200 OK\r\nx: "[..], &vec![b'a'; 500 << 10]].concat();
        let end = answered_by(&head).await;
        assert!(matches!(end, End::Broken(_)), "{end:?}");
    }

    #[test]
    fn a_reset_is_the_servers_and_a_refusal_of_ours_is_not() {
        let io = |kind| ended_by(&io::Error::from(kind));
        assert!(matches!(io(ErrorKind::ConnectionReset), End::Closed(_)));
        assert!(matches!(io(ErrorKind::UnexpectedEof), End::Closed(_)));
        assert!(matches!(io(ErrorKind::InvalidData), End::Broken(_)));
        let ours = rustls::Error::PeerMisbehaved(
            rustls::PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme,
        );
        let wrapped = io::Error::new(ErrorKind::InvalidData, ours);
        assert!(matches!(ended_by(&wrapped), End::Broken(_)));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA);
        let wrapped = io::Error::new(ErrorKind::InvalidData, alert);
        assert_eq!(ended_by(&wrapped), End::Alert("unknown_ca".to_owned()));
    }
}
