//! Rules B7, B8 and B9 of the model: the length of the open time.

use std::time::Duration;

use resilient::breaker::{CircuitState, TransitionReason};

use super::{Model, Nanos, Wrong};

/// The beginning and the end of the present state.
#[derive(Debug, Default)]
pub(super) struct Period {
    /// The time from which the length of the state counts.
    pub(super) began: Nanos,
    /// The end of the state, or `None` if only calls or an operator can end it.
    pub(super) end: Option<Nanos>,
    pub(super) hint: Option<Duration>,
    /// Whether an operator set the end. If so, a change of settings does not move the end.
    pub(super) by_hand: bool,
}

impl Model {
    /// B8, B9: opens the circuit for the base time, or for the hint if the hint is longer.
    pub(super) fn open(&mut self, reason: TransitionReason, hint: Option<Duration>) {
        if self.state == CircuitState::HalfOpen {
            self.reopenings += 1;
        }
        let open_for = self.open_time(hint);
        self.enter(CircuitState::Open, reason, Some(open_for));
        self.period.hint = hint;
    }

    /// B1: starts the time of the present state again, without a transition. The state ends after
    /// `length`, or never if `length` is `None`.
    pub(super) fn restart(&mut self, length: Option<Duration>) {
        self.spend();
        let period = &mut self.period;
        period.began = self.clock;
        (period.hint, period.by_hand) = (None, false);
        self.set_length(length);
    }

    /// Sets the length of the present state, and corrects the length in the history.
    pub(super) fn set_length(&mut self, lasts: Option<Duration>) {
        let period = &mut self.period;
        period.end = lasts.and_then(|lasts| later(period.began, lasts));
        let entered = self.record.entered();
        let lasts = period.end.map(|end| duration(end - entered.min(period.began)));
        self.record.correct_length(lasts);
    }

    /// B16: if the clock was set back before the beginning of the present state, makes the state
    /// begin now.
    pub(super) fn follow_clock(&mut self) {
        if self.is(Wrong::SetBackProlongs) {
            return;
        }
        let ahead = (self.period.began - self.clock).max(0);
        self.period.began -= ahead;
        self.period.end = self.period.end.map(|end| end - ahead);
        self.probes.follow_clock(self.clock);
    }

    /// Returns the time until the present state ends, or `None` if the state has no end or has
    /// ended.
    pub(super) fn ends_in(&self) -> Option<Nanos> {
        self.period.end.filter(|_| !self.is_over()).map(|end| end - self.now())
    }

    pub(super) fn open_time(&self, hint: Option<Duration>) -> Duration {
        let max = if self.is(Wrong::HintIsUnbounded) {
            Duration::MAX
        } else {
            self.holding.max_recovery_time
        };
        let base = self.base();
        hint.map_or(base, |hint| base.max(hint.min(max)))
    }

    /// Returns min(`recovery_time` · `recovery_factor`ⁿ, `max_recovery_time`), where n is the
    /// number of re-openings. The sequences use only whole factors.
    pub(super) fn base(&self) -> Duration {
        let recovery_time = nanos(self.holding.recovery_time);
        let max = nanos(self.holding.max_recovery_time);
        let n = if self.is(Wrong::GrowthStartsLate) {
            self.reopenings.saturating_sub(1)
        } else {
            self.reopenings
        };
        let factor = (1..=10).find(|whole| f64::from(*whole) >= self.holding.recovery_factor);
        let base = Nanos::from(factor.expect("the sequences use whole factors up to ten"))
            .checked_pow(n)
            .and_then(|grown| grown.checked_mul(recovery_time));
        match base {
            Some(base) if base < max => duration(base),
            _ if recovery_time == 0 => Duration::ZERO,
            _ => self.holding.max_recovery_time,
        }
    }

    /// B7, B10: returns the time until the breaker may admit a call, or `None` if this time is
    /// unknown.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let left = match self.seen_state() {
            CircuitState::ForcedOpen | CircuitState::Open => self.ends_in(),
            CircuitState::HalfOpen if self.state == CircuitState::HalfOpen => {
                self.probes.retry_after(self.clock, &self.holding)
            }
            _ => Some(0),
        };
        left.map(duration)
    }
}

pub(super) fn nanos(time: Duration) -> Nanos {
    Nanos::try_from(time.as_nanos()).unwrap()
}

pub(super) fn duration(nanos: Nanos) -> Duration {
    const SECOND: Nanos = 1_000_000_000;
    let nanos = nanos.max(0);
    Duration::new(u64::try_from(nanos / SECOND).unwrap(), u32::try_from(nanos % SECOND).unwrap())
}

/// Returns `start + time`, or `None` if the breaker's `Instant` cannot represent it.
pub(super) fn later(start: Nanos, time: Duration) -> Option<Nanos> {
    (time <= Duration::from_secs(1 << 62)).then(|| start + nanos(time))
}
