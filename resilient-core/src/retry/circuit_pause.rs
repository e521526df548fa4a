//! The pause of a loop whose circuit is open. It ends early if the circuit closes.

use std::time::{Duration, Instant};

use crate::breaker::{AdmitsIn, CircuitBreaker, CircuitState, CircuitWait};
use crate::time::{begins_blocking, later};

/// How long a call may wait for its circuit.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitTimes {
    /// The shortest wait, before `spread` is added.
    pub(super) least: Duration,
    /// The random time that is added to the wait, so that waiting calls do not return together.
    pub(super) spread: Duration,
    /// The longest wait, spread included. The wait ends earlier if the circuit closes.
    pub(super) most: Duration,
    /// The state of the circuit before the wait.
    pub(super) state: CircuitState,
}

/// The pause before the next attempt, as the driver granted it.
#[derive(Debug, Default)]
pub(crate) struct GrantedPause {
    /// How long the loop pauses. After a wait for the circuit, this is how long the loop did pause.
    pub(crate) delay: Duration,
    /// Set if the pause is a wait for the circuit.
    pub(super) wait: Option<WaitTimes>,
}

/// A wait for a circuit that has begun. The caller reads the clock and sets the timer.
#[derive(Debug)]
pub(super) struct CircuitPause {
    pub(super) wait: CircuitWait,
    times: WaitTimes,
    began: Instant,
    /// When the call asks the breaker again. `None` means never.
    end: Option<Instant>,
}

impl CircuitPause {
    pub(super) fn begin(times: WaitTimes, breaker: &CircuitBreaker, now: Instant) -> Self {
        let (wait, admits_in) = CircuitWait::begin(breaker);
        let mut pause = Self { wait, times, began: now, end: later(now, times.most) };
        pause.learn(admits_in, now);
        pause
    }

    pub(super) fn end(&self) -> Option<Instant> {
        self.end
    }

    // R9
    /// Updates the end of the wait. `admits_in` is the time until the circuit may admit the call.
    /// The end never becomes later, because the wait must fit into the time limit of the call.
    pub(super) fn learn(&mut self, admits_in: AdmitsIn, now: Instant) {
        let Some(admits_in) = admits_in else { return };
        let least = later(self.began, self.times.least);
        let earliest = later(now, admits_in).zip(least).map(|(admits, least)| admits.max(least));
        let end = earliest.and_then(|earliest| later(earliest, self.times.spread));
        self.end = match (self.end, end) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
    }

    /// Ends the wait. The call then asks the breaker again. Returns how long the call waited.
    pub(super) fn finish(self, now: Instant) -> Duration {
        self.wait.end();
        now.saturating_duration_since(self.began)
    }
}

/// Blocks the thread for `delay`. If `granted` is a wait for the circuit of `breaker`, the thread
/// continues early if the circuit closes.
#[cold]
#[inline(never)]
pub(crate) fn block(
    granted: Option<&mut GrantedPause>,
    delay: Duration,
    breaker: Option<&CircuitBreaker>,
) {
    if !begins_blocking(delay) {
        return;
    }
    let wait = granted.and_then(|granted| Some((granted.wait?, &mut granted.delay)));
    let Some(((times, waited), breaker)) = wait.zip(breaker) else {
        return std::thread::sleep(delay);
    };
    // Reads the real clock, because the clock of a paused runtime would never reach the end.
    let mut pause = CircuitPause::begin(times, breaker, Instant::now());
    let mut end = pause.end();
    while let Some(admits_in) = pause.wait.block(end) {
        pause.learn(admits_in, Instant::now());
        end = pause.end();
    }
    *waited = pause.finish(Instant::now());
}
