//! The `reqwest::Client` of a transport, its replacement by a client without connections, and a
//! second client for requests that need a fresh connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::runtime::Handle;
use tokio::sync::{Notify, OnceCell};
use tokio::task::spawn_blocking;

use super::served_connections::ServedConnections;

type Configure = dyn Fn() -> reqwest::ClientBuilder + Send + Sync;

pub(super) struct ConnectionPool {
    current: RwLock<reqwest::Client>,
    /// `None` for a client that the caller gave.
    configure: Option<Box<Configure>>,
    /// A client that keeps no connections. It is built when a request needs it for the first time.
    unpooled: OnceCell<reqwest::Client>,
    /// Whether a thread builds the client that replaces `current`. Requests wait for it, because
    /// the connections of the present client may be dead.
    is_rebuilding: AtomicBool,
    rebuilt: Notify,
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
            unpooled: OnceCell::new(),
            is_rebuilding: AtomicBool::new(false),
            rebuilt: Notify::new(),
            served: ServedConnections::default(),
        }
    }

    /// Returns whether the transport built the client.
    pub(super) fn is_own(&self) -> bool {
        self.configure.is_some()
    }

    /// Returns the client for a request. With `needs_fresh`, the client opens a connection for each
    /// request. A client that the caller gave is the only one.
    pub(super) async fn client(self: &Arc<Self>, needs_fresh: bool) -> reqwest::Client {
        if needs_fresh && self.is_own() {
            if let Ok(unpooled) = self.unpooled.get_or_try_init(|| self.build_unpooled()).await {
                return unpooled.clone();
            }
        }
        if self.is_rebuilding.load(Ordering::Acquire) {
            self.wait_for_rebuild().await;
        }
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn wait_for_rebuild(&self) {
        let rebuilt = self.rebuilt.notified();
        tokio::pin!(rebuilt);
        // The waiter is registered before the flag is read, so that it cannot miss the end.
        rebuilt.as_mut().enable();
        if self.is_rebuilding.load(Ordering::Acquire) {
            rebuilt.await;
        }
    }

    fn end_rebuild(&self, fresh: Result<reqwest::Client, RebuildFailed>) {
        if let Ok(fresh) = fresh {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            self.served.clear();
        }
        self.is_rebuilding.store(false, Ordering::Release);
        self.rebuilt.notify_waiters();
    }

    // The certificates of the platform take up to 300 ms to load, so no client is built on a thread
    // of the runtime.
    async fn build_unpooled(self: &Arc<Self>) -> Result<reqwest::Client, RebuildFailed> {
        let pool = Arc::clone(self);
        let build = move || pool.rebuild(|builder| builder.pool_max_idle_per_host(0));
        spawn_blocking(build).await.unwrap_or(Err(RebuildFailed))
    }

    /// Replaces the client by one without connections, on another thread. The idle connections of
    /// the old client are closed, and its running requests continue. New requests wait.
    pub(super) fn drop_idle_connections(self: &Arc<Self>) {
        if !self.is_own() || self.is_rebuilding.swap(true, Ordering::AcqRel) {
            return;
        }
        let (pool, runtime) = (Arc::clone(self), Handle::try_current());
        let rebuild = move || {
            // The caller's configuration may need the runtime.
            let _entered = runtime.as_ref().map(Handle::enter);
            pool.end_rebuild(pool.rebuild(|builder| builder));
        };
        let thread = std::thread::Builder::new().name("resilient-http rebuild".to_owned());
        if thread.spawn(rebuild).is_err() {
            // Without a thread, the present client stays until the circuit opens again.
            self.end_rebuild(Err(RebuildFailed));
        }
    }

    /// Builds another client with the same settings. These have built a client before, so an error
    /// or a panic is rare: a file of certificates may have disappeared. It must not fail a call, so
    /// the present client stays.
    fn rebuild(
        &self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<reqwest::Client, RebuildFailed> {
        let configure = self.configure.as_ref().ok_or(RebuildFailed)?;
        let build = || build_client(change(configure())).map_err(|_| RebuildFailed);
        catch_unwind(AssertUnwindSafe(build)).unwrap_or(Err(RebuildFailed))
    }
}

/// Another client cannot be built, or the caller gave the client.
struct RebuildFailed;

fn build_client(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, reqwest::Error> {
    builder
        .redirect(reqwest::redirect::Policy::none())
        // With a maximum of zero, reqwest does not copy each request.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .connection_verbose(false)
        .build()
}
