//! Where in the nest things go that concern more than one layer.
//!
//! Layers are counted from the outermost, from 0; the body is behind the last.

use crate::args::{AttributeKind, ErrorsKept, Stack};

/// The places of one nest.
#[derive(Debug, PartialEq)]
pub(in crate::expand) struct Plan {
    retry: Option<usize>,
    breaker: Option<usize>,
    timeout: Option<usize>,
    fallback: Option<usize>,
    body: usize,
    /// What the retry's limits surround begins here.
    limit: Option<usize>,
    /// An attempt begins here, where no limit says so.
    mark: Option<usize>,
    waits: bool,
    /// Every attempt's error is returned.
    pub(in crate::expand) records: bool,
    /// The loop keeps outputs.
    pub(super) keeps: bool,
}

impl Plan {
    /// `waits` if the function is asynchronous.
    pub(in crate::expand) fn new(stack: &Stack, waits: bool) -> Self {
        let body = stack.layers().len();
        let place = |kind| stack.place(kind);
        let retry = place(AttributeKind::Retry);
        let breaker = place(AttributeKind::CircuitBreaker);
        let timeout = place(AttributeKind::Timeout);
        let args = stack.retry();
        // A host that hangs shall open its circuit, so the limits are inside the breaker.
        let limit = args
            .filter(|args| args.deadline.is_some() || args.attempt_timeout.is_some())
            .and(retry)
            .map(|retry| 1 + breaker.filter(|breaker| *breaker > retry).unwrap_or(retry));
        // Next to the body, where its block is a future already.
        let lowest = timeout.filter(|timeout| timeout + 1 == body && Some(*timeout) > retry);
        let mark = args
            .filter(|_| limit.is_none())
            .map(|_| lowest.unwrap_or(body));
        let records = args.is_some_and(|args| args.errors == Some(ErrorsKept::All));
        let keeps = args.is_some_and(|args| records || args.attempt.is_some()) || retry < breaker;
        Self {
            retry,
            breaker,
            timeout,
            fallback: place(AttributeKind::Fallback),
            body,
            limit,
            mark,
            waits,
            records,
            keeps: keeps && retry.is_some(),
        }
    }

    pub(super) fn limits_at(&self, at: usize) -> bool {
        self.limit == Some(at)
    }

    pub(super) fn marks_at(&self, at: usize) -> bool {
        self.mark == Some(at)
    }

    pub(super) fn is_body(&self, at: usize) -> bool {
        self.body == at
    }

    /// Whether what begins at `at` is one future, rather than a value that is at hand.
    pub(super) fn is_future(&self, at: usize) -> bool {
        self.waits && (self.limits_at(at) || self.timeout == Some(at) || self.is_body(at))
    }

    /// Where the arguments are prepared: below all that needs them again, before the first future.
    pub(super) fn prepares_at(&self, at: usize) -> bool {
        let first = self.retry.max(self.fallback).map_or(0, |place| place + 1);
        let place = (first..self.body).find(|at| self.is_future(*at));
        place.unwrap_or(self.body) == at
    }

    /// Whether a future of ours is around that place.
    pub(in crate::expand) fn prepares_enclosed(&self) -> bool {
        let above = self.retry.max(self.fallback);
        self.waits
            && (self.limit <= above && self.limit.is_some()
                || self.timeout < above && self.timeout.is_some())
    }

    /// The retry above `at`.
    pub(super) fn retry_above(&self, at: usize) -> bool {
        self.retry.is_some_and(|retry| retry < at)
    }

    /// The breaker that the retry at `at` passes its attempts through, at once or behind other stack.
    pub(super) fn breaker_below(&self, at: usize) -> Option<usize> {
        self.breaker.filter(|breaker| *breaker > at)
    }

    /// Whether the retry learns of a rejection from afar.
    pub(super) fn tells_rejection(&self) -> bool {
        let between = self
            .retry
            .zip(self.breaker)
            .map(|(retry, breaker)| breaker > retry + 1);
        between == Some(true)
    }

    /// Whether a `#[timeout]` is between the retry and the body.
    pub(super) fn attempts_time_out(&self) -> bool {
        self.timeout
            .is_some_and(|timeout| self.retry_above(timeout))
    }

    /// The retry's own limits are in force below `at`.
    pub(super) fn retry_limits_below(&self, at: usize) -> bool {
        self.limit.is_some_and(|limit| limit > at) && self.retry_above(at)
    }

    /// Whether the layer at `at`, a retry or a breaker, wants to know that an output is a time limit's.
    pub(super) fn reads_cut(&self, at: usize) -> bool {
        let reads = self.retry == Some(at) || self.breaker == Some(at);
        reads && self.is_cut_below(at)
    }

    /// Whether anybody above the limit at `at` wants to know that it cut something off.
    pub(super) fn tells_cut(&self, at: usize) -> bool {
        (0..at).any(|reader| self.reads_cut(reader))
    }

    /// Whether the layer at `at` is the outermost that wants to know.
    pub(super) fn declares_cut(&self, at: usize) -> bool {
        self.reads_cut(at) && !self.tells_cut(at)
    }

    /// Whether a limit is below `at`.
    pub(super) fn is_cut_below(&self, at: usize) -> bool {
        let writers = [self.timeout, self.limit];
        writers.into_iter().flatten().any(|writer| writer > at)
    }

    /// Whether the breaker's word for the retry passes the layer at `at`.
    pub(super) fn tells_rejection_through(&self, at: usize) -> bool {
        self.tells_rejection() && self.retry_above(at) && self.breaker > Some(at)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
