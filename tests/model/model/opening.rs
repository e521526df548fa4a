//! Rules B7, B8 and B9 of the model: they determine the open time.

use std::time::Duration;

use resilient::breaker::{CircuitState, TransitionReason};

use super::{Model, Nanos, Wrong};

#[derive(Debug, Default)]
pub(super) struct Opening {
    /// The end of the open time, or `None` if the circuit stays open until it is closed by hand.
    pub(super) end: Option<Nanos>,
    pub(super) hint: Option<Duration>,
    /// If true, the end was set by hand, and a change of settings does not move it.
    pub(super) by_hand: bool,
}

impl Model {
    /// B8, B9: opens the circuit for the base time. If the hint is longer, opens it for the hint.
    pub(super) fn open(&mut self, reason: TransitionReason, hint: Option<Duration>) {
        if self.state == CircuitState::HalfOpen {
            self.reopenings += 1;
        }
        let open_for = self.open_time(hint);
        self.open_until(reason, open_for);
        self.opening.hint = hint;
    }

    pub(super) fn open_until(&mut self, reason: TransitionReason, open_for: Duration) {
        let end = later(self.clock, open_for);
        self.enter(CircuitState::Open, reason, end.map(|_| open_for));
        self.opening = Opening { end, ..Opening::default() };
    }

    /// Moves the end of the present open time, and corrects the open time in the history.
    pub(super) fn move_end(&mut self, end: Option<Nanos>) {
        self.opening.end = end;
        let open_for = end.map(|end| duration(end - self.began));
        self.record.correct_open_time(open_for);
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

    /// Returns min(`recovery_time` · `recovery_factor`ⁿ, `max_recovery_time`). The sequences use
    /// whole factors only.
    fn base(&self) -> Duration {
        let recovery_time = nanos(self.holding.recovery_time);
        let max = nanos(self.holding.max_recovery_time);
        let n = if self.is(Wrong::GrowthStartsLate) {
            self.reopenings.saturating_sub(1)
        } else {
            self.reopenings
        };
        let factor = (1..=10).find(|whole| f64::from(*whole) >= self.holding.recovery_factor);
        let base = Nanos::from(factor.expect("one of the states above"))
            .checked_pow(n)
            .and_then(|grown| grown.checked_mul(recovery_time));
        match base {
            Some(base) if base < max => duration(base),
            _ if recovery_time == 0 => Duration::ZERO,
            _ => self.holding.max_recovery_time,
        }
    }

    /// B7, B10: returns the time until a call may be admitted, or `None` if this time is unknown.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let left = match self.seen_state() {
            CircuitState::ForcedOpen => None,
            CircuitState::Open => self.opening.end.map(|end| end - self.now()),
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
