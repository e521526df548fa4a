//! Refuses new calls at shutdown and waits for the calls in flight.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;

use crate::time_limit::limited;
use crate::transport::Transport;

/// Admits calls until it is closed, and counts the calls in flight.
pub(crate) struct CallGate {
    /// `None` after the gate is closed. Each call in flight has a separate handle to the
    /// connections, so they are closed when the last of these calls ends.
    connections: RwLock<Option<Connections>>,
    in_flight: AtomicUsize,
    left: Notify,
    /// Wakes calls that wait when the gate closes.
    closed: Notify,
}

pub(super) enum Connections {
    Own(Arc<dyn Transport>),
    /// The connections of another client. They work until that client is closed.
    Shared(Arc<CallGate>),
}

impl CallGate {
    pub(super) fn new(connections: Connections) -> Self {
        Self {
            connections: RwLock::new(Some(connections)),
            in_flight: AtomicUsize::new(0),
            left: Notify::new(),
            closed: Notify::new(),
        }
    }

    /// Admits a call, or returns `None` if the gate is closed.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<CallGuard> {
        // The call is counted under the lock that `close` takes, so that no call enters uncounted
        // while the gate closes.
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        let (transport, outer) = match connections.as_ref()? {
            Connections::Own(transport) => (Arc::clone(transport), None),
            Connections::Shared(gate) => {
                let outer = gate.enter()?;
                (Arc::clone(outer.transport.as_ref()?), Some(Box::new(outer)))
            }
        };
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        Some(CallGuard { gate: Arc::clone(self), transport: Some(transport), outer })
    }

    /// Returns the transport, or `None` if the gate is closed.
    pub(super) fn transport(&self) -> Option<Arc<dyn Transport>> {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        match connections.as_ref()? {
            Connections::Own(transport) => Some(Arc::clone(transport)),
            Connections::Shared(gate) => gate.transport(),
        }
    }

    pub(crate) fn close(&self) {
        let connections = self.connections.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(connections);
        self.closed.notify_waiters();
    }

    pub(crate) fn is_closed(&self) -> bool {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        match connections.as_ref() {
            None => true,
            Some(Connections::Own(_)) => false,
            Some(Connections::Shared(gate)) => gate.is_closed(),
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Waits until no call is in flight, but at most for the time `most`. Returns the number of
    /// calls that are still in flight.
    pub(super) async fn drained(&self, most: Duration) -> usize {
        let all_left = async {
            loop {
                let left = self.left.notified();
                tokio::pin!(left);
                // The waiter is registered before the count is read, so that it cannot miss the
                // notification of the last call.
                left.as_mut().enable();
                if self.in_flight() == 0 {
                    return;
                }
                left.await;
            }
        };
        // The count decides, even if the wait timed out or the runtime has no timers.
        let _ = limited(most, all_left).await;
        self.in_flight()
    }
}

/// Counts a call as in flight until the guard is dropped.
pub(crate) struct CallGuard {
    gate: Arc<CallGate>,
    transport: Option<Arc<dyn Transport>>,
    /// If this client uses the connections of another client, the guard of this call in that
    /// client.
    outer: Option<Box<CallGuard>>,
}

impl CallGuard {
    pub(crate) fn transport(&self) -> Option<&dyn Transport> {
        self.transport.as_deref()
    }

    // R16
    /// Completes when the client is closed, or the client whose connections it uses.
    pub(crate) fn closed(&self) -> ClientClosed<'_> {
        Box::pin(async move {
            let mut own = pin!(self.gate.closed.notified());
            // Registered before the state is read, so that it cannot miss the closing.
            own.as_mut().enable();
            if self.gate.is_closed() {
                return;
            }
            let Some(outer) = &self.outer else {
                return own.await;
            };
            let mut outer = outer.closed();
            poll_fn(|cx| match own.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => outer.as_mut().poll(cx),
            })
            .await;
        })
    }
}

/// The future of [`CallGuard::closed`].
pub(crate) type ClientClosed<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl Drop for CallGuard {
    fn drop(&mut self) {
        // The transport is dropped before the waiters are notified, so that this call holds no
        // connection when they continue.
        self.transport = None;
        self.outer = None;
        if self.gate.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.gate.left.notify_waiters();
        }
    }
}

/// The error of a shutdown that ended before all calls had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StillRunning {
    pub(crate) calls: usize,
}

impl StillRunning {
    /// Returns the number of calls in flight.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls
    }
}

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.calls {
            1 => f.write_str("1 call is still running"),
            calls => write!(f, "{calls} calls are still running"),
        }
    }
}

impl std::error::Error for StillRunning {}
