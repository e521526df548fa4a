//! One breaker, shared by any number of threads.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::{BreakerParts, GuardedState, Kind, Setup, StateWord, StripedCounters};
use crate::event::Listeners;
use crate::platform::{MutexGuard, const_fn};
use crate::signal::Name;
use crate::telemetry::CallSpan;

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

    /// Makes the span of a call through this breaker.
    #[inline]
    pub(in crate::breaker) fn span(&self) -> CallSpan {
        CallSpan::of_breaker(|| self.name())
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

    /// Locks for a change. The library's clocks are read under the lock, so the readings of
    /// successive changes never go back.
    pub(super) fn lock_now<'a>(
        &self,
        parts: &'a BreakerParts,
    ) -> (MutexGuard<'a, GuardedState>, Instant) {
        let guarded = if parts.clock.is_given() {
            self.lock_by_given_clock(parts)
        } else {
            let mut guarded = self.lock(parts);
            guarded.record_time(parts.clock.now());
            guarded
        };
        let now = guarded.latest;
        (guarded, now)
    }

    // B16: a reading that waited for the lock is no clock that was set back.
    /// Locks, and records the time. The user's clock is user code, so it is read before the lock is
    /// taken. Meanwhile another thread may record a later reading. A second reading tells this from
    /// a clock that was set back: it begins after that later reading has ended, so it is not
    /// earlier unless the clock was set back.
    #[inline(never)]
    fn lock_by_given_clock<'a>(&self, parts: &'a BreakerParts) -> MutexGuard<'a, GuardedState> {
        let now = parts.clock.now();
        let mut guarded = self.lock(parts);
        let recorded = guarded.latest;
        if now.is_none_or(|now| now >= recorded) {
            guarded.record_time(now);
            return guarded;
        }
        drop(guarded);
        let again = parts.clock.now();
        guarded = self.lock(parts);
        let is_set_back = again.is_some_and(|again| again < recorded);
        if is_set_back || again.is_some_and(|again| again >= guarded.latest) {
            guarded.record_time(again);
        }
        guarded
    }
}
