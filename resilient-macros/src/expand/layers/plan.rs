//! Plans the parts of an expansion that concern several layers: which layers the limits of the
//! retry and the mark of an attempt (see `limits`) surround, where arguments are prepared, and
//! which layers report to the layers above that a call was rejected or cut short.
//!
//! Layers have indices. The outermost layer has index 0, and the body has the index after the last
//! layer.

use crate::args::{AttributeKind, LayerStack};

/// The plan of one stack, with the indices of its layers.
#[derive(Debug, PartialEq)]
pub(in crate::expand) struct StackPlan {
    retry: Option<usize>,
    breaker: Option<usize>,
    timeout: Option<usize>,
    fallback: Option<usize>,
    body: usize,
    /// The index of the outermost layer inside the time limits of the retry, or `None` if the retry
    /// has no time limits.
    limit: Option<usize>,
    /// The index of the outermost layer inside the mark of an attempt, or `None` if there is no
    /// retry or if the retry has time limits.
    mark: Option<usize>,
    /// The index of the outermost layer inside the future that runs under the permit, or `None` if
    /// there is no breaker or if nothing below the breaker waits.
    within: Option<usize>,
    waits: bool,
    /// Whether the function returns the errors of all attempts.
    pub(in crate::expand) records: bool,
    /// Whether the loop stores the outputs of failed attempts.
    pub(super) keeps: bool,
}

impl StackPlan {
    /// Makes the plan of a stack. `waits` is set if the function is asynchronous, and `body_waits`
    /// if its body may wait.
    pub(in crate::expand) fn new(stack: &LayerStack, waits: bool, body_waits: bool) -> Self {
        let body = stack.layers().len();
        let place = |kind| stack.place(kind);
        let retry = place(AttributeKind::Retry);
        let breaker = place(AttributeKind::CircuitBreaker);
        let timeout = place(AttributeKind::Timeout);
        let args = stack.retry();
        // C2: the breaker is outside the limits, so that a dependency that hangs opens its circuit.
        let limit = args
            .filter(|args| args.deadline.is_some() || args.attempt_timeout.is_some())
            .and(retry)
            .map(|retry| 1 + breaker.filter(|breaker| *breaker > retry).unwrap_or(retry));
        // If a `#[timeout]` is directly around the body, its code is already a future, which the
        // mark can surround.
        let lowest = timeout.filter(|timeout| timeout + 1 == body && Some(*timeout) > retry);
        let mark = args.filter(|_| limit.is_none()).map(|_| lowest.unwrap_or(body));
        let fallback = place(AttributeKind::Fallback);
        // B18: below the breaker, a retry waits between attempts, and a fallback may make more
        // calls.
        let within = breaker.filter(|_| waits).and_then(|breaker| {
            let runs_more = retry.max(fallback) > Some(breaker);
            if runs_more { Some(breaker + 1) } else { body_waits.then_some(body) }
        });
        let records = args.is_some_and(|args| args.returns_all_errors);
        let keeps = args.is_some_and(|args| records || args.attempt.is_some()) || retry < breaker;
        Self {
            retry,
            breaker,
            timeout,
            fallback,
            body,
            limit,
            mark,
            within,
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

    /// Returns whether the layer at `at` is the outermost layer inside the future that runs under
    /// the permit.
    pub(super) fn within_at(&self, at: usize) -> bool {
        self.within == Some(at)
    }

    /// Returns whether every call reports on the thread where it got its permit, and no other code
    /// runs on this thread between the two.
    pub(in crate::expand) fn calls_end_where_they_begin(&self) -> bool {
        self.within.is_none()
    }

    pub(super) fn is_body(&self, at: usize) -> bool {
        self.body == at
    }

    /// Returns whether the code of the layer at `at`, with its limits, is a future.
    pub(super) fn is_future(&self, at: usize) -> bool {
        self.waits && (self.limits_at(at) || self.timeout == Some(at) || self.is_body(at))
    }

    /// Returns whether arguments are prepared directly before the code of the layer at `at`. The
    /// retry and the fallback use the arguments again, so arguments are prepared below these two
    /// layers, and before the outermost future there.
    pub(super) fn prepares_at(&self, at: usize) -> bool {
        let first = self.retry.max(self.fallback).map_or(0, |place| place + 1);
        let place = (first..self.body).find(|at| self.is_future(*at));
        place.unwrap_or(self.body) == at
    }

    /// Returns whether a retry is above `at`.
    pub(super) fn retry_above(&self, at: usize) -> bool {
        self.retry.is_some_and(|retry| retry < at)
    }

    /// Returns the index of the breaker if the breaker is below the retry at `at`, and `None`
    /// otherwise.
    pub(super) fn breaker_below(&self, at: usize) -> Option<usize> {
        self.breaker.filter(|breaker| *breaker > at)
    }

    /// Returns whether there are layers between the retry and a breaker below it. The breaker then
    /// reports a rejection to the retry through a variable.
    pub(super) fn tells_rejection(&self) -> bool {
        let between = self.retry.zip(self.breaker).map(|(retry, breaker)| breaker > retry + 1);
        between == Some(true)
    }

    /// Returns whether the limits of the retry surround only layers below `at`.
    pub(super) fn retry_limits_below(&self, at: usize) -> bool {
        self.limit.is_some_and(|limit| limit > at)
    }

    /// Returns whether the `#[timeout]` at `at` is inside the limits of the retry. The limits read
    /// the time of the `#[timeout]` before they start.
    pub(super) fn is_timeout_in_limits(&self, at: usize) -> bool {
        self.timeout == Some(at) && self.limit.is_some_and(|limit| limit <= at)
    }

    /// Returns whether the layer at `at` reads the variable `__cut`, which says whether a time
    /// limit ended the attempt.
    pub(super) fn reads_cut(&self, at: usize) -> bool {
        let reads = self.retry == Some(at) || self.breaker == Some(at);
        reads && self.is_cut_below(at)
    }

    /// Returns whether a layer above `at` reads the variable `__cut`. If so, the layer at `at` must
    /// set `__cut`.
    pub(super) fn tells_cut(&self, at: usize) -> bool {
        (0..at).any(|reader| self.reads_cut(reader))
    }

    /// Returns whether the layer at `at` is the outermost layer that reads the variable `__cut`.
    /// This layer declares `__cut`.
    pub(super) fn declares_cut(&self, at: usize) -> bool {
        self.reads_cut(at) && !self.tells_cut(at)
    }

    /// Returns whether there is a time limit below the layer at `at`.
    pub(super) fn is_cut_below(&self, at: usize) -> bool {
        let writers = [self.timeout, self.limit];
        writers.into_iter().flatten().any(|writer| writer > at)
    }

    /// Returns whether the layer at `at` stands between the retry and a breaker further down. That
    /// breaker stores its rejections in a variable, which the retry reads.
    pub(super) fn tells_rejection_through(&self, at: usize) -> bool {
        self.tells_rejection() && self.retry_above(at) && self.breaker > Some(at)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
