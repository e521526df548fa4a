//! What all calls under one name share: counts, the last failures, and an operator's override.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;

use super::counts::RetryCounts;
use super::failure::RetryFailure;
use super::overlay::RetryOverlay;
use super::start_flag::StartFlag;
use crate::platform::{AtomicU64, Mutex, MutexGuard, unpoisoned};
use crate::signal::{FailureLog, Name, StopReason};
#[cfg(feature = "metrics")]
use crate::telemetry::{ResultCounts, RetryTotals};

/// What all calls under one name share.
///
/// A call that succeeds at its first attempt reads at most the [`StartFlag`] of its code. After a
/// failure, a call takes the lock once for each attempt.
pub(crate) struct RetryRecord {
    name: Name,
    /// 1 while an override is set, so that calls without one take no lock to ask for it.
    is_overridden: AtomicU64,
    live: Mutex<Live>,
    #[cfg(feature = "metrics")]
    results: ResultCounts,
}

#[derive(Debug, Default)]
struct Live {
    counts: RetryCounts,
    last_failures: FailureLog<RetryFailure>,
    overlay: Option<Arc<RetryOverlay>>,
    /// Whether a contradiction between the override and a call's settings was reported.
    has_reported: bool,
    /// The flags of functions, which say whether the override concerns the start of a call.
    flags: Vec<&'static StartFlag>,
}

/// How a call ended that did not succeed at its first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallEnd {
    /// The call succeeded after a failed attempt.
    Recovered,
    /// The call succeeded at its first attempt, after a wait for its circuit or at its gate.
    Waited,
    GaveUp(StopReason),
    Cancelled,
    Panicked,
}

impl RetryRecord {
    pub(crate) fn new(name: Name) -> Self {
        Self {
            name,
            is_overridden: AtomicU64::new(0),
            live: Mutex::default(),
            #[cfg(feature = "metrics")]
            results: ResultCounts::new(),
        }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    // R15: an override reaches a call at its next failure.
    /// Returns the override, if there is one.
    pub(crate) fn overlay(&self) -> Option<Arc<RetryOverlay>> {
        let is_overridden = self.is_overridden.load(Acquire) != 0;
        if is_overridden { self.live().overlay.clone() } else { None }
    }

    /// Sets or clears the override. Returns whether anything changed.
    pub(crate) fn reconfigure(&self, overlay: Option<&RetryOverlay>) -> bool {
        let mut live = self.live();
        if live.overlay.as_deref() == overlay {
            return false;
        }
        self.is_overridden.store(overlay.is_some().into(), Release);
        let showed_texts = live.remembers_errors();
        live.overlay = overlay.map(|overlay| Arc::new(overlay.clone()));
        live.forget_texts(showed_texts);
        live.has_reported = false;
        let is_watched = live.concerns_start();
        for flag in &live.flags {
            flag.set(is_watched);
        }
        true
    }

    /// Adds the flag of a function, which says from now on whether the override concerns the start
    /// of a call. The lock orders this against a change of the override, so that no flag misses a
    /// change. If the code limits the time of its calls (`is_timed`), each of them looks anyway.
    pub(super) fn attach(&self, flag: &'static StartFlag, is_timed: bool) {
        let mut live = self.live();
        if is_timed {
            return flag.set(true);
        }
        live.flags.push(flag);
        flag.set(live.concerns_start());
    }

    /// Returns whether a contradiction between the override and the code is to be reported: the
    /// first one since the override was set.
    pub(crate) fn reports_contradiction(&self) -> bool {
        !std::mem::replace(&mut self.live().has_reported, true)
    }

    /// Records what happened in a call. The lock is taken once.
    pub(crate) fn update(&self, change: impl FnOnce(&mut RetryUpdate<'_>)) {
        change(&mut RetryUpdate(&mut self.live()));
    }

    pub(super) fn counts(&self) -> (RetryCounts, Vec<RetryFailure>) {
        let live = self.live();
        (live.counts, live.last_failures.iter().collect())
    }

    /// Returns the last failure.
    pub(crate) fn last_failure(&self) -> Option<RetryFailure> {
        self.live().last_failures.last()
    }

    /// Returns the counts of the calls by their results.
    #[cfg(feature = "metrics")]
    pub(super) fn results(&self) -> &ResultCounts {
        &self.results
    }

    /// Returns how many calls succeeded without a failure and without a wait for a circuit.
    #[cfg(feature = "metrics")]
    pub(super) fn first_tries(&self, counts: &RetryCounts) -> u64 {
        self.results.totals().successes().saturating_sub(counts.waited)
    }

    /// Returns what is recorded as metrics.
    #[cfg(feature = "metrics")]
    pub(crate) fn totals(&self) -> RetryTotals {
        // The results are read first: each of them is counted after its attempts.
        let results = self.results.totals();
        let counts = self.live().counts;
        RetryTotals {
            results,
            later_attempts: counts.attempts,
            retries: counts.retries,
            waits: counts.waits,
            waiting_time: counts.waiting_time,
        }
    }

    // No user code runs under this lock.
    fn live(&self) -> MutexGuard<'_, Live> {
        unpoisoned(self.live.lock())
    }
}

impl Live {
    /// Returns what the override says about texts of errors.
    fn remembers_errors(&self) -> Option<bool> {
        self.overlay.as_ref().and_then(|overlay| overlay.settings.remember_errors)
    }

    // B20
    /// Removes the texts that no longer may be shown: all of them if the override says so, and also
    /// if the override before allowed texts (`before`), because the code may forbid them.
    fn forget_texts(&mut self, before: Option<bool>) {
        let now = self.remembers_errors();
        if now == Some(false) || (now.is_none() && before == Some(true)) {
            for failure in self.last_failures.iter_mut() {
                failure.text = None;
            }
        }
    }

    fn concerns_start(&self) -> bool {
        self.overlay.as_ref().is_some_and(|overlay| overlay.concerns_start())
    }
}

/// Access to the counts while they are locked.
pub(crate) struct RetryUpdate<'a>(&'a mut Live);

fn count(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl RetryUpdate<'_> {
    /// Counts an attempt that ran and did not succeed, and remembers it if it is a failure.
    pub(crate) fn failed(&mut self, failure: Option<RetryFailure>) {
        count(&mut self.0.counts.attempts);
        if let Some(mut failure) = failure {
            // The override may have switched the texts off since the call has read it.
            if self.0.remembers_errors() == Some(false) {
                failure.text = None;
            }
            self.0.last_failures.push(failure);
        }
    }

    /// Counts a pause that was granted: before a retry, which may be the first of its call, or for
    /// the circuit, or both.
    pub(crate) fn granted(&mut self, is_retry: bool, is_first: bool, is_wait: bool) {
        let counts = &mut self.0.counts;
        let granted = [
            (is_retry, &mut counts.retries),
            (is_retry && is_first, &mut counts.retried),
            (is_wait, &mut counts.waits),
        ];
        granted.into_iter().filter(|(is, _)| *is).for_each(|(_, each)| count(each));
    }

    /// Adds the time of pauses that are over.
    pub(crate) fn paused(&mut self, time: Duration) {
        let sum = &mut self.0.counts.waiting_time;
        *sum = sum.saturating_add(time);
    }

    pub(crate) fn ended(&mut self, end: CallEnd) {
        let counts = &mut self.0.counts;
        match end {
            CallEnd::Recovered => {
                count(&mut counts.attempts);
                count(&mut counts.recovered);
            }
            CallEnd::Waited => count(&mut counts.waited),
            CallEnd::GaveUp(reason) => counts.give_ups.count(reason),
            CallEnd::Cancelled => count(&mut counts.cancelled),
            CallEnd::Panicked => count(&mut counts.panicked),
        }
    }
}

impl fmt::Debug for RetryRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryRecord").field("name", &self.name).finish_non_exhaustive()
    }
}
