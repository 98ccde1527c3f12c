//! The asynchronous runtime of the commands that speak TLS.

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, ErrorKind, Result};

/// Builds a runtime with its timers and network.
pub(super) fn build() -> Result<Runtime> {
    Builder::new_multi_thread()
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

/// Waits for Ctrl-C or a request to end.
pub(super) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
