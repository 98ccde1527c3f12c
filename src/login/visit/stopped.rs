//! How a server stopped an exchange over HTTP/2, by its own word: the HTTP library tells neither an alert nor an error code.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::End;
use super::ended::ended_by;

/// How many octets stand before the payload of a frame (RFC 9113 §4.1).
const HEAD: usize = 9;
/// The types of the two frames that carry an error code, and where it ends in them (RFC 9113 §6.4, §6.8).
const RST_STREAM: (u8, usize) = (0x03, 4);
const GOAWAY: (u8, usize) = (0x07, 8);

/// IANA's names of error codes, by their numbers (RFC 9113 §7).
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// What was noted, kept while the HTTP library holds the stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopped(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    /// How the stream failed first.
    failed: Option<End>,
    /// The error code that the server sent last.
    code: Option<u32>,
    frames: Frames,
}

impl Stopped {
    /// How it was stopped: an alert says more than an error code, and that more than a connection that is gone.
    pub(super) fn end(&self) -> Option<End> {
        let noted = self.lock();
        match (&noted.failed, noted.code) {
            (Some(alert @ End::Alert(_)), _) => Some(alert.clone()),
            (_, Some(code)) => {
                let name = usize::try_from(code).ok().and_then(|it| CODES.get(it));
                let name = name.map_or_else(|| code.to_string(), |name| (*name).to_owned());
                let how = format!("the server ended the request over HTTP/2: {name}");
                Some(End::Closed(how))
            }
            (failed, None) => failed.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one is in the frames that come.
#[derive(Debug, Default)]
struct Frames {
    /// The beginning of a frame, as far as it is wanted.
    begun: Vec<u8>,
    /// How many octets of its payload are of no interest.
    skip: usize,
}

impl Frames {
    /// Takes one octet; an error code that ends with it.
    fn next(&mut self, octet: u8) -> Option<u32> {
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.begun.push(octet);
        let [high, middle, low, kind, ..] = *self.begun else {
            return None;
        };
        let length = u32::from_be_bytes([0, high, middle, low]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let code = [RST_STREAM, GOAWAY].iter().find(|(it, _)| *it == kind);
        let wanted = code.map_or(0, |(_, end)| *end).min(length);
        if self.begun.len() < HEAD + wanted {
            return None;
        }
        let payload = self.begun.get(HEAD..).unwrap_or_default();
        // A frame that is too short for its code has none.
        let told = code.filter(|(_, end)| *end == wanted);
        let code = told.and_then(|_| payload.last_chunk()).copied();
        self.skip = length - wanted;
        self.begun.clear();
        code.map(u32::from_be_bytes)
    }
}

/// A stream that notes what stops it.
#[derive(Debug)]
pub(super) struct Noting<S> {
    stream: S,
    stopped: Stopped,
}

impl<S> Noting<S> {
    pub(super) fn of(stream: S, stopped: Stopped) -> Self {
        Self { stream, stopped }
    }

    fn noted<T>(&self, result: io::Result<T>) -> Poll<io::Result<T>> {
        if let Err(cause) = &result {
            let mut noted = self.stopped.lock();
            noted.failed.get_or_insert_with(|| ended_by(cause));
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Noting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        let mut noted = self.stopped.lock();
        for octet in buffer.filled().get(before..).unwrap_or_default() {
            noted.code = noted.frames.next(*octet).or(noted.code);
        }
        drop(noted);
        self.noted(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noting<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, octets));
        self.noted(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.noted(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap_or_default();
        let [_, length @ ..] = length.to_be_bytes();
        [&length[..], &[kind, 0, 0, 0, 0, 1], payload].concat()
    }

    /// The error codes in these octets.
    fn codes(octets: &[u8]) -> Vec<u32> {
        let mut frames = Frames::default();
        (octets.iter().filter_map(|it| frames.next(*it))).collect()
    }

    #[test]
    fn the_error_code_of_a_stream_or_a_connection_is_read_among_other_frames() {
        let (settings, data) = (frame(4, &[]), frame(0, &[7; 300]));
        let reset = frame(3, &[0, 0, 0, 1]);
        let goaway = frame(7, &[0, 0, 0, 1, 0, 0, 0, 11, b't', b'o', b'o']);
        let all = [settings, data.clone(), reset, goaway, data].concat();
        assert_eq!(codes(&all), [1, 11]);
    }

    #[test]
    fn a_frame_that_is_too_short_for_a_code_has_none() {
        let short = [frame(7, &[0; 5]), frame(3, &[]), frame(3, &[0, 0, 0, 8])].concat();
        assert_eq!(codes(&short), [8]);
    }

    #[test]
    fn an_alert_says_more_than_a_code_and_a_code_more_than_a_connection_that_is_gone() {
        let stopped = |failed, code| {
            let frames = Frames::default();
            let noted = Noted {
                failed,
                code,
                frames,
            };
            Stopped(Arc::new(Mutex::new(noted))).end()
        };
        let gone = || Some(End::Closed("gone".to_owned()));
        let alert = || Some(End::Alert("unknown_ca".to_owned()));
        let closed = |name: &str| {
            let how = format!("the server ended the request over HTTP/2: {name}");
            Some(End::Closed(how))
        };
        assert_eq!(stopped(alert(), Some(1)), alert());
        assert_eq!(stopped(gone(), Some(1)), closed("PROTOCOL_ERROR"));
        assert_eq!(stopped(gone(), Some(99)), closed("99"));
        assert_eq!(stopped(gone(), None), gone());
        assert_eq!(stopped(None, None), None);
    }
}
