//! The `reqwest::Client` of a transport, and its replacement by a client without connections.

use std::sync::{Mutex, PoisonError, RwLock};

use super::served_connections::ServedConnections;

type Configure = dyn Fn() -> reqwest::ClientBuilder + Send + Sync;

pub(super) struct ConnectionPool {
    current: RwLock<PooledClient>,
    /// `None` for a client that the caller gave.
    configure: Option<Box<Configure>>,
    pub(super) served: ServedConnections,
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
        let client = build_client(&*configure)?;
        Ok(Self::of(client, Some(configure)))
    }

    pub(super) fn given(client: reqwest::Client) -> Self {
        Self::of(client, None)
    }

    fn of(client: reqwest::Client, configure: Option<Box<Configure>>) -> Self {
        let current = RwLock::new(PooledClient { client, generation: 0 });
        let (served, building) = (ServedConnections::default(), Mutex::default());
        Self { current, configure, served, building }
    }

    /// Returns whether the transport built the client.
    pub(super) fn is_own(&self) -> bool {
        self.configure.is_some()
    }

    pub(super) fn current(&self) -> PooledClient {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
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
        if let Ok(fresh) = build_client(&**configure) {
            let fresh = PooledClient { client: fresh, generation: client.generation + 1 };
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

fn build_client(configure: &Configure) -> Result<reqwest::Client, reqwest::Error> {
    configure()
        .redirect(reqwest::redirect::Policy::none())
        // With a maximum of zero, reqwest does not copy each request.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .connection_verbose(false)
        .build()
}
