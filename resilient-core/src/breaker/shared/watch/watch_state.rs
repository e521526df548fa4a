//! The part of a watch that the breaker's lock protects.

use std::time::Duration;

use super::counter::{Place, count_of};
use crate::breaker::machine::Ticket;

/// The logarithm of the shortest slice: 16 µs. With shorter slices, too many calls would take the
/// lock to look for overdue calls.
const SHORTEST: u32 = 14;

/// Counts the calls of one generation under one value of `slow_call`.
#[derive(Debug, Default)]
pub(in crate::breaker::shared) struct Watch {
    /// The setting `slow_call`. `None` if the setting is absent: no call is watched.
    setting: Option<Duration>,
    /// The setting in nanoseconds.
    pub(super) limit: u64,
    /// The logarithm of the length of a slice.
    pub(super) shift: u32,
    pub(super) number: u64,
    generation: u64,
    /// The slice in which the generation or the watch began.
    first: u64,
    /// The calls in flight whose counters were taken over.
    carried: i64,
    /// When a counter was last taken over. If the clock goes back to an earlier time, no call
    /// counts as overdue until this time has come again.
    carried_at: u64,
}

impl Watch {
    /// Returns whether this is the watch of this generation and setting.
    pub(in crate::breaker::shared) fn is_of(
        &self,
        generation: u64,
        setting: Option<Duration>,
    ) -> bool {
        self.generation == generation && self.setting == setting
    }

    /// Clears the watch for a generation. Returns whether a new watch begins, because `slow_call`
    /// has changed.
    pub(super) fn begin(&mut self, generation: u64, setting: Option<Duration>, now: u64) -> bool {
        let limit = setting.filter(|_| self.setting != setting);
        if let Some(limit) = limit {
            self.limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
            self.shift = (self.limit / 8).max(1 << SHORTEST).ilog2();
            self.number = self.number.wrapping_add(1);
        }
        self.setting = setting;
        self.generation = generation;
        self.first = now >> self.shift;
        self.carried = 0;
        self.carried_at = 0;
        limit.is_some()
    }

    pub(super) fn is_watching(&self) -> bool {
        self.setting.is_some()
    }

    /// Returns whether a call belongs to this watch and its generation.
    pub(super) fn includes(&self, ticket: Ticket) -> bool {
        ticket.generation == self.owner()
    }

    /// Returns the owner that counters of this watch store: the generation, with the marks of
    /// watched calls.
    pub(super) fn owner(&self) -> u64 {
        self.generation | Ticket::marks_of_watch(self.number)
    }

    /// Returns the time from which the next slice is overdue.
    pub(super) fn next_look(&self, now: u64) -> u64 {
        if !self.is_watching() {
            return u64::MAX;
        }
        let next = self.first_young(now).saturating_add(1);
        let begins = next.saturating_mul(1 << self.shift);
        begins.saturating_add(self.limit - 1)
    }

    /// Returns the number of the first slice that is not overdue.
    fn first_young(&self, now: u64) -> u64 {
        now.saturating_add(1).saturating_sub(self.limit) >> self.shift
    }

    /// Returns whether the calls of a counter at this place are overdue, or `None` if they do not
    /// belong to this watch and generation.
    pub(super) fn is_overdue(&self, counter: u64, place: Place, now: u64) -> Option<bool> {
        let present = now >> self.shift;
        let age = place.age_of(counter, present)?;
        let is_of_watch = age <= present.saturating_sub(self.first);
        is_of_watch.then_some(age > present.saturating_sub(self.first_young(now)))
    }

    /// Returns the number of carried calls, or `None` if the clock has gone back to before they
    /// were carried.
    pub(super) fn carried(&self, now: u64) -> Option<i64> {
        (now >= self.carried_at).then_some(self.carried)
    }

    /// Adds the count of a counter to the carried calls. The counter's calls must be overdue.
    pub(super) fn carry(&mut self, counter: u64, now: u64) {
        self.carried = self.carried.saturating_add(count_of(counter));
        self.carried_at = self.carried_at.max(now);
    }

    /// Counts the end of a call whose counter was taken over.
    pub(super) fn end_carried(&mut self) {
        self.carried = self.carried.saturating_sub(1);
    }
}
