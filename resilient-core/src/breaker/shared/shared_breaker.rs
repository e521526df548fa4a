//! One breaker, shared by any number of threads.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::{BreakerParts, GuardedState, Kind, Setup, StateWord, StripedCounters};
use crate::event::Listeners;
use crate::platform::{MutexGuard, const_fn};
use crate::signal::Name;

/// One breaker. It can be constructed in a `const` context, as the static of an annotated function.
/// Its parts are set when that function is first called.
#[derive(Debug)]
pub(crate) struct SharedBreaker {
    pub(super) word: StateWord,
    /// Calls that were counted without the lock.
    pub(super) counters: StripedCounters,
    parts: OnceLock<BreakerParts>,
}

impl SharedBreaker {
    const_fn! {
        /// Makes a breaker without name and settings, which admits no call.
        pub(crate) fn unregistered() -> Self {
            Self {
                word: StateWord::unregistered(),
                counters: StripedCounters::new(),
                parts: OnceLock::new(),
            }
        }
    }

    pub(crate) fn new(setup: Setup) -> Self {
        let breaker = Self::unregistered();
        breaker.set_up(setup);
        breaker
    }

    /// Names and configures an unregistered breaker. Does nothing if the breaker was set up before.
    pub(crate) fn set_up(&self, setup: Setup) {
        if self.parts.set(BreakerParts::new(setup)).is_ok() {
            let parts = self.parts();
            self.publish(parts, &mut parts.lock());
        }
    }

    pub(crate) fn set_alias(&self) {
        self.word.set_alias();
    }

    /// Returns whether the breaker was set up. A call site that is an alias, or was never called,
    /// is not set up.
    pub(crate) fn is_set_up(&self) -> bool {
        matches!(self.word.read().kind(), Kind::In(_))
    }

    pub(crate) fn name(&self) -> &Name {
        &self.parts().name
    }

    pub(crate) fn listeners(&self) -> &Arc<Listeners> {
        self.parts().subscribers.own()
    }

    /// From now on, delivers this breaker's events to a registry's listeners as well.
    pub(crate) fn join(&self, registry: &Arc<Listeners>) {
        self.parts().subscribers.join(registry);
    }

    /// Stops the delivery of this breaker's events to a registry's listeners: see
    /// [`join`](Self::join).
    pub(crate) fn leave(&self, registry: &Arc<Listeners>) {
        self.parts().subscribers.leave(registry);
    }

    /// Returns the parts of a breaker that was set up. This function is never called for an alias
    /// or an unregistered breaker.
    pub(super) fn parts(&self) -> &BreakerParts {
        let parts = self.parts.get();
        parts.expect("a breaker is set up before it is used")
    }

    /// Locks, and hands all pending successes to the state machine.
    #[inline]
    pub(super) fn lock<'a>(&self, parts: &'a BreakerParts) -> MutexGuard<'a, GuardedState> {
        let mut guarded = parts.lock();
        guarded.collect_pending(&self.counters);
        guarded
    }

    /// Locks for a change. The clock is read before the lock is taken, because it may be the user's
    /// code.
    pub(super) fn lock_now<'a>(
        &self,
        parts: &'a BreakerParts,
    ) -> (MutexGuard<'a, GuardedState>, Instant) {
        let now = parts.clock.now();
        let mut guarded = self.lock(parts);
        guarded.record_time(now);
        let now = guarded.latest;
        (guarded, now)
    }
}
