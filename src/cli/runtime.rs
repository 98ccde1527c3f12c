//! The asynchronous runtime of the commands that speak TLS.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, ErrorKind, Result};

/// Builds a runtime with its timers and network.
pub(super) fn build() -> Result<Runtime> {
    Builder::new_multi_thread()
        // Where all threads are busy, as with clients that send without end, others are looked for between so many tasks and not 61.
        .event_interval(8)
        .enable_all()
        .build()
        .map_err(|cause| {
            Error::new(
                ErrorKind::Internal,
                format!("the runtime could not be started: {cause}"),
            )
            .with_hint("Look at the limits on threads and open files.")
        })
}

/// The same, and the end of the terminal too, for what must not be left half done.
pub(super) fn interrupted_or_left() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let hangup = signal(SignalKind::hangup());
    let interrupted = interrupted();
    async {
        let left = async {
            match hangup {
                Ok(mut hangup) => drop(hangup.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupted => {}
            () = left => {}
        }
    }
}

/// Waits for Ctrl-C or a request to end, which count from this call on and not only when the answer is waited for.
pub(super) fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async {
        match signals {
            [Ok(mut interrupt), Ok(mut terminate)] => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            _ => drop(tokio::signal::ctrl_c().await),
        }
    }
}
