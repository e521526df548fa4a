//! One half-open round: the probes in flight, and the results of the finished probes.

use std::time::{Duration, Instant};

use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Call;
use crate::signal::Condition;
use crate::time::later;

#[derive(Debug, Default)]
pub(super) struct Round {
    in_flight: Vec<Probe>,
    succeeded: u32,
    failed: u32,
}

#[derive(Debug)]
struct Probe {
    id: u64,
    since: Instant,
    /// How long the probe took until its response head, if that has arrived.
    head_after: Option<Duration>,
}

/// What the counted probes of a round decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Undecided,
    Close,
    Reopen(Condition),
}

impl Round {
    // B11: a lease that is over frees its slot.
    /// Gives the probe a free slot, or the slot of a probe whose lease is over. Returns `false` if
    /// all slots are taken.
    pub(super) fn admit(&mut self, id: u64, config: &BreakerConfig, now: Instant) -> bool {
        if !self.has_slot(config) {
            let lost = self
                .in_flight
                .iter()
                .position(|probe| probe.lease_left(config, now) == Some(Duration::ZERO));
            let Some(lost) = lost else { return false };
            self.in_flight.remove(lost);
        }
        self.in_flight.push(Probe { id, since: now, head_after: None });
        true
    }

    /// Frees the probe's slot and returns how long the probe took. Returns `None` if the probe has
    /// lost its slot: because it was overdue, or because another caller took the slot after the end
    /// of the lease.
    pub(super) fn release(&mut self, id: u64, now: Instant) -> Option<Duration> {
        let slot = self.in_flight.iter().position(|probe| probe.id == id)?;
        Some(self.in_flight.remove(slot).taken(now))
    }

    // B6: a streamed response is timed up to its head.
    /// Records that the response head of a probe has arrived.
    pub(super) fn head_received(&mut self, id: u64, now: Instant) {
        if let Some(probe) = self.in_flight.iter_mut().find(|probe| probe.id == id) {
            probe.head_after = Some(probe.taken(now));
        }
    }

    // B19: an overdue probe counts as failed, and its report is late.
    /// Removes one overdue probe and counts it as failed. Returns how long the probe has taken and
    /// the decision, or `None` if no probe is overdue.
    pub(super) fn fail_overdue(
        &mut self,
        config: &BreakerConfig,
        now: Instant,
    ) -> Option<(Duration, Decision)> {
        let slot = self.in_flight.iter().position(|probe| probe.is_overdue(config, now))?;
        let took = self.in_flight.remove(slot).taken(now);
        Some((took, self.count(Call { failed: false, slow: true }, config)))
    }

    pub(super) fn overdue(&self, config: &BreakerConfig, now: Instant) -> usize {
        self.in_flight.iter().filter(|probe| probe.is_overdue(config, now)).count()
    }

    pub(super) fn holds(&self, id: u64) -> bool {
        self.in_flight.iter().any(|probe| probe.id == id)
    }

    /// Counts a finished probe. A slow probe counts as failed.
    pub(super) fn count(&mut self, probe: Call, config: &BreakerConfig) -> Decision {
        let is_bad = probe.failed || probe.slow;
        let count = if is_bad { &mut self.failed } else { &mut self.succeeded };
        *count = count.saturating_add(1);
        // If an override has lowered the number of tolerated failures after earlier probes failed,
        // the circuit can re-open at a successful probe as well.
        if self.failed > config.half_open_failures {
            Decision::Reopen(self.failures(probe.slow && !probe.failed, config))
        } else if self.succeeded >= config.half_open_successes {
            Decision::Close
        } else {
            Decision::Undecided
        }
    }

    fn failures(&self, is_slow: bool, config: &BreakerConfig) -> Condition {
        let limit = config.half_open_failures.saturating_add(1);
        Condition::FailedProbes { failed: self.failed, limit, is_slow }
    }

    /// Returns the conditions that end the round.
    pub(super) fn conditions(&self, config: &BreakerConfig) -> Vec<Condition> {
        let (succeeded, limit) = (self.succeeded, config.half_open_successes);
        vec![self.failures(false, config), Condition::SucceededProbes { succeeded, limit }]
    }

    /// If a lease begins after `now`, because the clock was set back, lets it begin now.
    pub(super) fn follow_clock(&mut self, now: Instant) {
        for probe in &mut self.in_flight {
            probe.since = probe.since.min(now);
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns how long until a probe may be admitted, or `None` if all slots are taken and no
    /// lease has an end.
    pub(super) fn retry_after(&self, config: &BreakerConfig, now: Instant) -> Option<Duration> {
        if self.has_slot(config) {
            return Some(Duration::ZERO);
        }
        let leases = self.in_flight.iter();
        leases.filter_map(|probe| probe.lease_left(config, now)).min()
    }

    fn has_slot(&self, config: &BreakerConfig) -> bool {
        self.free_slots(config) > 0
    }

    /// Returns how many more probes the round can admit. If no probe is in flight, this is at least
    /// one, even if changed settings have already decided the round. The result of that probe then
    /// ends the round.
    pub(super) fn free_slots(&self, config: &BreakerConfig) -> usize {
        let in_flight = u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX);
        let known = self.succeeded.saturating_add(self.failed).saturating_add(in_flight);
        let by_calls = config.half_open_max_calls.saturating_sub(in_flight);
        let by_round = config.most_probes_of_a_round().saturating_sub(known);
        let least = usize::from(in_flight == 0);
        usize::try_from(by_calls.min(by_round)).unwrap_or(usize::MAX).max(least)
    }
}

impl Probe {
    /// Returns how long the probe has taken, up to its response head if that has arrived.
    fn taken(&self, now: Instant) -> Duration {
        self.head_after.unwrap_or_else(|| now.saturating_duration_since(self.since))
    }

    fn is_overdue(&self, config: &BreakerConfig, now: Instant) -> bool {
        let limit = config.slow_call.filter(|_| self.head_after.is_none());
        limit.is_some_and(|limit| self.taken(now) >= limit)
    }

    /// Returns the rest of the lease, or `None` if the lease has no end. The lease also ends when
    /// the probe is overdue. If `now` is before the admission of the probe, the whole lease is
    /// left.
    fn lease_left(&self, config: &BreakerConfig, now: Instant) -> Option<Duration> {
        let now = now.max(self.since);
        let overdue = config.slow_call.filter(|_| self.head_after.is_none());
        let lease = overdue.map_or(config.probe_timeout, |limit| limit.min(config.probe_timeout));
        let end = later(self.since, lease)?;
        Some(end.saturating_duration_since(now))
    }
}
