//! The state word: one atomic word that mirrors the state machine for the hot path.
//!
//! # Memory ordering
//!
//! The word is written only under the breaker's lock, with `Release`, and read with `Acquire`. A
//! reader decides by the value that it loaded. This value was current at the moment of the load, so
//! the admission or the success counts as having happened at that moment.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::breaker::machine::{GENERATION_STEP, SuccessHandling};
use crate::platform::{AtomicU64, const_fn};
use crate::signal::CircuitState;

/// The low bits of the word: the state of the breaker, or the reason why the call site holds no
/// breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The call site has not been called yet.
    Unregistered,
    /// Another call site registered the breaker of this call site.
    Alias,
    In(CircuitState),
}

/// State, generation, the handling of successes, and whether calls are timed, in one word.
///
/// The generation has 57 bits: at one transition per nanosecond, they last for four years.
#[derive(Debug)]
pub(super) struct StateWord(AtomicU64);

const KIND_BITS: u32 = 3;
const KIND_MASK: u64 = (1 << KIND_BITS) - 1;
/// See [`SuccessHandling`].
const PENDING: u64 = 1 << KIND_BITS;
const LOCKED: u64 = 2 << KIND_BITS;
const IN_BUCKET: u64 = 4 << KIND_BITS;
const SUCCESSES_MASK: u64 = 7 << KIND_BITS;
/// This bit is set if the breaker measures how long every call takes.
const TIMED: u64 = 1 << (KIND_BITS + 3);
const _: () = assert!(GENERATION_STEP == 1 << (KIND_BITS + 4), "the low bits are the kind's");
const GENERATION_MASK: u64 = !(GENERATION_STEP - 1);

/// Closed is zero, so that the word of a healthy breaker equals its generation.
const CLOSED: u64 = 0;
const UNREGISTERED: u64 = 1;
const ALIAS: u64 = 2;

const fn bits(successes: SuccessHandling) -> u64 {
    match successes {
        SuccessHandling::Clean => 0,
        SuccessHandling::Pending => PENDING,
        SuccessHandling::PendingInBucket => PENDING | IN_BUCKET,
        SuccessHandling::Locked => LOCKED,
    }
}

impl StateWord {
    const_fn! {
        pub(super) fn unregistered() -> Self {
            Self(AtomicU64::new(UNREGISTERED))
        }
    }

    pub(super) fn read(&self) -> Reading {
        Reading(self.0.load(Acquire))
    }

    /// Returns the generation if the circuit is closed and calls are not timed; otherwise returns
    /// `None`.
    #[inline]
    pub(super) fn closed(&self) -> Option<u64> {
        let word = self.0.load(Acquire);
        (word & (KIND_MASK | TIMED) == CLOSED).then_some(word & GENERATION_MASK)
    }

    /// Returns whether the circuit is still closed in this generation, calls are not timed, and a
    /// success would change only the count of successes.
    #[inline]
    pub(super) fn is_clean(&self, generation: u64) -> bool {
        let word = self.0.load(Acquire);
        word == CLOSED | generation
    }

    /// Changes only the handling of successes. Call this under the breaker's lock, in a state that
    /// counts successes.
    pub(super) fn set_successes(&self, successes: SuccessHandling) {
        let old = self.0.load(Relaxed);
        let is_counting = matches!(
            Reading(old).kind(),
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly)
        );
        let new = old & !SUCCESSES_MASK | bits(successes);
        if is_counting && new != old {
            self.0.store(new, Release);
        }
    }

    /// Publishes a state. Returns whether the generation is new. Call this under the breaker's
    /// lock.
    pub(super) fn set(&self, to: Published) -> bool {
        let kind = match to.state {
            CircuitState::Closed => CLOSED,
            CircuitState::Open => 3,
            CircuitState::HalfOpen => 4,
            CircuitState::ForcedOpen => 5,
            CircuitState::Disabled => 6,
            CircuitState::ObserveOnly => 7,
        };
        let successes = bits(to.successes);
        let timed = if to.is_timed { TIMED } else { 0 };
        let old = self.0.load(Relaxed);
        let new = kind | successes | timed | to.generation;
        if new != old {
            self.0.store(new, Release);
        }
        old & GENERATION_MASK != to.generation
    }

    pub(super) fn set_alias(&self) {
        self.0.store(ALIAS, Release);
    }
}

/// The values that the word publishes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Published {
    pub(super) state: CircuitState,
    pub(super) generation: u64,
    pub(super) successes: SuccessHandling,
    /// Whether the breaker counts calls and needs the duration of each call.
    pub(super) is_timed: bool,
}

/// The value of the word at one instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading(u64);

impl Reading {
    pub(super) fn kind(self) -> Kind {
        match self.0 & KIND_MASK {
            UNREGISTERED => Kind::Unregistered,
            ALIAS => Kind::Alias,
            CLOSED => Kind::In(CircuitState::Closed),
            3 => Kind::In(CircuitState::Open),
            4 => Kind::In(CircuitState::HalfOpen),
            5 => Kind::In(CircuitState::ForcedOpen),
            6 => Kind::In(CircuitState::Disabled),
            _ => Kind::In(CircuitState::ObserveOnly),
        }
    }

    pub(super) fn generation(self) -> u64 {
        self.0 & GENERATION_MASK
    }

    pub(super) fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    pub(super) fn is_closed_and_timed(self) -> bool {
        self.0 & (KIND_MASK | TIMED) == CLOSED | TIMED
    }

    /// Returns whether the circuit is still closed in this generation, and a success can be
    /// deferred without reading the clock.
    pub(super) fn is_pending(self, generation: u64) -> bool {
        self.0 == CLOSED | PENDING | generation
    }

    /// Returns whether the word and the time that a call took decide how a success of this
    /// generation is handled. There is no end of a bucket to compare with.
    pub(super) fn decides_timed(self, generation: u64) -> bool {
        self.0 & !(KIND_MASK | PENDING) == TIMED | generation
    }

    /// Returns whether the word, without the state machine, decides how a success of this
    /// generation is handled.
    pub(super) fn decides(self, generation: u64) -> bool {
        self.0 & (GENERATION_MASK | LOCKED) == generation
    }

    /// Returns whether the handling of a success depends on the time.
    pub(super) fn needs_time(self) -> bool {
        self.0 & (TIMED | IN_BUCKET) != 0
    }

    pub(super) fn successes(self) -> SuccessHandling {
        match self.0 & SUCCESSES_MASK {
            0 => SuccessHandling::Clean,
            LOCKED => SuccessHandling::Locked,
            PENDING => SuccessHandling::Pending,
            _ => SuccessHandling::PendingInBucket,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::machine::next_generation;

    const SEVENTH: u64 = 7 * GENERATION_STEP;
    const EIGHTH: u64 = 8 * GENERATION_STEP;

    fn say(word: &StateWord, state: CircuitState, generation: u64, is_clean: bool) {
        word.set(Published {
            state,
            generation,
            successes: if is_clean { SuccessHandling::Clean } else { SuccessHandling::Locked },
            is_timed: false,
        });
    }

    #[test]
    fn a_word_returns_what_was_stored() {
        let word = StateWord::unregistered();
        assert_eq!(word.read().kind(), Kind::Unregistered);
        assert_eq!(word.closed(), None);
        word.set_alias();
        assert_eq!(word.read().kind(), Kind::Alias);
        for state in [
            CircuitState::Closed,
            CircuitState::Open,
            CircuitState::HalfOpen,
            CircuitState::ForcedOpen,
            CircuitState::Disabled,
            CircuitState::ObserveOnly,
        ] {
            say(&word, state, SEVENTH, true);
            assert_eq!(word.read().kind(), Kind::In(state));
            assert_eq!(word.closed(), (state == CircuitState::Closed).then_some(SEVENTH));
            assert_eq!(word.is_clean(SEVENTH), state == CircuitState::Closed);
        }
    }

    #[test]
    fn a_streak_or_another_generation_is_not_clean() {
        let word = StateWord::unregistered();
        say(&word, CircuitState::Closed, SEVENTH, false);
        assert_eq!(word.closed(), Some(SEVENTH));
        assert!(!word.is_clean(SEVENTH));
        say(&word, CircuitState::Closed, EIGHTH, true);
        assert!(!word.is_clean(SEVENTH));
        assert!(word.is_clean(EIGHTH));
    }

    #[test]
    fn fm_d17_the_widest_generation_survives_the_word() {
        let widest = GENERATION_MASK;
        let word = StateWord::unregistered();
        say(&word, CircuitState::Closed, widest, true);
        assert_eq!(word.closed(), Some(widest));
        assert_eq!(next_generation(widest), 0);
    }
}
