//! The state machine: a plain value that is told the time. No lock, no clock, no I/O.
//!
//! Every change of state goes through [`Machine::enter`], which starts a new generation. A call remembers the generation
//! that admitted it, so that its result can never move another one.

mod generation;
mod history;
mod log;
mod operator;
mod phase;
mod probes;
mod queries;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(in crate::breaker) use self::generation::next_generation;
pub(in crate::breaker) use self::generation::{GENERATION_STEP, Successes};
#[cfg(test)]
pub(crate) use self::history::HISTORY;
use self::log::Log;
pub use self::log::{TimeInState, TransitionCounts};
use self::phase::{Length, Outage, Phase};
use self::probes::{Decision, Round};
use super::config::{AbandonedOutcome, BreakerConfig};
use super::window::{Call, Health, Tally, Until};
use crate::seeded::{Bug, seeded};
use crate::signal::Outcome;
use crate::signal::{CircuitState, Transition, TransitionReason};
use crate::time::{later, nanos_between};

/// What an admitted call remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// Who admitted it.
    pub(crate) generation: u64,
    /// Of a probe, which it is; of another call, when it began: see [`Stamp`].
    pub(crate) stamp: u64,
}

/// When a call began: nanoseconds since its breaker was made, plus one. Zero is unknown, and never slow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp;

impl Stamp {
    pub(crate) const UNKNOWN: u64 = 0;

    pub(crate) fn of_nanos(begun: u64) -> u64 {
        begun.saturating_add(1)
    }

    /// How long the call has taken, in nanoseconds; so is `now`, since the breaker was made.
    pub(crate) fn took(stamp: u64, now: u64) -> Option<u64> {
        let begun = stamp.checked_sub(1)?;
        Some(now.saturating_sub(begun))
    }
}

/// Why a call was not admitted, and how long to wait where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) state: CircuitState,
    pub(crate) retry_after: Option<Duration>,
}

/// How an admitted call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Reported(Outcome),
    /// The permit was dropped with no outcome.
    Abandoned,
}

/// Where a reported call was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Success {
        slow: bool,
    },
    Failure {
        slow: bool,
    },
    Ignored,
    Abandoned,
    /// The state that admitted it is over.
    Late,
    /// The breaker is disabled.
    Nowhere,
}

/// What was remembered when a condition opened the circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) streak: u32,
    pub(crate) window: Option<Tally>,
}

/// The state machine of one breaker.
#[derive(Debug)]
pub(crate) struct Machine {
    config: Arc<BreakerConfig>,
    phase: Phase,
    generation: u64,
    /// Re-openings from half-open since the circuit was last closed.
    reopenings: u32,
    next_probe: u64,
    random: fastrand::Rng,
    /// What stamps count from.
    epoch: Instant,
    log: Log,
    last_opening: Option<Box<Remembered>>,
    would_open: Option<TransitionReason>,
    /// Successes were learnt of that may have met a condition: a failure came between their word and their count.
    untested: bool,
}

impl Machine {
    pub(crate) fn new(config: Arc<BreakerConfig>, random: fastrand::Rng, now: Instant) -> Self {
        Self {
            phase: Phase::Closed(Health::new(&config, now)),
            config,
            generation: 0,
            reopenings: 0,
            next_probe: 1,
            random,
            epoch: now,
            log: Log::new(now),
            last_opening: None,
            would_open: None,
            untested: false,
        }
    }

    /// Admits a call, or says why not.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Ticket, Rejection> {
        self.half_open_if_due(now);
        let stamp = match &mut self.phase {
            Phase::Disabled => Stamp::UNKNOWN,
            Phase::Closed(_) | Phase::ObserveOnly { .. } => match self.config.slow_call {
                Some(_) => Stamp::of_nanos(nanos_between(self.epoch, now)),
                None => Stamp::UNKNOWN,
            },
            Phase::HalfOpen(round) => {
                let id = self.next_probe;
                if !round.admit(id, &self.config, now) {
                    return Err(self.rejection(now));
                }
                self.next_probe = id.wrapping_add(1);
                id
            }
            Phase::Open(_) | Phase::ForcedOpen => return Err(self.rejection(now)),
        };
        Ok(Ticket {
            generation: self.generation,
            stamp,
        })
    }

    /// Takes note of how an admitted call ended.
    pub(crate) fn report(
        &mut self,
        ticket: Ticket,
        ending: Ending,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Counted {
        self.test_untested(now);
        if let Some(nowhere_or_late) = self.counted_apart(ticket) {
            return nowhere_or_late;
        }
        if ending == Ending::Abandoned && seeded(Bug::ProbeSlotKeptOnDrop) {
            return Counted::Abandoned;
        }
        let took = match &mut self.phase {
            Phase::HalfOpen(round) => {
                let Some(begun) = round.release(ticket.stamp) else {
                    return Counted::Late;
                };
                Some(now.saturating_duration_since(begun))
            }
            _ => {
                Stamp::took(ticket.stamp, nanos_between(self.epoch, now)).map(Duration::from_nanos)
            }
        };
        let failed = match ending {
            Ending::Reported(Outcome::Success) => false,
            Ending::Reported(Outcome::Failure) => true,
            Ending::Reported(Outcome::Ignored) => return Counted::Ignored,
            Ending::Abandoned if self.config.abandoned == AbandonedOutcome::Failure => true,
            Ending::Abandoned => return Counted::Abandoned,
        };
        let limit = self.config.slow_call;
        let slow = took.zip(limit).is_some_and(|(took, limit)| took >= limit);
        self.count(Call { failed, slow }, retry_after, now);
        if failed {
            Counted::Failure { slow }
        } else {
            Counted::Success { slow }
        }
    }

    /// Takes note of how a call ended without knowing the time: `None` if that is needed, and then nothing was done.
    pub(crate) fn report_untimed(&mut self, ticket: Ticket, ending: Ending) -> Option<Counted> {
        if self.untested {
            return None;
        }
        if let Some(nowhere_or_late) = self.counted_apart(ticket) {
            return Some(nowhere_or_late);
        }
        let (Phase::Closed(health) | Phase::ObserveOnly { health, .. }) = &mut self.phase else {
            return None;
        };
        let (failed, counted) = match ending {
            Ending::Reported(Outcome::Success) => (false, Counted::Success { slow: false }),
            Ending::Reported(Outcome::Failure) => (true, Counted::Failure { slow: false }),
            Ending::Abandoned if self.config.abandoned == AbandonedOutcome::Failure => {
                (true, Counted::Failure { slow: false })
            }
            Ending::Reported(Outcome::Ignored) => return Some(Counted::Ignored),
            Ending::Abandoned => return Some(Counted::Abandoned),
        };
        if self.config.slow_call.is_some() {
            return None;
        }
        health
            .record_untimed(failed, &self.config)
            .then_some(counted)
    }

    /// Takes note of successes that were left for later: see [`Machine::successes`].
    pub(crate) fn learn(&mut self, successes: u64, bucket: u64) {
        if let Phase::Closed(health) | Phase::ObserveOnly { health, .. } = &mut self.phase {
            let end = later(self.epoch, Duration::from_nanos(bucket)).unwrap_or(self.epoch);
            let opens_nothing = health.is_clean() || health.pending_until(&self.config).is_some();
            self.untested |= !opens_nothing && !seeded(Bug::PendingUntested);
            health.record_pending(successes, end);
        }
    }

    /// Tests the conditions for successes that were learnt of when they could meet one. Not done where they are learnt of,
    /// since that may be a look, which changes nothing.
    fn test_untested(&mut self, now: Instant) {
        if std::mem::take(&mut self.untested) {
            let health = self.phase.health();
            if let Some(condition) = health.and_then(|health| health.met(&self.config, now)) {
                self.meet(condition, None, now);
            }
        }
    }

    /// What is to be done with successes of this generation that are not slow; and if they can be left for later, until
    /// when, in nanoseconds since the breaker was made.
    pub(crate) fn successes(&self) -> (Successes, u64) {
        let Some(health) = self.phase.health() else {
            return (Successes::Locked, 0);
        };
        if health.is_clean() {
            return (Successes::Clean, u64::MAX);
        }
        match health.pending_until(&self.config) {
            Some(Until::Ever) => (Successes::Pending, u64::MAX),
            Some(Until::End(end)) => (Successes::PendingInBucket, nanos_between(self.epoch, end)),
            None => (Successes::Locked, 0),
        }
    }

    /// What ends while the breaker is disabled counts nowhere, and what an older generation admitted is late.
    fn counted_apart(&self, ticket: Ticket) -> Option<Counted> {
        if matches!(self.phase, Phase::Disabled) {
            Some(Counted::Nowhere)
        } else if ticket.generation != self.generation && !seeded(Bug::ReportOfAnyGeneration) {
            Some(Counted::Late)
        } else {
            None
        }
    }

    /// Takes note of a success or a failure, and goes where it leads.
    fn count(&mut self, call: Call, retry_after: Option<Duration>, now: Instant) {
        match &mut self.phase {
            Phase::Closed(health) | Phase::ObserveOnly { health, .. } => {
                if let Some(condition) = health.record(call, &self.config, now) {
                    self.meet(condition, retry_after, now);
                }
            }
            Phase::HalfOpen(round) => match round.count(call.failed || call.slow, &self.config) {
                Decision::Undecided => {}
                Decision::Close => {
                    self.enter(self.healthy(now), TransitionReason::ProbesSucceeded, now);
                }
                Decision::Reopen if call.slow && !call.failed => {
                    self.open(TransitionReason::ProbeSlow, retry_after, now);
                }
                // Also where an override took the tolerance away, and a fast success is the next to be counted.
                Decision::Reopen => self.open(TransitionReason::ProbeFailed, retry_after, now),
            },
            // These admit nobody, so no ticket is of their generation; and disabled counts nothing.
            Phase::Open(_) | Phase::ForcedOpen | Phase::Disabled => {}
        }
    }

    /// Opens the circuit, or tells that it would have been opened.
    fn meet(&mut self, condition: TransitionReason, retry_after: Option<Duration>, now: Instant) {
        match &mut self.phase {
            Phase::ObserveOnly { told: true, .. } => {}
            Phase::ObserveOnly { told, .. } => {
                *told = true;
                self.would_open = Some(condition);
            }
            _ => {
                let health = self.phase.health();
                self.last_opening = health.map(|health| {
                    Box::new(Remembered {
                        streak: health.streak(),
                        window: health.tally(now),
                    })
                });
                self.open(condition, retry_after, now);
            }
        }
    }

    /// Open, and the recovery time is over.
    fn is_due(&self, now: Instant) -> bool {
        matches!(&self.phase, Phase::Open(outage) if outage.is_due(now))
    }

    fn half_open_if_due(&mut self, now: Instant) {
        if self.is_due(now) {
            self.enter(
                Phase::HalfOpen(Round::default()),
                TransitionReason::RecoveryTime,
                now,
            );
        }
    }

    fn healthy(&self, now: Instant) -> Phase {
        Phase::Closed(Health::new(&self.config, now))
    }

    fn open(&mut self, reason: TransitionReason, hint: Option<Duration>, now: Instant) {
        let length = Length::Computed {
            hint,
            jitter: self.random.f64(),
            reopenings: self.next_reopenings(),
        };
        self.open_for(length, reason, now);
    }

    fn open_for(&mut self, length: Length, reason: TransitionReason, now: Instant) {
        self.reopenings = self.next_reopenings();
        self.enter(
            Phase::Open(Outage::new(length, &self.config, now)),
            reason,
            now,
        );
    }

    /// Re-openings since the circuit was last closed, with the one that comes now.
    fn next_reopenings(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen(_) => self.reopenings.saturating_add(1),
            _ => self.reopenings,
        }
    }

    /// The one place where the state changes.
    fn enter(&mut self, phase: Phase, reason: TransitionReason, now: Instant) {
        self.log.time(self.entered(), self.end(), now);
        let (from, to) = (self.phase.state(), phase.state());
        self.phase = phase;
        self.untested = false;
        self.generation = next_generation(self.generation);
        if to == CircuitState::Closed {
            self.reopenings = 0;
        }
        if from == to {
            return;
        }
        let open_for = match &self.phase {
            Phase::Open(outage) => outage.open_for(),
            _ => None,
        };
        let transition = Transition {
            at: now,
            from,
            to,
            reason,
            open_for,
        };
        self.log.record(transition, self.epoch);
    }

    fn rejection(&self, now: Instant) -> Rejection {
        Rejection {
            state: self.entered(),
            retry_after: self.retry_after(now),
        }
    }
}
