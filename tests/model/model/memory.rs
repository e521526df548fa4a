//! Rules B4 and B5 of the model: stores all calls since the state began, and finds the calls in a
//! window.

use resilient::breaker::{TransitionReason, Window};

use super::{Model, Nanos, Wrong, opening::nanos};
use crate::settings::Holding;
use crate::view::Remembered;

/// A recorded success or failure.
#[derive(Debug, Clone, Copy)]
struct Call {
    at: Nanos,
    failed: bool,
    slow: bool,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// For a window of time: the beginning of bucket 0.
    origin: Nanos,
    /// The latest time at which a call was recorded. If the clock goes back, windows continue to
    /// use this time.
    latest: Nanos,
    calls: Vec<Call>,
    streak: u32,
    /// When the first failure of the streak ended, or `None` if no failure of the streak has read
    /// the clock. A failure reads the clock only if `failure_span` is set.
    streak_began: Option<Nanos>,
    /// Whether the last call was a failure, and the streak is long enough to open the circuit.
    streak_opens: bool,
}

impl Memory {
    pub(super) fn beginning(origin: Nanos) -> Self {
        Self { origin, latest: origin, ..Self::default() }
    }

    pub(super) fn count(&mut self, now: Nanos, failed: bool, slow: bool, holding: &Holding) {
        self.count_in_streak(now, failed, holding);
        let at = self.time(now);
        self.latest = at;
        self.calls.push(Call { at, failed, slow });
    }

    /// B4: counts a call in the streak. Uses `now` only if `failure_span` is set, because otherwise
    /// the breaker does not read the clock.
    fn count_in_streak(&mut self, now: Nanos, failed: bool, holding: &Holding) {
        let span = nanos(holding.failure_span);
        let threshold = holding.failure_threshold.filter(|_| failed);
        if failed {
            self.streak += 1;
            if threshold.is_some() && span > 0 {
                self.streak_began = Some(self.streak_began.map_or(now, |began| began.min(now)));
            }
        } else {
            (self.streak, self.streak_began) = (0, None);
        }
        let lasts = self.streak_began.map_or(0, |began| (now - began).max(0));
        self.streak_opens =
            threshold.is_some_and(|threshold| self.streak >= threshold) && lasts >= span;
    }

    pub(super) fn span_ends_in(&self, now: Nanos, holding: &Holding) -> Option<Nanos> {
        Some((self.streak_began? + nanos(holding.failure_span) - now).max(0))
    }

    /// B16: if the clock was set back by more than the window, forgets all calls. The model does
    /// this before it counts a failure or a slow call.
    pub(super) fn follow_clock(&mut self, now: Nanos, holding: &Holding) {
        if self.is_set_back(now, holding) {
            (self.origin, self.latest) = (now, now);
            self.calls.clear();
        }
    }

    /// Returns whether the clock was set back by more than the length of the window.
    fn is_set_back(&self, now: Nanos, holding: &Holding) -> bool {
        let Some(Window::Time(window)) = holding.window else {
            return false;
        };
        let (window, buckets) = (nanos(window), holding.window_buckets);
        let newest = self.bucket(self.latest, window, buckets);
        self.last_of_bucket(newest - 1, window, buckets) + 1 - now > window
    }

    fn time(&self, now: Nanos) -> Nanos {
        self.latest.max(now)
    }

    fn bucket(&self, at: Nanos, window: Nanos, buckets: u32) -> Nanos {
        (at - self.origin).max(0) * Nanos::from(buckets) / window
    }

    /// Returns the time until the present bucket ends, or `None` if the breaker has no window of
    /// time.
    pub(super) fn bucket_ends_in(&self, now: Nanos, holding: &Holding) -> Option<Nanos> {
        let Some(Window::Time(window)) = holding.window else {
            return None;
        };
        let present = self.bucket(self.time(now), nanos(window), holding.window_buckets);
        let last = self.last_of_bucket(present, nanos(window), holding.window_buckets);
        Some(last + 1 - now)
    }

    /// Returns the last nanosecond of the bucket.
    fn last_of_bucket(&self, bucket: Nanos, window: Nanos, buckets: u32) -> Nanos {
        let buckets = Nanos::from(buckets);
        let next_begins = ((bucket + 1) * window + buckets - 1) / buckets;
        self.origin + next_begins - 1
    }

    /// Returns the calls in the window. If it is a window of time, also returns the calls in `more`
    /// older buckets.
    fn in_window(&self, now: Nanos, holding: &Holding, more: Nanos) -> Vec<Call> {
        match holding.window {
            None => Vec::new(),
            Some(Window::Calls(calls)) => {
                let calls = usize::try_from(calls).unwrap();
                let newest = self.calls.len().saturating_sub(calls);
                self.calls[newest..].to_vec()
            }
            Some(Window::Time(window)) => {
                let (window, buckets) = (nanos(window), holding.window_buckets);
                let first = self.first_bucket(now, window, buckets) - more;
                let mut calls = self.calls.clone();
                calls.retain(|call| first <= self.bucket(call.at, window, buckets));
                calls
            }
            Some(other) => unreachable!("no settings have {other:?}"),
        }
    }

    /// G2: replaces the window. If the new window is of the same kind, it takes the calls of the
    /// old window. A call in a window of time is moved to the end of its old bucket.
    pub(super) fn carry_over(&mut self, now: Nanos, old: &Holding, new: &Holding) {
        if (old.window, old.window_buckets) == (new.window, new.window_buckets) {
            return;
        }
        let shown = self.in_window(now, old, 0);
        match (old.window, new.window) {
            (Some(Window::Calls(_)), Some(Window::Calls(_))) => self.calls = shown,
            (Some(Window::Time(window)), Some(Window::Time(_))) => {
                let (window, buckets) = (nanos(window), old.window_buckets);
                let late = |at| {
                    let bucket = self.bucket(at, window, buckets);
                    self.last_of_bucket(bucket, window, buckets).min(now)
                };
                let is_shown = self.first_bucket(now, window, buckets)
                    <= self.bucket(self.latest, window, buckets);
                let latest = if is_shown { late(self.latest) } else { self.origin };
                let calls = shown.iter().map(|call| Call { at: late(call.at), ..*call });
                (self.calls, self.latest) = (calls.collect(), latest);
            }
            _ => {
                let (streak, streak_began) = (self.streak, self.streak_began);
                *self = Self { streak, streak_began, ..Self::beginning(now) };
            }
        }
    }

    fn first_bucket(&self, now: Nanos, window: Nanos, buckets: u32) -> Nanos {
        self.bucket(self.time(now), window, buckets) - Nanos::from(buckets) + 1
    }
}

impl Model {
    pub(super) fn remembered(&self) -> Remembered {
        let more = Nanos::from(self.is(Wrong::OneBucketMore));
        let calls = self.memory.in_window(self.clock, &self.holding, more);
        let count = |is_counted: fn(&Call) -> bool| {
            u64::try_from(calls.iter().filter(|call| is_counted(call)).count()).unwrap()
        };
        Remembered {
            calls: count(|_| true),
            failures: count(|call| call.failed),
            slow: count(|call| call.slow),
            overdue: self.overdue_calls(),
            streak: self.memory.streak,
        }
    }

    /// Returns the first condition that holds, or `None`.
    pub(super) fn condition(&self) -> Option<TransitionReason> {
        let Remembered { calls, failures, streak, .. } = self.remembered();
        let holding = &self.holding;
        let is_long = holding.failure_threshold.is_some_and(|most| streak >= most);
        if self.memory.streak_opens || is_long && self.is(Wrong::SpanIsIgnored) {
            Some(TransitionReason::FailureThreshold)
        } else if holding.failure_count.is_some_and(|count| failures >= u64::from(count)) {
            Some(TransitionReason::FailureCount)
        } else if self.reaches(failures, calls, holding.failure_rate) {
            Some(TransitionReason::FailureRate)
        } else {
            self.slow_condition()
        }
    }

    /// B19: returns the condition on slow calls if it holds. Overdue calls count as slow.
    pub(super) fn slow_condition(&self) -> Option<TransitionReason> {
        let Remembered { calls, slow, overdue, .. } = self.remembered();
        let is_met = self.reaches(slow + overdue, calls + overdue, self.holding.slow_call_rate);
        is_met.then_some(TransitionReason::SlowCallRate)
    }

    fn reaches(&self, share: u64, calls: u64, rate: Option<f64>) -> bool {
        let is_trusted = calls >= u64::from(self.holding.min_calls);
        let share = share as f64 / calls as f64;
        is_trusted
            && rate.is_some_and(|rate| {
                if self.is(Wrong::RateIsExclusive) { share > rate } else { share >= rate }
            })
    }
}
