//! Rules B12, B13 and B14 of the model: totals, transitions, time in each state, and the snapshot.

use std::time::Duration;

use resilient::breaker::{CircuitState, TransitionReason, Window};

use super::opening::{duration, nanos};
use super::{Model, Nanos};
use crate::operation::{Edge, Side, Span};
use crate::view::{Heard, Note, Remembered, Step, Totals, View};

/// The time in each state, in the order of [`CircuitState::ALL`].
type ByState = [Nanos; 6];

#[derive(Debug, Default)]
pub(super) struct Record {
    numbers: u64,
    totals: Totals,
    in_state: Totals,
    pub(super) last_opening: Option<Remembered>,
    /// All transitions since the breaker was created.
    steps: Vec<Step>,
    spent: ByState,
    /// The time up to which `spent` is complete. It does not go back with the clock, so no time is
    /// counted twice.
    spent_until: Nanos,
    heard: Vec<Heard>,
}

impl Record {
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn count(&mut self, count: impl Fn(&mut Totals)) {
        count(&mut self.totals);
        count(&mut self.in_state);
    }

    pub(super) fn tell_would_open(&mut self, reason: TransitionReason) {
        self.heard.push(Heard::WouldOpen(reason));
    }

    pub(super) fn tell_settings_changed(&mut self) {
        self.heard.push(Heard::SettingsChanged);
    }

    pub(super) fn step(&mut self, step: Step) {
        self.steps.push(step.clone());
        self.heard.push(Heard::Step(step));
    }

    /// Returns when the present state was entered.
    pub(super) fn entered(&self) -> Nanos {
        self.steps.last().map_or(0, |newest| newest.at)
    }

    pub(super) fn correct_length(&mut self, lasts: Option<Duration>) {
        let newest = self.steps.last_mut().expect("the breaker has left its first state");
        newest.lasts = lasts;
    }

    pub(super) fn begin_state(&mut self) {
        self.in_state = Totals::default();
    }
}

impl Model {
    /// Returns the time in each state until now. If the present state has ended, the time since its
    /// end counts for the next state.
    fn spent(&self) -> ByState {
        let mut spent = self.record.spent;
        let since = self.record.spent_until;
        let now = self.now().max(since);
        let mut add = |state: CircuitState, time| {
            let index = CircuitState::ALL.iter().position(|other| *other == state);
            spent[index.unwrap()] += time;
        };
        match self.period.end {
            Some(end) if self.is_over() => {
                let end = end.clamp(since, now);
                add(self.state, end - since);
                add(self.seen_state(), now - end);
            }
            _ => add(self.state, now - since),
        }
        spent
    }

    /// Updates `spent` until now. The model calls this method when a state ends.
    pub(super) fn spend(&mut self) {
        self.record.spent = self.spent();
        self.record.spent_until = self.now().max(self.record.spent_until);
    }

    pub(crate) fn view(&self) -> View {
        let steps = &self.record.steps;
        let is_over = self.is_over();
        let begun = steps.last().map(|step| step.at);
        let seen = self.seen_state();
        let remembers = matches!(seen, CircuitState::Closed | CircuitState::ObserveOnly);
        let has_window = remembers && self.holding.window.is_some();
        // If the present state has ended, the snapshot shows the next state, which has no calls
        // yet.
        let remembered = if is_over { Remembered::default() } else { self.remembered() };
        View {
            state: seen,
            since: if is_over { self.period.end } else { begun },
            retry_after: self.retry_after(),
            ends_in: self.ends_in().map(duration),
            note: if is_over { Note::default() } else { self.note.clone() },
            open_now: self.would_reject().filter(|_| seen != CircuitState::HalfOpen),
            streak: remembered.streak,
            window: has_window.then_some(remembered),
            last_opening: self.record.last_opening,
            last_failures: self.failures.last(),
            probes_in_flight: self.probes.in_flight(),
            in_flight: self.calls_in_flight(),
            overdue: self.overdue(),
            totals: self.record.totals,
            in_state: self.record.in_state,
            transitions: CircuitState::ALL.map(|state| {
                let into = steps.iter().filter(|step| step.to == state).count();
                u64::try_from(into).unwrap()
            }),
            time_in_state: self.spent().map(duration),
            recent: steps[steps.len().saturating_sub(32)..].to_vec(),
            listener_panics: 0,
            lost_events: 0,
        }
    }

    /// Returns the events since the last call of `heard`.
    pub(crate) fn heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.record.heard)
    }

    /// Returns the length of a span. Returns zero if its boundary has passed, does not exist, or is
    /// farther away than 2²⁴ seconds.
    pub(crate) fn length(&self, span: Span) -> Duration {
        let (edge, side) = match span {
            Span::Fixed(time) => return time,
            Span::Until(edge, side) => (edge, side),
        };
        let to_bucket = || self.memory.bucket_ends_in(self.clock, &self.holding);
        let length = match edge {
            Edge::RetryAfter => self.retry_after().map(nanos),
            Edge::Bucket => to_bucket(),
            Edge::Buckets(more) => to_bucket().map(|first| {
                let Some(Window::Time(window)) = self.holding.window else {
                    return first;
                };
                first + nanos(window) * Nanos::from(more) / Nanos::from(self.holding.window_buckets)
            }),
            Edge::Slow => self.holding.slow_call.map(nanos),
            Edge::FailureSpan => self.memory.span_ends_in(self.clock, &self.holding),
            Edge::StateEnd => self.ends_in(),
            Edge::LastLease => self.probes.leases_left(self.clock, &self.holding).max(),
        };
        let length = length.filter(|length| *length < nanos(Duration::from_secs(1 << 24)));
        duration(match (length, side) {
            (None, _) => 0,
            (Some(length), Side::JustBefore) => (length - 1).max(0),
            (Some(length), Side::Exactly) => length,
            (Some(length), Side::JustAfter) => length + 1,
        })
    }
}
