//! The `reqwest::Client` of a transport, and its replacement by a client without connections.

use std::future::Future;
use std::sync::{Mutex, PoisonError, RwLock};

use super::opened_connections::{ConnectionUse, OpenedConnections};

type Configure = dyn Fn() -> reqwest::ClientBuilder + Send + Sync;

pub(super) struct ConnectionPool {
    current: RwLock<PooledClient>,
    /// `None` for a client that the caller gave.
    configure: Option<Box<Configure>>,
    opened: OpenedConnections,
    /// Held while a client is built, so that requests which notice the same fault build one client.
    building: Mutex<()>,
}

/// A client and the number of clients before it.
#[derive(Clone)]
pub(super) struct PooledClient {
    pub(super) client: reqwest::Client,
    generation: u64,
}

impl ConnectionPool {
    pub(super) fn new(configure: Box<Configure>) -> Result<Self, reqwest::Error> {
        let opened = OpenedConnections::default();
        let client = build_client(&*configure, &opened)?;
        Ok(Self::of(client, Some(configure), opened))
    }

    pub(super) fn given(client: reqwest::Client) -> Self {
        Self::of(client, None, OpenedConnections::default())
    }

    fn of(
        client: reqwest::Client,
        configure: Option<Box<Configure>>,
        opened: OpenedConnections,
    ) -> Self {
        let current = RwLock::new(PooledClient { client, generation: 0 });
        Self { current, configure, opened, building: Mutex::new(()) }
    }

    /// Returns whether the transport built the client.
    pub(super) fn is_own(&self) -> bool {
        self.configure.is_some()
    }

    pub(super) fn current(&self) -> PooledClient {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs a request and returns what is known about its connection. A client that the caller gave
    /// reports nothing, so its connections count as fresh.
    pub(super) async fn watch<F: Future>(&self, request: F) -> (F::Output, ConnectionUse) {
        if self.is_own() {
            self.opened.watch(request).await
        } else {
            (request.await, ConnectionUse::default())
        }
    }

    /// Replaces `client` by a client without connections, unless another request has replaced it
    /// already. The idle connections of `client` are closed, and its running requests continue.
    pub(super) fn replace(&self, client: &PooledClient) {
        let Some(configure) = &self.configure else { return };
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if self.current().generation != client.generation {
            return;
        }
        // The same settings have built a client before, so an error is rare: a file of certificates
        // may have disappeared. The present client stays.
        if let Ok(fresh) = build_client(&**configure, &self.opened) {
            let fresh = PooledClient { client: fresh, generation: client.generation + 1 };
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

fn build_client(
    configure: &Configure,
    opened: &OpenedConnections,
) -> Result<reqwest::Client, reqwest::Error> {
    configure()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connection_verbose(false)
        .connector_layer(opened.clone())
        .build()
}
