//! From a host name to a connection.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Url;
use crate::error::{Error, ErrorKind, Result};

/// How long one address may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Connects to the first address that accepts.
pub(super) async fn connect(url: &Url) -> Result<TcpStream> {
    let mut last = None;
    for address in resolve(url).await? {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // The request is one small packet: waiting to fill a larger one would only delay it.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(cause)) => last = Some(cause.to_string()),
            Err(_) => last = Some("no answer".to_owned()),
        }
    }
    let cause = last.unwrap_or_else(|| "the name has no address".to_owned());
    Err(Error::new(
        ErrorKind::Network,
        format!("could not connect to {url}: {cause}"),
    )
    .with_hint("Check the address and the port, and that the server runs."))
}

async fn resolve(url: &Url) -> Result<Vec<SocketAddr>> {
    if let Some(addresses) = url.addresses() {
        return Ok(addresses);
    }
    let found = tokio::net::lookup_host((url.host(), url.port())).await;
    found.map(Iterator::collect).map_err(|cause| {
        Error::new(
            ErrorKind::Network,
            format!(
                "the host name {} could not be resolved: {cause}",
                url.host()
            ),
        )
        .with_hint("Check the spelling, or give the IP address.")
    })
}
