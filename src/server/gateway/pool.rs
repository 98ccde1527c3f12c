//! Connections to the application: kept while they lie still, made anew where none is.

use std::collections::VecDeque;
use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, Request, Response, Version};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::exchange::Upload;
use super::upstream::Upstream;

/// How many requests the application has to answer at a time; further ones wait.
const AT_ONCE: usize = 512;
/// How many connections lie still at the most.
const STILL: usize = 64;
/// How long a connection may lie still and be used again for a request that could be made once more.
const KEPT: Duration = Duration::from_secs(30);
/// The same for every other request: an application ends a connection that lies still when it likes, and then nobody knows whether it
/// has read the request.
const FRESH: Duration = Duration::from_secs(1);
/// The longest head of an answer, in octets.
const HEAD: usize = 64 << 10;

type Sender = SendRequest<Upload>;

/// The connections to one application.
pub(super) struct Pool {
    upstream: Upstream,
    still: Arc<Mutex<VecDeque<(Instant, Sender)>>>,
    places: Arc<Semaphore>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody took the connection.
    Unreachable(io::Error),
    /// The connection broke, or what came was no HTTP.
    Broken(String),
    /// The client's own body broke.
    Gone,
}

impl Pool {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            still: Arc::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Makes a request. Whoever gives up on it drops the future, which ends the connection.
    ///
    /// A request is made once more only where it cannot have been read: when nothing of it was sent, or when it changes nothing
    /// (RFC 9110 §9.2.1), has no body, and the connection had lain still before it broke (RFC 9112 §9.3.1).
    pub(super) async fn ask(
        &self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, Failure> {
        let place = self.places.clone().acquire_owned().await;
        let place = place.map_err(|_| Failure::Gone)?;
        let is_upgrade = request.headers().contains_key("upgrade");
        let is_repeatable = is_safe(request.method()) && request.body().is_end_stream();
        let mut request = request;
        let still = match (is_upgrade, is_repeatable) {
            (true, _) => None,
            (false, true) => self.take(KEPT),
            (false, false) => self.take(FRESH),
        };
        if let Some(mut sender) = still {
            let copy = is_repeatable.then(|| copy_of(&request));
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.answered(sender, response, place)),
                Err(mut refused) => match (refused.take_message(), copy) {
                    (Some(unsent), _) => request = unsent,
                    (None, Some(copy)) if !refused.error().is_parse() => request = copy,
                    _ => return Err(Failure::of(refused.error())),
                },
            }
        }
        let mut sender = self.connect().await?;
        match sender.send_request(request).await {
            Ok(response) => Ok(self.answered(sender, response, place)),
            Err(cause) => Err(Failure::of(&cause)),
        }
    }

    async fn connect(&self) -> Result<Sender, Failure> {
        let stream = self.upstream.connect().await;
        let stream = TokioIo::new(stream.map_err(Failure::Unreachable)?);
        let mut builder = http1::Builder::new();
        let shaken = builder.max_buf_size(HEAD).handshake(stream).await;
        let (sender, connection) = shaken.map_err(|cause| Failure::of(&cause))?;
        // What breaks is told to whoever made the request.
        tokio::spawn(connection.with_upgrades());
        Ok(sender)
    }

    /// Keeps the connection when its answer has been read to the end; until then it takes up its place.
    fn answered(
        &self,
        mut sender: Sender,
        response: Response<Incoming>,
        place: OwnedSemaphorePermit,
    ) -> Response<Incoming> {
        // To HTTP/1.0 hyper would send a request of unknown length without its body.
        let may_be_kept = response.version() == Version::HTTP_11;
        let still = self.still.clone();
        tokio::spawn(async move {
            let is_ready = sender.ready().await.is_ok();
            drop(place);
            if is_ready && may_be_kept {
                let mut still = still.lock().unwrap_or_else(PoisonError::into_inner);
                still.push_back((Instant::now(), sender));
                if still.len() > STILL {
                    still.pop_front();
                }
            }
        });
        response
    }

    /// The connection that has lain still for the shortest time, and not for longer than `limit`.
    fn take(&self, limit: Duration) -> Option<Sender> {
        let mut still = self.still.lock().unwrap_or_else(PoisonError::into_inner);
        still.retain(|(since, sender)| !sender.is_closed() && since.elapsed() < KEPT);
        let newest = still
            .back()
            .is_some_and(|(since, _)| since.elapsed() < limit);
        let (_, sender) = still.pop_back().filter(|_| newest)?;
        Some(sender)
    }
}

/// The same request, where it has no body.
fn copy_of(request: &Request<Upload>) -> Request<Upload> {
    let mut copy = Request::new(Upload::none());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// The methods that only ask (RFC 9110 §9.2.1).
fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

impl Failure {
    fn of(cause: &hyper::Error) -> Self {
        if cause.is_user() {
            return Self::Gone;
        }
        let mut text = cause.to_string();
        let mut next = cause.source();
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        Self::Broken(text)
    }
}
