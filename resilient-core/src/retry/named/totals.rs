//! The feature `metrics`: the calls of a name in a registry, for the recorder. At most 1 000 names
//! have totals of their own; further names share one.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::counts::RetryCounts;
use crate::signal::StopReason;
use crate::telemetry::{CallResult, CallTotals, ResultCounts};

/// The most names that are counted one by one. The limit bounds the memory, and the series of the
/// recorder.
const MOST_NAMES: usize = 1_000;

/// The number of names that are counted one by one now.
static NAMES: AtomicUsize = AtomicUsize::new(0);

/// The calls of all further names.
static OTHER: CallTotals = CallTotals::new();

/// Returns the calls of the names that share their totals. The records of these names hold the rest
/// of their counts.
pub(crate) fn other_calls() -> ResultCounts {
    OTHER.counts()
}

/// The calls of one name that did not fail: see [`RetryCounts`] for the others.
#[derive(Debug)]
pub(super) enum NameTotals {
    Own(Box<CallTotals>),
    Shared,
}

impl NameTotals {
    pub(super) fn new() -> Self {
        let has_room = |names: usize| (names < MOST_NAMES).then_some(names + 1);
        match NAMES.fetch_update(Relaxed, Relaxed, has_room) {
            Ok(_) => Self::Own(Box::new(CallTotals::new())),
            Err(_) => Self::Shared,
        }
    }

    pub(super) fn calls(&self) -> &CallTotals {
        match self {
            Self::Own(totals) => totals,
            Self::Shared => &OTHER,
        }
    }

    /// Returns the calls of this name alone.
    pub(super) fn own(&self) -> Option<ResultCounts> {
        match self {
            Self::Own(totals) => Some(totals.counts()),
            Self::Shared => None,
        }
    }
}

impl Drop for NameTotals {
    fn drop(&mut self) {
        if matches!(self, Self::Own(_)) {
            NAMES.fetch_sub(1, Relaxed);
        }
    }
}

/// All calls of one name, or of several names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RetryTotals {
    /// Every call by its result.
    pub(crate) calls: ResultCounts,
    /// More about the calls that did not succeed at their first attempt.
    pub(crate) counts: RetryCounts,
}

impl RetryTotals {
    /// Makes the totals of a name from its counts, and from the calls that did not fail.
    pub(super) fn of(counts: RetryCounts, mut calls: ResultCounts) -> Self {
        calls.add(CallResult::Success, counts.waited);
        calls.add(CallResult::SuccessAfterRetry, counts.recovered);
        calls.add(CallResult::Cancelled, counts.cancelled);
        calls.add(CallResult::Panicked, counts.panicked);
        for reason in StopReason::ALL {
            calls.add(CallResult::GaveUp(reason), counts.give_ups.of(reason));
        }
        Self { calls, counts }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.calls.merge(&other.calls);
        self.counts = self.counts.plus(&other.counts);
    }
}
