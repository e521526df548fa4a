//! The `reqwest::Client` of a transport, its replacement by a client without connections, and a
//! second client for requests that need a fresh connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{OnceLock, PoisonError, RwLock};

use super::served_connections::{ForgetOpened, ServedConnections};

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
        let served = ServedConnections::default();
        let client = build_client(configure(), &served)?;
        Ok(Self::of(client, Some(configure), served))
    }

    pub(super) fn given(client: reqwest::Client) -> Self {
        Self::of(client, None, ServedConnections::default())
    }

    fn of(
        client: reqwest::Client,
        configure: Option<Box<Configure>>,
        served: ServedConnections,
    ) -> Self {
        Self { current: RwLock::new(client), configure, unpooled: OnceLock::new(), served }
    }

    /// Returns whether the transport built the client.
    pub(super) fn is_own(&self) -> bool {
        self.configure.is_some()
    }

    /// Returns the client for a request. With `needs_fresh`, the client opens a connection for each
    /// request. A client that the caller gave is the only one.
    pub(super) fn client(&self, needs_fresh: bool) -> reqwest::Client {
        if needs_fresh {
            let build = || self.rebuild(|builder| builder.pool_max_idle_per_host(0));
            if let Some(unpooled) = self.unpooled.get_or_init(build) {
                return unpooled.clone();
            }
        }
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the client by one without connections. The idle connections of the old client are
    /// closed, and its running requests continue.
    pub(super) fn drop_idle_connections(&self) {
        if let Some(fresh) = self.rebuild(|builder| builder) {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }

    /// Builds another client with the same settings. These have built a client before, so an error
    /// or a panic is rare: a file of certificates may have disappeared. It must not fail a call, so
    /// the present client stays.
    fn rebuild(
        &self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Option<reqwest::Client> {
        let configure = self.configure.as_ref()?;
        let build = || build_client(change(configure()), &self.served).ok();
        catch_unwind(AssertUnwindSafe(build)).ok().flatten()
    }
}

fn build_client(
    builder: reqwest::ClientBuilder,
    served: &ServedConnections,
) -> Result<reqwest::Client, reqwest::Error> {
    builder
        .redirect(reqwest::redirect::Policy::none())
        // With a maximum of zero, reqwest does not copy each request.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .connection_verbose(false)
        .connector_layer(ForgetOpened(served.clone()))
        .build()
}
