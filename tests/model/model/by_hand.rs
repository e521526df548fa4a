//! Rules B1 and G2 of the model: operators change the state by hand, or by the mode of an override.

use std::time::Duration;

use resilient::breaker::{CircuitState, OperatorMode, OperatorNote, TransitionReason};

use super::{Model, Wrong};
use crate::operation::{Answer, ByHand, Mode};
use crate::settings::{Holding, Settings};
use crate::view::Note;

impl Model {
    fn refuses(&self, to: CircuitState) -> Option<Answer> {
        let refused = matches!(
            (self.state, to),
            (
                CircuitState::ForcedOpen | CircuitState::Disabled | CircuitState::ObserveOnly,
                CircuitState::Open
            ) | (
                CircuitState::Closed | CircuitState::Disabled | CircuitState::ObserveOnly,
                CircuitState::HalfOpen
            )
        );
        refused.then_some(Answer::Refused { from: self.state, to })
    }

    /// B1: executes an operation by hand. If it causes a transition or sets a new end of the state,
    /// the model stores the operator's note.
    pub(super) fn by_hand(&mut self, by_hand: ByHand, operator: Option<&str>) -> Answer {
        self.follow_clock();
        self.end_hold();
        let note = operator.map(|name| OperatorNote::new().by(name).because(name));
        let note = Note::from(&note.unwrap_or_default());
        let refused = match by_hand {
            ByHand::Trip | ByHand::TripFor(_) => self.refuses(CircuitState::Open),
            ByHand::HalfOpen => self.refuses(CircuitState::HalfOpen),
            ByHand::Close | ByHand::Hold(..) => None,
        };
        if let Some(refused) = refused {
            return refused;
        }
        match by_hand {
            ByHand::Trip => self.trip(note),
            ByHand::TripFor(time) => self.trip_for(time, note),
            ByHand::HalfOpen if self.state == CircuitState::HalfOpen => {}
            ByHand::HalfOpen => {
                self.note = note;
                self.enter(CircuitState::HalfOpen, TransitionReason::Manual, None);
            }
            ByHand::Close => self.close(note),
            ByHand::Hold(mode, lasts) => self.enter_mode(mode, lasts, note),
        }
        self.mode = self.mode.map(|(mode, _)| (mode, None));
        Answer::Nothing
    }

    fn trip(&mut self, note: Note) {
        if self.state != CircuitState::Open {
            self.note = note;
            self.open(TransitionReason::Manual, None);
        } else if self.is_over() {
            if self.is(Wrong::DueTripReopens) {
                self.reopenings += 1;
            }
            self.note = note;
            self.restart(Some(self.base()));
        }
    }

    fn trip_for(&mut self, time: Duration, note: Note) {
        self.note = note;
        if self.state == CircuitState::Open {
            self.restart(Some(time));
        } else {
            if self.state == CircuitState::HalfOpen {
                self.reopenings += 1;
            }
            self.enter(CircuitState::Open, TransitionReason::Manual, Some(time));
        }
        self.period.by_hand = true;
    }

    /// Starts a new generation and forgets all calls. If the state changes, emits an event.
    fn close(&mut self, note: Note) {
        self.note = note;
        if self.state == CircuitState::Closed {
            self.begin_generation();
        } else {
            self.close_for(self.reason_of_note());
        }
    }

    /// Returns the reason of a change by the operator or override in the note.
    fn reason_of_note(&self) -> TransitionReason {
        let is_by_hand = self.note.table.is_none();
        if is_by_hand { TransitionReason::Manual } else { TransitionReason::Override }
    }

    /// Enters the state of the mode. If the circuit is already in this state, changes only the end
    /// of the state and the note.
    fn enter_mode(&mut self, mode: OperatorMode, lasts: Option<Duration>, note: Note) {
        self.note = note;
        if self.state == mode.state() {
            self.restart(lasts);
        } else {
            self.enter(mode.state(), self.reason_of_note(), lasts);
        }
    }

    pub(super) fn override_with(&mut self, settings: &Settings, mode: Option<Mode>) -> Answer {
        let merged = settings.over(&self.code);
        if !merged.go_together() {
            return Answer::Overridden { accepted: false };
        }
        self.hold(&merged);
        self.take_mode(mode);
        Answer::Overridden { accepted: true }
    }

    pub(super) fn clear_override(&mut self) -> Answer {
        let code = self.code.clone();
        self.hold(&code);
        self.take_mode(None);
        Answer::Overridden { accepted: true }
    }

    /// Applies a new mode of an override. Later operations by hand take precedence, so a mode that
    /// is set again has no effect. If the mode is removed, closes the circuit, unless an operation
    /// by hand changed the state after the mode was applied.
    fn take_mode(&mut self, mode: Option<Mode>) {
        if self.mode.map(|(mode, _)| mode) == mode {
            return;
        }
        let before = self.mode.take();
        let is_its_generation = before.is_some_and(|(_, since)| since == Some(self.generation));
        if mode.is_some() || is_its_generation {
            self.follow_clock();
            self.end_hold();
        }
        if let Some(mode) = mode {
            self.enter_mode(mode.0, mode.1, Note::of_override(Some("a file")));
            self.mode = Some((mode, Some(self.generation)));
        } else if is_its_generation {
            self.close(Note::of_override(None));
        }
    }

    fn hold(&mut self, settings: &Settings) {
        let new = settings.holding();
        let old = std::mem::replace(&mut self.holding, new);
        if old == self.holding {
            return;
        }
        self.forget_texts();
        let clock = self.clock;
        if old.slow_call != self.holding.slow_call {
            self.watch_anew();
        }
        self.memory.carry_over(clock, &old, &self.holding);
        let of_recovery = |holding: &Holding| {
            (holding.recovery_time, holding.recovery_factor, holding.max_recovery_time)
        };
        let is_moved = of_recovery(&old) != of_recovery(&self.holding)
            && (!self.period.by_hand || self.is(Wrong::OverrideMovesAnyEnd));
        if self.state == CircuitState::Open && is_moved {
            self.spend();
            let open_for = self.open_time(self.period.hint);
            self.set_length(Some(open_for));
        }
        self.record.tell_settings_changed();
    }
}
