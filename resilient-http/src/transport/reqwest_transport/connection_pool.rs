//! The `reqwest::Client` of a transport, its replacement by a client without connections, and a
//! second client for requests that need a fresh connection.

use std::sync::{OnceLock, PoisonError, RwLock};

use super::served_connections::ServedConnections;

type Configure = dyn Fn() -> reqwest::ClientBuilder + Send + Sync;

pub(super) struct ConnectionPool {
    current: RwLock<reqwest::Client>,
    /// `None` for a client that the caller gave.
    configure: Option<Box<Configure>>,
    /// A client that keeps no connections. It is built when a request needs it for the first time.
    unpooled: OnceLock<Option<reqwest::Client>>,
    pub(super) served: ServedConnections,
}

impl ConnectionPool {
    pub(super) fn new(configure: Box<Configure>) -> Result<Self, reqwest::Error> {
        let client = build_client(configure())?;
        Ok(Self::of(client, Some(configure)))
    }

    pub(super) fn given(client: reqwest::Client) -> Self {
        Self::of(client, None)
    }

    fn of(client: reqwest::Client, configure: Option<Box<Configure>>) -> Self {
        Self {
            current: RwLock::new(client),
            configure,
            unpooled: OnceLock::new(),
            served: ServedConnections::default(),
        }
    }

    /// Returns whether the transport built the client.
    pub(super) fn is_own(&self) -> bool {
        self.configure.is_some()
    }

    /// Returns the client for a request. With `needs_fresh`, the client opens a connection for each
    /// request. A client that the caller gave is the only one.
    pub(super) fn client(&self, needs_fresh: bool) -> reqwest::Client {
        if needs_fresh {
            let build = || {
                let configure = self.configure.as_ref()?;
                build_client(configure().pool_max_idle_per_host(0)).ok()
            };
            if let Some(unpooled) = self.unpooled.get_or_init(build) {
                return unpooled.clone();
            }
        }
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the client by one without connections. The idle connections of the old client are
    /// closed, and its running requests continue.
    pub(super) fn drop_idle_connections(&self) {
        let Some(configure) = &self.configure else { return };
        // These settings have built a client before, so an error is rare: a file of certificates
        // may have disappeared. The present client stays.
        if let Ok(fresh) = build_client(configure()) {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

fn build_client(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, reqwest::Error> {
    builder
        .redirect(reqwest::redirect::Policy::none())
        // With a maximum of zero, reqwest does not copy each request.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .connection_verbose(false)
        .build()
}
