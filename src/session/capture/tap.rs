//! A stream whose octets are noted on a tape.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::Tape;
use super::tape::{Deed, End};
use crate::session::overheard::{Ear, Overheard};

/// A stream that notes what goes over it on a [`Tape`], or that only passes it on.
///
/// Dropping it closes the stream, and is noted as the end of what this side sends.
pub type Tap<S> = Overheard<S, Option<Line>>;

/// A connection's place on a tape.
#[derive(Debug)]
pub struct Line {
    tape: Arc<Tape>,
    number: usize,
    near_finished: bool,
    far_finished: bool,
    is_reset: bool,
}

impl Tap<TcpStream> {
    /// Notes what goes over a connection that this end has just made; without a tape, nothing is.
    pub fn onto(tape: Option<Arc<Tape>>, stream: TcpStream) -> Self {
        let line = tape.and_then(|tape| {
            // A connection that is gone already has no addresses, and nothing will go over it.
            let (near, far) = (stream.local_addr().ok()?, stream.peer_addr().ok()?);
            let number = tape.begin(near, far);
            Some(Line {
                tape,
                number,
                near_finished: false,
                far_finished: false,
                is_reset: false,
            })
        });
        Self::by(line, stream)
    }
}

impl Line {
    fn sends(&self, by: End, octets: Vec<u8>) {
        if !octets.is_empty() && !self.is_reset {
            self.tape.note(self.number, by, Deed::Sends(octets));
        }
    }
}

impl Ear for Line {
    fn received(&mut self, octets: &[u8]) {
        self.sends(End::Far, octets.to_vec());
    }

    fn sent(&mut self, octets: &mut dyn Iterator<Item = u8>) {
        self.sends(End::Near, octets.collect());
    }

    fn far_finished(&mut self) {
        if !self.far_finished && !self.is_reset {
            self.far_finished = true;
            self.tape.note(self.number, End::Far, Deed::Finishes);
        }
    }

    fn near_finished(&mut self) {
        if !self.near_finished && !self.is_reset {
            self.near_finished = true;
            self.tape.note(self.number, End::Near, Deed::Finishes);
        }
    }

    /// What a failure tells of the other end: it answers a connection that it does not know any more with RST.
    fn failed(&mut self, cause: &io::Error) {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let is_reset = matches!(
            cause.kind(),
            ConnectionReset | ConnectionAborted | BrokenPipe
        );
        if is_reset && !self.is_reset {
            self.is_reset = true;
            self.tape.note(self.number, End::Far, Deed::Resets);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.near_finished();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use std::io::IoSlice;

    use super::*;

    /// Both ends of a connection, the one that connected with a tap on this tape.
    async fn pair(tape: Option<Arc<Tape>>) -> (Tap<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (far, _) = listener.accept().await.unwrap();
        (Tap::onto(tape, near.unwrap()), far)
    }

    fn noted(tape: &Tape) -> Vec<(End, Deed)> {
        let events = tape.first().unwrap().events.into_iter();
        events.map(|event| (event.by, event.deed)).collect()
    }

    #[tokio::test]
    async fn what_both_ends_do_is_noted_in_its_order() {
        let tape = Arc::new(Tape::new());
        let (mut near, mut far) = pair(Some(tape.clone())).await;
        near.write_all(b"question").await.unwrap();
        let mut question = [0; 8];
        far.read_exact(&mut question).await.unwrap();
        far.write_all(b"answer").await.unwrap();
        far.shutdown().await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert_eq!((&question, &*answer), (b"question", &b"answer"[..]));
        let parts = [IoSlice::new(b"thank "), IoSlice::new(b"you")];
        assert_eq!(near.write_vectored(&parts).await.unwrap(), 9);
        let addresses = (far.peer_addr().unwrap(), far.local_addr().unwrap());
        drop(near);
        let conversation = tape.first().unwrap();
        assert_eq!((conversation.near, conversation.far), addresses);
        let expected = [
            (End::Near, Deed::Sends(b"question".to_vec())),
            (End::Far, Deed::Sends(b"answer".to_vec())),
            (End::Far, Deed::Finishes),
            (End::Near, Deed::Sends(b"thank you".to_vec())),
            (End::Near, Deed::Finishes),
        ];
        assert_eq!(noted(&tape), expected);
    }

    #[tokio::test]
    async fn this_end_finishes_once_and_a_reset_ends_everything() {
        let tape = Arc::new(Tape::new());
        let (mut near, mut far) = pair(Some(tape.clone())).await;
        near.shutdown().await.unwrap();
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        drop(near);
        assert_eq!(noted(&tape), [(End::Near, Deed::Finishes)]);

        let tape = Arc::new(Tape::new());
        let (mut near, far) = pair(Some(tape.clone())).await;
        near.write_all(b"unread").await.unwrap();
        far.readable().await.unwrap();
        // What is closed before it was read to its end is reset (RFC 9293 §3.10.4).
        drop(far);
        assert!(near.read(&mut [0; 9]).await.is_err());
        assert!(near.read(&mut [0; 9]).await.is_ok_and(|count| count == 0));
        drop(near);
        let expected = [
            (End::Near, Deed::Sends(b"unread".to_vec())),
            (End::Far, Deed::Resets),
        ];
        assert_eq!(noted(&tape), expected);
    }

    #[tokio::test]
    async fn without_a_tape_everything_passes_and_nothing_is_noted() {
        let (mut near, mut far) = pair(None).await;
        near.write_all(b"octets").await.unwrap();
        drop(near);
        let mut passed = Vec::new();
        far.read_to_end(&mut passed).await.unwrap();
        assert_eq!(passed, b"octets");
    }
}
