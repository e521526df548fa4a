//! One half-open round: the probes in flight, and the results of the finished probes.

use std::time::{Duration, Instant};

use crate::breaker::config::BreakerConfig;
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
}

/// What the counted probes of a round decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Undecided,
    Close,
    Reopen,
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
        self.in_flight.push(Probe { id, since: now });
        true
    }

    /// Frees the probe's slot and returns when the probe began. Returns `None` if the probe's lease
    /// was over and another caller has the slot.
    pub(super) fn release(&mut self, id: u64) -> Option<Instant> {
        let slot = self.in_flight.iter().position(|probe| probe.id == id)?;
        Some(self.in_flight.remove(slot).since)
    }

    pub(super) fn holds(&self, id: u64) -> bool {
        self.in_flight.iter().any(|probe| probe.id == id)
    }

    pub(super) fn count(&mut self, failed: bool, config: &BreakerConfig) -> Decision {
        let count = if failed { &mut self.failed } else { &mut self.succeeded };
        *count = count.saturating_add(1);
        if self.failed > config.half_open_failures {
            Decision::Reopen
        } else if self.succeeded >= config.half_open_successes {
            Decision::Close
        } else {
            Decision::Undecided
        }
    }

    /// Lets leases that begin after `now`, because the clock was set back, begin now.
    pub(super) fn follow_clock(&mut self, now: Instant) {
        for probe in &mut self.in_flight {
            probe.since = probe.since.min(now);
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns how long until a probe may be admitted, or `None` if no lease has an end.
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

    /// Returns how many more probes fit. If no probe is in flight, one always fits, even if changed
    /// settings have already decided the round. That probe then ends the round.
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
    /// Returns the rest of the lease, or `None` if the lease has no end. If `now` is before the
    /// admission, the instant of the admission is used instead.
    fn lease_left(&self, config: &BreakerConfig, now: Instant) -> Option<Duration> {
        let now = now.max(self.since);
        let end = later(self.since, config.probe_timeout)?;
        Some(end.saturating_duration_since(now))
    }
}
