//! Subscriptions: a task awaits events from a bounded queue.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Waker};

use super::queue::Waiting;
use super::{Event, ListenerId, Listeners};
use crate::platform::unpoisoned;

/// The events of a breaker or registry, in order.
/// [`CircuitBreaker::subscribe`](crate::breaker::CircuitBreaker::subscribe) or
/// [`Registry::subscribe`](crate::registry::Registry::subscribe) makes a subscription, which
/// receives events until it is dropped.
///
/// A subscription is bounded and never delays a call. If more events wait than the capacity allows,
/// the oldest events are lost and [counted](Subscription::lost). A subscription needs no async
/// runtime.
///
/// ```
/// use resilient_core::breaker::{CircuitBreaker, CircuitState};
/// use resilient_core::event::EventKind;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::default();
/// let mut events = breaker.subscribe(16);
/// breaker.force_open();
///
/// let event = events.next().await.unwrap();
/// let EventKind::Transition(step) = event.kind() else { panic!() };
/// assert_eq!(step.to, CircuitState::ForcedOpen);
/// # });
/// ```
pub struct Subscription {
    queue: Arc<Queue>,
    listeners: Weak<Listeners>,
    id: ListenerId,
}

struct Queue {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Waiting,
    /// Whether the breaker or registry is gone.
    closed: bool,
    waker: Option<Waker>,
}

impl Subscription {
    pub(crate) fn to(listeners: &Arc<Listeners>, capacity: usize) -> Self {
        let queue = Arc::new(Queue { capacity: capacity.max(1), state: Mutex::default() });
        let sender = Sender(Arc::clone(&queue));
        Self {
            queue,
            listeners: Arc::downgrade(listeners),
            id: listeners.add(move |event| sender.send(event)),
        }
    }

    /// Waits for the next event. Returns `None` once the breaker or registry is gone and all its
    /// events were read.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Returns the next event, or `None` if no event is waiting.
    pub fn try_next(&mut self) -> Option<Event> {
        self.queue.lock().waiting.events.pop_front()
    }

    /// Polls for the next event, for a future or stream that is written by hand: see
    /// [`Subscription::next`].
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        // Cloning and dropping a waker run user code, so the lock is not held meanwhile.
        let waker = context.waker().clone();
        let mut state = self.queue.lock();
        if let Some(event) = state.waiting.events.pop_front() {
            return Poll::Ready(Some(event));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        let old = state.waker.replace(waker);
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// Returns how many events were lost because they were not read in time.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.queue.lock().waiting.lost
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.upgrade() {
            listeners.remove(self.id);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.queue.lock();
        f.debug_struct("Subscription")
            .field("waiting", &state.waiting.events.len())
            .field("lost", &state.waiting.lost)
            .finish_non_exhaustive()
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }

    fn wake(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The end of the queue to which the listener writes. It is dropped with the listener.
struct Sender(Arc<Queue>);

impl Sender {
    fn send(&self, event: &Event) {
        self.0.wake(|state| {
            state.waiting.push(event.clone(), self.0.capacity);
        });
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.wake(|state| state.closed = true);
    }
}
