//! The end of a client: no new calls, and the wait for those that run.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use resilient::{TimedOut, timeout};
use tokio::sync::Notify;

use crate::transport::Transport;

/// Lets calls in until it is closed, and counts those inside.
pub(crate) struct Gate {
    /// Gone once it is closed. Whoever is inside has its own handle, and the last one to leave closes the connections.
    way: RwLock<Option<Way>>,
    inside: AtomicUsize,
    left: Notify,
}

/// How calls get out.
pub(crate) enum Way {
    Over(Arc<dyn Transport>),
    /// Over the connections of another client, as long as that one is open.
    Through(Arc<Gate>),
}

impl Gate {
    pub(crate) fn new(way: Way) -> Self {
        Self {
            way: RwLock::new(Some(way)),
            inside: AtomicUsize::new(0),
            left: Notify::new(),
        }
    }

    /// Lets a call in; `None` if the gate is closed.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Visit> {
        // Counted under the lock that `close` takes, so that nobody is inside uncounted once it is closed.
        let way = self.way.read().unwrap_or_else(PoisonError::into_inner);
        let (transport, outer) = match way.as_ref()? {
            Way::Over(transport) => (Arc::clone(transport), None),
            Way::Through(gate) => {
                let outer = gate.enter()?;
                (Arc::clone(outer.transport.as_ref()?), Some(Box::new(outer)))
            }
        };
        self.inside.fetch_add(1, Ordering::AcqRel);
        Some(Visit {
            gate: Arc::clone(self),
            transport: Some(transport),
            outer,
        })
    }

    pub(crate) fn close(&self) {
        let way = self
            .way
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(way);
    }

    pub(crate) fn is_closed(&self) -> bool {
        let way = self.way.read().unwrap_or_else(PoisonError::into_inner);
        match way.as_ref() {
            None => true,
            Some(Way::Over(_)) => false,
            Some(Way::Through(gate)) => gate.is_closed(),
        }
    }

    pub(crate) fn inside(&self) -> usize {
        self.inside.load(Ordering::Acquire)
    }

    /// Waits until all have left, or the time is up: how many are still inside.
    pub(crate) async fn drained(&self, most: Duration) -> usize {
        let all_left = async {
            loop {
                let left = self.left.notified();
                tokio::pin!(left);
                // Registered before the count is read: who leaves after that is heard.
                left.as_mut().enable();
                if self.inside() == 0 {
                    return;
                }
                left.await;
            }
        };
        // The count is what tells, also if the last one left as the time was up, or where there are no timers to wait by.
        let _ = limited(most, all_left).await;
        self.inside()
    }
}

/// Work that has so much time. Where there are no timers it is told so, rather than a panic.
#[timeout(most)]
pub(crate) async fn limited<F: Future>(most: Duration, work: F) -> Result<F::Output, TimedOut> {
    Ok(work.await)
}

/// A call that is inside. Dropped at its end, however it ends.
pub(crate) struct Visit {
    gate: Arc<Gate>,
    transport: Option<Arc<dyn Transport>>,
    /// With the client whose connections these are.
    outer: Option<Box<Visit>>,
}

impl Visit {
    pub(crate) fn transport(&self) -> Option<&dyn Transport> {
        self.transport.as_deref()
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        // First the transport, so that nobody waits for calls whose connections are still there.
        self.transport = None;
        self.outer = None;
        if self.gate.inside.fetch_sub(1, Ordering::AcqRel) == 1 {
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
