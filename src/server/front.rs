//! What comes before every answer over mutual TLS: who goes on to the application behind this server, and who gets our own pages.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::connection::Connection;
use super::gateway::{Gateway, Passage, leave, wants_data};
use super::judgement::Decision;
use super::routes::{DOCUMENT, is_help, strict, told_as_data, told_on_a_page};
use super::target::{Astray, authority, of_ours};
use crate::judge::Verdict;

/// How often a client is judged again while an answer or a WebSocket is on its way.
const AGAIN: Duration = Duration::from_secs(1);

/// One connection's way in.
pub(super) struct Front {
    connection: Arc<Connection>,
    pages: TowerToHyperService<Router>,
    passage: Passage,
}

impl Front {
    pub(super) fn new(connection: Connection, router: Router) -> Self {
        let connection = Arc::new(connection);
        Self {
            pages: TowerToHyperService::new(router),
            passage: Passage::of(connection.clone()),
            connection,
        }
    }

    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        match &self.connection.shared.gateway {
            None => self.page(request).await,
            // In a box: where there is no application, the way to one takes no room.
            Some(gateway) => Box::pin(self.judged(gateway, request)).await,
        }
    }

    async fn judged(&self, gateway: &Gateway, request: Request<Incoming>) -> Response<Body> {
        let connection = &self.connection;
        let server_name = connection.server_name.as_deref();
        let asked = authority(request.uri(), request.headers(), server_name);
        let asked = asked.and_then(|asked| asked.ok_or_else(Astray::nowhere));
        let authority = match asked.and_then(|asked| of_ours(asked, connection.own.first())) {
            Ok(authority) => authority,
            Err(astray) => {
                let (head, body) = request.into_parts();
                leave(&head, body);
                return strict(astray.into_response(connection)).await;
            }
        };
        let decided = connection.decide().await;
        if let Ok(Decision {
            verdict: Verdict::Accepted,
            verified,
        }) = &decided
        {
            let asked = (request, &authority);
            return self
                .passage
                .forward(gateway, asked, verified.as_deref())
                .await;
        }
        if is_help(request.uri().path()) {
            return self.page(request).await;
        }
        let (head, body) = request.into_parts();
        leave(&head, body);
        let judged = match decided {
            Ok(_) => connection.judgement().await,
            Err(trouble) => Err(trouble),
        };
        let told = match head.uri.path() == DOCUMENT || wants_data(&head.headers) {
            true => told_as_data(connection, judged).await,
            false => told_on_a_page(connection, judged, &head.uri, &head.headers).await,
        };
        strict(told).await
    }

    async fn page(&self, mut request: Request<Incoming>) -> Response<Body> {
        request.extensions_mut().insert(self.connection.clone());
        match self.pages.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Goes on as a WebSocket, where the connection has become one, until that ends or the server stops.
    pub(super) async fn go_on(&self, mut stopping: watch::Receiver<bool>) {
        let Some(tunnel) = self.passage.take_tunnel() else {
            return;
        };
        let idle = self.connection.shared.limits.idle;
        tokio::select! {
            () = tunnel.run(idle) => {}
            _ = stopping.wait_for(|stops| *stops) => {}
        }
    }

    /// Ends when the client must not be let through any more while something of it is on its way through: a revocation counts at once,
    /// and so does the end of a certificate.
    ///
    /// Where that cannot be found out twice in a row, it is not let through either; once may be a write that takes long.
    pub(super) async fn is_no_longer_good(&self) {
        if self.connection.shared.gateway.is_none() {
            return std::future::pending().await;
        }
        let mut ticks = interval(AGAIN);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_in_doubt = false;
        loop {
            ticks.tick().await;
            if !self.connection.passing.is_held() {
                is_in_doubt = false;
                continue;
            }
            match self.connection.decide().await {
                Ok(decision) if decision.verdict == Verdict::Accepted => is_in_doubt = false,
                Err(_) if !is_in_doubt => is_in_doubt = true,
                _ => return,
            }
        }
    }
}
