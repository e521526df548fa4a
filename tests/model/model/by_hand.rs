//! Rules B1 and G2 of the model: operations by hand and the modes of overrides change the state.

use std::time::Duration;

use resilient::breaker::{CircuitState, OperatorMode, TransitionReason};

use super::opening::later;
use super::{Model, Wrong};
use crate::operation::Answer;
use crate::settings::Settings;

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

    pub(super) fn trip(&mut self) -> Answer {
        if let Some(refused) = self.refuses(CircuitState::Open) {
            return refused;
        }
        self.catch_up();
        if self.state != CircuitState::Open {
            self.open(TransitionReason::Manual, None);
        }
        Answer::Nothing
    }

    pub(super) fn trip_for(&mut self, time: Duration) -> Answer {
        if let Some(refused) = self.refuses(CircuitState::Open) {
            return refused;
        }
        self.catch_up();
        if self.state == CircuitState::Open {
            self.move_end(later(self.now(), time));
        } else {
            if self.state == CircuitState::HalfOpen {
                self.reopenings += 1;
            }
            self.open_until(TransitionReason::Manual, time);
        }
        self.opening.by_hand = true;
        Answer::Nothing
    }

    pub(super) fn half_open(&mut self) -> Answer {
        if let Some(refused) = self.refuses(CircuitState::HalfOpen) {
            return refused;
        }
        self.set(CircuitState::HalfOpen);
        Answer::Nothing
    }

    /// Starts a new generation with empty windows. If the state changes, emits an event.
    pub(super) fn close(&mut self) {
        if self.state == CircuitState::Closed {
            self.begin_generation();
        } else {
            self.close_for(TransitionReason::Manual);
        }
    }

    /// Enters the state. If the circuit is already in this state, there is no transition.
    pub(super) fn set(&mut self, state: CircuitState) {
        if self.state != state {
            self.enter(state, TransitionReason::Manual, None);
        }
    }

    pub(super) fn override_with(
        &mut self,
        settings: &Settings,
        mode: Option<OperatorMode>,
    ) -> Answer {
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

    /// Applies the mode once. A later operation by hand takes precedence, even if the same mode is
    /// set again. If the mode is removed, the circuit closes, unless the state was changed by hand
    /// after the mode was applied.
    fn take_mode(&mut self, mode: Option<OperatorMode>) {
        if self.mode.map(|(mode, _)| mode) == mode {
            return;
        }
        let before = self.mode.take();
        if let Some(mode) = mode {
            self.set(mode.state());
            self.mode = Some((mode, self.generation));
        } else if before.is_some_and(|(_, generation)| generation == self.generation) {
            self.close();
        }
    }

    fn hold(&mut self, settings: &Settings) {
        let new = settings.holding();
        let old = std::mem::replace(&mut self.holding, new);
        if old == self.holding {
            return;
        }
        let clock = self.clock;
        if old.slow_call != self.holding.slow_call {
            self.watch_anew();
        }
        self.memory.carry_over(clock, &old, &self.holding);
        let moves = !self.opening.by_hand || self.is(Wrong::OverrideMovesAnyEnd);
        if self.state == CircuitState::Open && moves {
            let open_for = self.open_time(self.opening.hint);
            self.move_end(later(self.began, open_for));
        }
        self.record.tell_settings_changed();
    }
}
