//! The operations by hand of a breaker's handle.

use std::time::Duration;

use super::handle::CircuitBreaker;
use crate::signal::{ManualChange, TransitionError};

impl CircuitBreaker {
    // B1: operations by hand.
    /// Opens the circuit for its recovery time. If the circuit is already open, this changes
    /// nothing until the recovery time is over. If the recovery time is over and no call has come
    /// since, the recovery time starts again now, without a new transition.
    ///
    /// # Errors
    ///
    /// Returns a [`TransitionError`] if the breaker is forced open, disabled or observe-only.
    pub fn trip(&self) -> Result<(), TransitionError> {
        self.apply(&ManualChange::trip())
    }

    /// Opens the circuit for `time` from now on; with `Duration::MAX`, until the state is changed
    /// by hand. If the circuit is already open, `time` replaces the rest of its open time, without
    /// a new transition.
    ///
    /// # Errors
    ///
    /// Returns a [`TransitionError`] if the breaker is forced open, disabled or observe-only.
    pub fn trip_for(&self, time: Duration) -> Result<(), TransitionError> {
        self.apply(&ManualChange::trip_for(time))
    }

    /// Admits probes now, without waiting for the end of the recovery time.
    ///
    /// # Errors
    ///
    /// Returns a [`TransitionError`] if the breaker is closed, disabled or observe-only.
    pub fn half_open(&self) -> Result<(), TransitionError> {
        self.apply(&ManualChange::half_open())
    }

    /// Closes the circuit from any state, with an empty streak and window. Calls in flight at that
    /// moment count as late when they end.
    pub fn close(&self) {
        self.apply_always(&ManualChange::close());
    }

    /// Rejects every call until the state is changed by hand. If the breaker is already forced
    /// open, there is no new transition: this only removes the end of its time, and replaces the
    /// reason and the operator's name.
    pub fn force_open(&self) {
        self.apply_always(&ManualChange::force_open());
    }

    /// Rejects every call for `time` from now on; then the breaker closes. With `Duration::MAX`,
    /// the breaker never closes by itself. If the breaker is already forced open, there is no new
    /// transition: `time` replaces the rest of its time, and the reason and the operator's name are
    /// replaced.
    pub fn force_open_for(&self, time: Duration) {
        self.apply_always(&ManualChange::force_open_for(time));
    }

    /// Admits every call and records nothing, until the state is changed by hand. If the breaker is
    /// already disabled, there is no new transition: this only removes the end of its time, and
    /// replaces the reason and the operator's name.
    pub fn disable(&self) {
        self.apply_always(&ManualChange::disable());
    }

    /// Admits every call and records nothing for `time` from now on; then the breaker closes. With
    /// `Duration::MAX`, the breaker never closes by itself. If the breaker is already disabled,
    /// there is no new transition: `time` replaces the rest of its time, and the reason and the
    /// operator's name are replaced.
    pub fn disable_for(&self, time: Duration) {
        self.apply_always(&ManualChange::disable_for(time));
    }

    /// Admits and counts every call as a closed breaker does. If a condition is met, the breaker
    /// only reports that it would have opened. If the breaker is already in this state, there is no
    /// new transition: this only removes the end of its time, and replaces the reason and the
    /// operator's name.
    pub fn observe_only(&self) {
        self.apply_always(&ManualChange::observe_only());
    }

    /// Admits and counts every call, as [`observe_only`](Self::observe_only) does, for `time` from
    /// now on; then the breaker closes. With `Duration::MAX`, the breaker never closes by itself.
    /// If the breaker is already in this state, there is no new transition: `time` replaces the
    /// rest of its time, and the reason and the operator's name are replaced.
    pub fn observe_only_for(&self, time: Duration) {
        self.apply_always(&ManualChange::observe_only_for(time));
    }

    /// Changes the state by hand, with a reason and the name of the operator. Each of the methods
    /// above applies a [`ManualChange`] without reason and name.
    ///
    /// A state with an end ends lazily: from its end on, [`state`](Self::state) returns the next
    /// state, but the transition happens only at the next call or operation by hand.
    ///
    /// # Errors
    ///
    /// Returns a [`TransitionError`] if the present state does not allow the change: see
    /// [`trip`](Self::trip) and [`half_open`](Self::half_open). All other changes succeed.
    pub fn apply(&self, change: &ManualChange) -> Result<(), TransitionError> {
        // The copy is made before the lock is taken.
        let change = change.clone();
        self.shared().change_by_hand(change)
    }

    /// Makes a change that no state refuses.
    fn apply_always(&self, change: &ManualChange) {
        let applied = self.apply(change);
        debug_assert!(applied.is_ok(), "{applied:?}");
    }
}
