//! The model of a breaker. It stores every call, searches all calls at each step, and has one
//! branch per rule.

mod by_hand;
mod ending;
mod failures;
mod memory;
mod opening;
mod overdue;
mod probes;
mod record;
mod wrong;

use std::time::Duration;

use resilient::breaker::{CircuitState, TransitionReason};

use self::failures::Failures;
use self::memory::Memory;
use self::opening::{Period, later, nanos};
use self::probes::Probes;
use self::record::Record;
pub(crate) use self::wrong::Wrong;
use crate::operation::{Action, Answer, Mode, Rejection, SLOTS};
use crate::settings::{Holding, Settings};
use crate::view::{Note, Step};

/// Nanoseconds since the breaker was created.
type Nanos = i128;

pub(crate) struct Model {
    wrong: Option<Wrong>,
    code: Settings,
    holding: Holding,
    /// The mode that the override has set, and the generation in which it was applied. The
    /// generation is `None` after an operation by hand, even one that kept the state.
    mode: Option<(Mode, Option<u64>)>,
    clock: Nanos,
    /// The state that was entered last. If its end passes, the model enters the next state only at
    /// the next call.
    state: CircuitState,
    period: Period,
    note: Note,
    generation: u64,
    memory: Memory,
    failures: Failures,
    told_would_open: bool,
    /// How often the circuit went from half-open to open since it was last closed.
    reopenings: u32,
    probes: Probes,
    in_flight: [Option<Ticket>; SLOTS],
    record: Record,
}

/// An admitted call.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    number: u64,
    generation: u64,
    /// B6: the time of admission, or `None` if the breaker did not read the clock. A closed circuit
    /// without `slow_call` does not read the clock.
    admitted: Option<Nanos>,
    /// B19: whether the breaker counts the call as in flight.
    is_counted: bool,
    /// B19: whether the call can become overdue. If `slow_call` changes, calls in flight no longer
    /// can.
    is_watched: bool,
}

impl Model {
    pub(crate) fn new(settings: &Settings, wrong: Option<Wrong>) -> Self {
        Self {
            wrong,
            code: settings.clone(),
            holding: settings.holding(),
            mode: None,
            clock: 0,
            state: CircuitState::Closed,
            period: Period::default(),
            note: Note::default(),
            generation: 0,
            memory: Memory::default(),
            failures: Failures::default(),
            told_would_open: false,
            reopenings: 0,
            probes: Probes::default(),
            in_flight: [None; SLOTS],
            record: Record::default(),
        }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    /// B16: returns the reading of the clock. If the clock was set back before the beginning of the
    /// present state, returns that beginning.
    fn now(&self) -> Nanos {
        self.clock.max(self.period.began)
    }

    /// B12: returns the state that the next call would find.
    fn seen_state(&self) -> CircuitState {
        match self.state {
            CircuitState::Open if self.is_over() => CircuitState::HalfOpen,
            _ if self.is_over() => CircuitState::Closed,
            state => state,
        }
    }

    /// B1, B7: returns whether the end of the present state has come. The exact end counts as come.
    fn is_over(&self) -> bool {
        let over = |end| {
            if self.is(Wrong::EndIsExclusive) { end < self.now() } else { end <= self.now() }
        };
        self.period.end.is_some_and(over)
    }

    pub(crate) fn is_in_flight(&self, slot: usize) -> bool {
        self.in_flight[slot].is_some()
    }

    pub(crate) fn act(&mut self, action: &Action) -> Answer {
        match action {
            Action::Admit(slot) => return self.admit(*slot),
            Action::End(slot, ending) => self.end(*slot, *ending),
            Action::Advance(by) => self.clock += nanos(*by),
            Action::SetBack(by) => self.clock = (self.clock - nanos(*by)).max(0),
            Action::ByHand(by_hand, operator) => return self.by_hand(*by_hand, *operator),
            Action::Override(settings, mode) => return self.override_with(settings, *mode),
            Action::ClearOverride => return self.clear_override(),
        }
        Answer::Nothing
    }

    /// B2, B7, B10, B11: admits or rejects a call.
    fn admit(&mut self, slot: usize) -> Answer {
        if self.state == CircuitState::HalfOpen || self.period.end.is_some() {
            self.follow_clock();
        }
        self.catch_up();
        self.test_overdue();
        self.catch_up();
        if let Some(rejection) = self.would_reject() {
            self.record.count(|totals| totals.rejected += 1);
            return Answer::Rejected(rejection);
        }
        let looks_at_the_clock =
            self.state == CircuitState::HalfOpen || self.holding.slow_call.is_some();
        let ticket = Ticket {
            number: self.record.next_number(),
            generation: self.generation,
            admitted: looks_at_the_clock.then_some(self.clock),
            is_counted: self.state != CircuitState::Disabled,
            is_watched: self.watches(),
        };
        if self.state == CircuitState::HalfOpen {
            let clock = self.clock;
            self.probes.admit(ticket.number, clock, &self.holding);
        }
        self.in_flight[slot] = Some(ticket);
        Answer::Admitted
    }

    /// B1, B10: if the end of the present state has come, enters the next state. The model does
    /// this at each call.
    fn catch_up(&mut self) {
        self.end_hold();
        if self.is_over() {
            self.enter(CircuitState::HalfOpen, TransitionReason::RecoveryTime, None);
        }
    }

    /// B1: if a state that was set by hand has ended, closes the circuit.
    fn end_hold(&mut self) {
        if self.is_over() && self.state != CircuitState::Open {
            let is_by_hand = self.note.table.is_none();
            self.close_for(if is_by_hand {
                TransitionReason::ManualEnd
            } else {
                TransitionReason::OverrideEnd
            });
            self.note = Note::default();
        }
    }

    /// Returns the rejection of the next call, or `None` if the breaker would admit it.
    fn would_reject(&self) -> Option<Rejection> {
        let is_full = || {
            self.state == CircuitState::HalfOpen && !self.probes.admits(self.clock, &self.holding)
        };
        match self.seen_state() {
            CircuitState::Open | CircuitState::ForcedOpen => {}
            CircuitState::HalfOpen if is_full() => {}
            _ => return None,
        }
        Some(Rejection { state: self.state, retry_after: self.retry_after() })
    }

    fn close_for(&mut self, reason: TransitionReason) {
        self.reopenings = 0;
        self.enter(CircuitState::Closed, reason, None);
    }

    /// B3, B5: starts a new generation and forgets all calls.
    fn begin_generation(&mut self) {
        self.spend();
        self.period = Period { began: self.clock, ..Period::default() };
        self.generation += 1;
        self.memory = Memory::beginning(self.clock);
        if self.is(Wrong::FailuresEndWithTheState) {
            self.failures = Failures::default();
        }
        self.told_would_open = false;
        self.probes = Probes::default();
        self.record.begin_state();
    }

    /// Enters a state that lasts for `lasts`. Keeps the operator's note only if the state was
    /// changed by hand, or if a state that was set by hand ends.
    fn enter(&mut self, to: CircuitState, reason: TransitionReason, lasts: Option<Duration>) {
        let has_note = matches!(
            reason,
            TransitionReason::Manual
                | TransitionReason::ManualEnd
                | TransitionReason::Override
                | TransitionReason::OverrideEnd
        );
        if !has_note {
            self.note = Note::default();
        }
        let end = lasts.and_then(|lasts| later(self.clock, lasts));
        self.record.step(Step {
            at: self.clock,
            from: self.state,
            to,
            reason,
            lasts: lasts.filter(|_| end.is_some()),
            note: self.note.clone(),
        });
        self.begin_generation();
        self.period.end = end;
        self.state = to;
    }
}
