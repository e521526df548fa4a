//! Rules B10 and B11 of the model: the probes of a round and their leases.

use std::time::Duration;

use super::Nanos;
use super::opening::{later, nanos};
use crate::settings::Holding;

#[derive(Debug, Default)]
pub(super) struct Probes {
    /// The probes in order of admission.
    in_flight: Vec<Probe>,
    pub(super) succeeded: u32,
    pub(super) failed: u32,
}

#[derive(Debug, Clone, Copy)]
struct Probe {
    ticket: u64,
    since: Nanos,
}

impl Probe {
    /// Returns the rest of the lease under the present settings: zero if the lease has expired, and
    /// `None` if it has no end. B11: a probe also loses its slot when it is overdue.
    fn lease_left(&self, clock: Nanos, holding: &Holding) -> Option<Nanos> {
        let lease = holding.slow_call.unwrap_or(Duration::MAX).min(holding.probe_timeout);
        let end = later(self.since, lease)?;
        Some((end - clock.max(self.since)).max(0))
    }
}

impl Probes {
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn holds(&self, ticket: u64) -> bool {
        self.in_flight.iter().any(|probe| probe.ticket == ticket)
    }

    /// Returns whether the probe's lease has expired.
    pub(super) fn is_over(&self, ticket: u64, clock: Nanos, holding: &Holding) -> bool {
        let mut probes = self.in_flight.iter();
        probes.any(|probe| probe.ticket == ticket && probe.lease_left(clock, holding) == Some(0))
    }

    pub(super) fn began(&self, ticket: u64) -> Option<Nanos> {
        let mut probes = self.in_flight.iter();
        probes.find(|probe| probe.ticket == ticket).map(|probe| probe.since)
    }

    /// B16: if the clock was set back before the beginning of a lease, makes the lease begin now.
    pub(super) fn follow_clock(&mut self, clock: Nanos) {
        for probe in &mut self.in_flight {
            probe.since = probe.since.min(clock);
        }
    }

    /// Returns the overdue probes (B19).
    pub(super) fn overdue(&self, clock: Nanos, holding: &Holding) -> Vec<u64> {
        let limit = holding.slow_call.map(nanos);
        let overdue = |probe: &&Probe| limit.is_some_and(|limit| clock - probe.since >= limit);
        self.in_flight.iter().filter(overdue).map(|probe| probe.ticket).collect()
    }

    pub(super) fn free(&mut self, ticket: u64) {
        self.in_flight.retain(|probe| probe.ticket != ticket);
    }

    /// Returns whether a slot is free. If no probe is in flight, a slot is free, even if new
    /// settings would count the round as decided. Otherwise the breaker would reject all later
    /// calls.
    fn has_a_free_slot(&self, holding: &Holding) -> bool {
        let in_flight = u32::try_from(self.in_flight.len()).unwrap();
        let fits = in_flight < holding.half_open_max_calls
            && in_flight + self.succeeded + self.failed
                < holding.half_open_successes + holding.half_open_failures;
        fits || in_flight == 0
    }

    pub(super) fn admits(&self, clock: Nanos, holding: &Holding) -> bool {
        self.retry_after(clock, holding) == Some(0)
    }

    /// Admits a probe. It takes a free slot, or the slot of the first probe whose lease has
    /// expired.
    pub(super) fn admit(&mut self, ticket: u64, clock: Nanos, holding: &Holding) {
        if !self.has_a_free_slot(holding) {
            let is_over = |probe: &Probe| probe.lease_left(clock, holding) == Some(0);
            let lost = self.in_flight.iter().position(is_over);
            self.in_flight.remove(lost.expect("it admits"));
        }
        let since = clock;
        self.in_flight.push(Probe { ticket, since });
    }

    /// Returns the time until a slot is free, or `None` if no lease ends.
    pub(super) fn retry_after(&self, clock: Nanos, holding: &Holding) -> Option<Nanos> {
        if self.has_a_free_slot(holding) {
            return Some(0);
        }
        self.leases_left(clock, holding).min()
    }

    pub(super) fn leases_left(
        &self,
        clock: Nanos,
        holding: &Holding,
    ) -> impl Iterator<Item = Nanos> {
        let probes = self.in_flight.iter();
        probes.filter_map(move |probe| probe.lease_left(clock, holding))
    }
}
