//! Changes of the state by hand, and changes of the settings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Cause, Length, Machine, Period, Phase, Round};
use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Health;
use crate::signal::{
    CircuitState, Hold, ManualChange, ManualOperation, OperatorMode, OperatorNote, TransitionError,
};

impl Machine {
    /// Changes the state by hand. If the time of a state that was set by hand is over, the breaker
    /// closes first. If the time of an open circuit is over, the circuit is still open, because no
    /// call has made it half-open.
    pub(in crate::breaker) fn change_by_hand(
        &mut self,
        change: ManualChange,
        now: Instant,
    ) -> Result<(), TransitionError> {
        let ManualChange { operation, note } = change;
        match operation {
            ManualOperation::Trip => self.trip(note, now),
            ManualOperation::TripFor(time) => self.trip_for(time, note, now),
            ManualOperation::HalfOpen => self.half_open(note, now),
            ManualOperation::Close => {
                self.close(note, now);
                Ok(())
            }
            ManualOperation::Hold(mode, lasts) => {
                self.hold(Hold { mode, lasts, note }, now);
                Ok(())
            }
        }
    }

    /// Puts the breaker into the state of an operator's mode. If the breaker is in this state
    /// already, only its end and its note change.
    pub(in crate::breaker) fn hold(&mut self, hold: Hold, now: Instant) {
        self.end_hold_if_over(now);
        let Hold { mode, lasts, note } = hold;
        if self.entered() == mode.state() {
            self.move_end(lasts, note, now);
            return;
        }
        let phase = match mode {
            OperatorMode::ForcedOpen => Phase::ForcedOpen,
            OperatorMode::Disabled => Phase::Disabled,
            OperatorMode::ObserveOnly => {
                let health = Health::new(&self.config, now);
                Phase::ObserveOnly { health, reported: false }
            }
        };
        self.enter(phase, lasts, Cause::by_hand(note), now);
    }

    /// Opens the circuit. If the circuit is open but its open time is over, the open time starts
    /// again now.
    fn trip(&mut self, note: OperatorNote, now: Instant) -> Result<(), TransitionError> {
        self.end_hold_if_over(now);
        match &self.phase {
            Phase::Closed(_) | Phase::HalfOpen(_) => {
                self.open(Cause::by_hand(note), None, now);
                Ok(())
            }
            Phase::Open(_) if self.is_over(now) => {
                self.move_opening(Length::of_base(self.reopenings), note, now);
                Ok(())
            }
            Phase::Open(_) => Ok(()),
            _ => Err(self.refused(CircuitState::Open)),
        }
    }

    /// Opens the circuit for `time` from now on. If the circuit is already open, `time` replaces
    /// the rest of its open time, even if the open time is over.
    fn trip_for(
        &mut self,
        time: Duration,
        note: OperatorNote,
        now: Instant,
    ) -> Result<(), TransitionError> {
        self.end_hold_if_over(now);
        match &self.phase {
            Phase::Closed(_) | Phase::HalfOpen(_) => {
                self.open_for(Length::ByHand(time), Cause::by_hand(note), now);
                Ok(())
            }
            Phase::Open(_) => {
                self.move_opening(Length::ByHand(time), note, now);
                Ok(())
            }
            _ => Err(self.refused(CircuitState::Open)),
        }
    }

    fn half_open(&mut self, note: OperatorNote, now: Instant) -> Result<(), TransitionError> {
        self.end_hold_if_over(now);
        match self.phase {
            Phase::Open(_) | Phase::ForcedOpen => {
                self.enter(Phase::HalfOpen(Round::default()), None, Cause::by_hand(note), now);
                Ok(())
            }
            Phase::HalfOpen(_) => Ok(()),
            _ => Err(self.refused(CircuitState::HalfOpen)),
        }
    }

    /// Closes the circuit. This always starts a new generation, with an empty streak and window.
    pub(in crate::breaker) fn close(&mut self, note: OperatorNote, now: Instant) {
        self.end_hold_if_over(now);
        self.enter(self.healthy(now), None, Cause::by_hand(note), now);
    }

    fn move_opening(&mut self, length: Length, note: OperatorNote, now: Instant) {
        self.phase = Phase::Open(length);
        self.move_end(Some(length.of(&self.config)), note, now);
    }

    /// Restarts the time of the present state by an operator's command: the state now ends after
    /// `lasts`, or never if `lasts` is `None`.
    fn move_end(&mut self, lasts: Option<Duration>, note: OperatorNote, now: Instant) {
        // B1: the state itself does not change, so this is no transition.
        self.change_period(now, |period| period.restart(lasts, now));
        self.note = note;
    }

    /// Changes the end of the present state. First logs the time until now, which still follows the
    /// old end.
    fn change_period(&mut self, now: Instant, change: impl FnOnce(&mut Period)) {
        self.log.time(&self.phase, self.period.end(), now);
        change(&mut self.period);
        self.log.history.correct_end(self.period.since(), self.period.end(), self.epoch);
    }

    /// Applies new settings without a new state or generation. The window keeps as many calls as
    /// the new settings allow. The end of an open time is computed from the new settings, unless an
    /// operator has set it. Conditions are tested at the next counted call.
    pub(in crate::breaker) fn reconfigure(&mut self, config: Arc<BreakerConfig>, now: Instant) {
        let old = std::mem::replace(&mut self.config, config);
        let new = &self.config;
        if !new.remember_errors {
            self.failures.forget_texts();
            self.log.history.forget_texts();
            self.would_open = self.would_open.take().map(|opening| opening.without_text());
        }
        match &mut self.phase {
            Phase::Closed(health) | Phase::ObserveOnly { health, .. } => {
                if !new.remembers_like(&old) {
                    health.reconfigure(new, now);
                }
            }
            Phase::Open(length @ Length::Computed { .. }) => {
                if !new.recovers_like(&old) {
                    let open_for = length.of(new);
                    self.change_period(now, |period| period.set_length(open_for));
                }
            }
            // These states have no end, or an operator has set it: no setting determines it.
            Phase::Open(Length::ByHand(_))
            | Phase::HalfOpen(_)
            | Phase::ForcedOpen
            | Phase::Disabled => {}
        }
    }

    // B1: a state that was set by hand ends lazily, with an event.
    /// Closes the circuit if the time of a state that was set by hand is over.
    pub(super) fn end_hold_if_over(&mut self, now: Instant) {
        self.period.follow_clock(now);
        if let Phase::HalfOpen(round) = &mut self.phase {
            round.follow_clock(now);
        }
        if self.is_over(now) && self.phase.next_state() == CircuitState::Closed {
            let note = std::mem::take(&mut self.note);
            self.enter(self.healthy(now), None, Cause::end_of_hold(note), now);
        }
    }

    fn refused(&self, to: CircuitState) -> TransitionError {
        TransitionError { from: self.entered(), to }
    }
}
