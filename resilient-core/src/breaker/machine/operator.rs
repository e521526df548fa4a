//! The commands of operators.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Length, Machine, Phase, Round};
use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Health;
use crate::signal::{CircuitState, OperatorMode, TransitionError, TransitionReason};

impl Machine {
    /// Puts the breaker into the state of an operator's mode.
    pub(in crate::breaker) fn set_mode(&mut self, mode: OperatorMode, now: Instant) {
        let phase = match mode {
            _ if self.entered() == mode.state() => return,
            OperatorMode::ForcedOpen => Phase::ForcedOpen,
            OperatorMode::Disabled => Phase::Disabled,
            OperatorMode::ObserveOnly => {
                Phase::ObserveOnly { health: Health::new(&self.config, now), reported: false }
            }
        };
        self.enter(phase, TransitionReason::Manual, now);
    }

    /// Opens the circuit. An open circuit whose recovery time is over opens again.
    pub(in crate::breaker) fn trip(&mut self, now: Instant) -> Result<(), TransitionError> {
        if self.may_trip(now)? {
            self.open(TransitionReason::Manual, None, now);
        }
        Ok(())
    }

    /// Opens the circuit for `time` from now. If the circuit is already open, the end of its open
    /// time moves.
    pub(in crate::breaker) fn trip_for(
        &mut self,
        time: Duration,
        now: Instant,
    ) -> Result<(), TransitionError> {
        if self.may_trip(now)? {
            self.open_for(Length::ByHand(time), TransitionReason::Manual, now);
        } else if let Phase::Open(outage) = &mut self.phase {
            outage.end_in(time, now);
            self.log.history.correct_opening(outage.open_for());
        }
        Ok(())
    }

    pub(in crate::breaker) fn half_open(&mut self, now: Instant) -> Result<(), TransitionError> {
        match self.phase {
            Phase::Open(_) | Phase::ForcedOpen => {
                self.enter(Phase::HalfOpen(Round::default()), TransitionReason::Manual, now);
                Ok(())
            }
            Phase::HalfOpen(_) => Ok(()),
            _ => Err(self.refused(CircuitState::HalfOpen)),
        }
    }

    /// Closes the circuit. This always starts a new generation, with an empty streak and window.
    pub(in crate::breaker) fn close(&mut self, now: Instant) {
        self.enter(self.healthy(now), TransitionReason::Manual, now);
    }

    /// Applies new settings without a new state or generation. The window keeps as many calls as
    /// the new settings allow, and the end of an open time moves. Conditions are tested at the next
    /// counted call.
    pub(in crate::breaker) fn reconfigure(&mut self, config: Arc<BreakerConfig>, now: Instant) {
        let old = std::mem::replace(&mut self.config, config);
        let new = &self.config;
        match &mut self.phase {
            Phase::Closed(health) | Phase::ObserveOnly { health, .. } => {
                if !new.remembers_like(&old) {
                    health.reconfigure(new, now);
                }
            }
            Phase::Open(outage) => {
                if !new.recovers_like(&old) {
                    outage.reconfigure(new);
                    self.log.history.correct_opening(outage.open_for());
                }
            }
            Phase::HalfOpen(_) | Phase::ForcedOpen | Phase::Disabled => {}
        }
    }

    /// Returns whether `trip` opens the circuit: `false` if the circuit is open already and its
    /// recovery time is not over.
    fn may_trip(&mut self, now: Instant) -> Result<bool, TransitionError> {
        self.half_open_if_due(now);
        match self.phase {
            Phase::Closed(_) | Phase::HalfOpen(_) => Ok(true),
            Phase::Open(_) => Ok(false),
            _ => Err(self.refused(CircuitState::Open)),
        }
    }

    fn refused(&self, to: CircuitState) -> TransitionError {
        TransitionError { from: self.entered(), to }
    }
}
