//! The end of a client: no new calls, and the wait for those that run.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;

use crate::time_limit::limited;
use crate::transport::Transport;

/// Lets calls in until it is closed, and counts those in_flight.
pub(crate) struct CallGate {
    /// Gone once it is closed. Whoever is in_flight has its own handle, and the last one to leave closes the connections.
    connections: RwLock<Option<Connections>>,
    in_flight: AtomicUsize,
    left: Notify,
}

/// How calls get out.
pub(crate) enum Connections {
    Own(Arc<dyn Transport>),
    /// Over the connections of another client, as long as that one is open.
    Shared(Arc<CallGate>),
}

impl CallGate {
    pub(crate) fn new(connections: Connections) -> Self {
        Self {
            connections: RwLock::new(Some(connections)),
            in_flight: AtomicUsize::new(0),
            left: Notify::new(),
        }
    }

    /// Lets a call in; `None` if the gate is closed.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<CallGuard> {
        // Counted under the lock that `close` takes, so that nobody is in_flight uncounted once it is closed.
        let connections = self
            .connections
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let (transport, outer) = match connections.as_ref()? {
            Connections::Own(transport) => (Arc::clone(transport), None),
            Connections::Shared(gate) => {
                let outer = gate.enter()?;
                (Arc::clone(outer.transport.as_ref()?), Some(Box::new(outer)))
            }
        };
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        Some(CallGuard {
            gate: Arc::clone(self),
            transport: Some(transport),
            outer,
        })
    }

    pub(crate) fn close(&self) {
        let connections = self
            .connections
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(connections);
    }

    pub(crate) fn is_closed(&self) -> bool {
        let connections = self
            .connections
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        match connections.as_ref() {
            None => true,
            Some(Connections::Own(_)) => false,
            Some(Connections::Shared(gate)) => gate.is_closed(),
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Waits until all have left, or the time is up: how many are still in_flight.
    pub(crate) async fn drained(&self, most: Duration) -> usize {
        let all_left = async {
            loop {
                let left = self.left.notified();
                tokio::pin!(left);
                // Registered before the count is read: who leaves after that is heard.
                left.as_mut().enable();
                if self.in_flight() == 0 {
                    return;
                }
                left.await;
            }
        };
        // The count is what tells, also if the last one left as the time was up, or where there are no timers to wait by.
        let _ = limited(most, all_left).await;
        self.in_flight()
    }
}

/// A call that is in_flight. Dropped at its end, however it ends.
pub(crate) struct CallGuard {
    gate: Arc<CallGate>,
    transport: Option<Arc<dyn Transport>>,
    /// With the client whose connections these are.
    outer: Option<Box<CallGuard>>,
}

impl CallGuard {
    pub(crate) fn transport(&self) -> Option<&dyn Transport> {
        self.transport.as_deref()
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        // First the transport, so that nobody waits for calls whose connections are still there.
        self.transport = None;
        self.outer = None;
        if self.gate.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.gate.left.notify_waiters();
        }
    }
}

/// Calls that were still running when the time to wait for them was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StillRunning {
    pub(crate) calls: usize,
}

impl StillRunning {
    /// How many.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls
    }
}

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls are still running", self.calls)
    }
}

impl std::error::Error for StillRunning {}
