//! A WebSocket: a connection to the application that goes on as octets both ways.

use std::future::Future;
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, copy, split};
use tokio::sync::OwnedSemaphorePermit;

use super::super::patience::{Occupation, Occupied, Patience};
use super::upstream::Stream;

/// Both ends, as soon as each has changed over.
pub(in crate::server) struct Tunnel {
    pub(super) client: OnUpgrade,
    pub(super) application: OnUpgrade,
    /// As long as both directions are open, it is right to be still.
    pub(super) occupation: Occupation,
    pub(super) occupied: Occupied,
    /// As long as either one is, the client is judged.
    pub(super) passing: Occupation,
    /// One of those that its certificate may have.
    pub(super) place: OwnedSemaphorePermit,
}

impl Tunnel {
    /// Passes octets on until both ends have finished, or one is gone. Where one has finished and the other does not move any more
    /// for so long, it ends too.
    pub(in crate::server) async fn run(self, idle: Duration) {
        let ends = tokio::try_join!(self.client, self.application);
        let Ok((client, application)) = ends else {
            return;
        };
        join(client, application, self.occupation, self.occupied, idle).await;
        drop((self.passing, self.place));
    }
}

async fn join(
    client: Upgraded,
    application: Upgraded,
    occupation: Occupation,
    occupied: Occupied,
    idle: Duration,
) {
    let Ok(application) = application.downcast::<TokioIo<Stream>>() else {
        return;
    };
    let (first, application) = (application.read_buf, application.io.into_inner());
    let application = Patience::unless(occupied, application.into_inner(), idle);
    let (from_client, mut to_client) = split(TokioIo::new(client));
    let (from_application, to_application) = split(application);
    // What came with the head of the application's answer.
    if to_client.write_all(&first).await.is_err() || to_client.flush().await.is_err() {
        return;
    }
    let up = pass(from_client, to_application);
    let down = pass(from_application, to_client);
    tokio::pin!(up, down);
    let (is_whole, other): (bool, &mut (dyn Future<Output = bool> + Send + Unpin)) = tokio::select! {
        is_whole = &mut up => (is_whole, &mut down),
        is_whole = &mut down => (is_whole, &mut up),
    };
    drop(occupation);
    if is_whole {
        other.await;
    }
}

/// Passes on what comes in one direction, and its end; says whether that came.
async fn pass<R, W>(mut from: ReadHalf<R>, mut to: WriteHalf<W>) -> bool
where
    R: AsyncRead,
    W: AsyncWrite,
{
    copy(&mut from, &mut to).await.is_ok() && to.shutdown().await.is_ok()
}
