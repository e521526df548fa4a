//! The state machine of a breaker. It is a plain value without lock, clock or I/O: the caller
//! passes the time.
//!
//! Every change of state goes through [`Machine::enter`], which starts a new generation. A call
//! carries the generation that admitted it, so that its outcome cannot change a later generation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{
    CallEnd, Cause, Counted, Decision, Ending, Length, Log, Period, Phase, Rejection, Round, Stamp,
    SuccessHandling, Ticket, next_generation,
};
use crate::breaker::config::{AbandonedOutcome, BreakerConfig};
use crate::breaker::window::{Call, Health, Until};
use crate::platform::random;
use crate::signal::{
    CircuitState, Condition, ErrorText, FailureLog, FailureRecord, Opening, OperatorNote, Outcome,
    Transition, TransitionReason, WindowCounts,
};
use crate::time::{later, nanos_between};

/// The state machine of one breaker.
#[derive(Debug)]
pub(in crate::breaker) struct Machine {
    pub(super) config: Arc<BreakerConfig>,
    pub(super) phase: Phase,
    /// How long the present state lasts.
    pub(super) period: Period,
    pub(super) generation: u64,
    /// The note of the operator who set the present state or changed its end.
    pub(super) note: OperatorNote,
    /// How often the circuit opened from half-open since it was last closed.
    pub(super) reopenings: u32,
    next_probe: u64,
    /// The instant from which stamps count.
    pub(super) epoch: Instant,
    pub(super) log: Log,
    /// The calls that the breaker remembered when a condition last opened the circuit.
    pub(super) last_opening: Option<Box<WindowCounts>>,
    pub(super) would_open: Option<Opening>,
    pub(super) failures: FailureLog,
    /// Whether the conditions must still be tested. When deferred successes are recorded, a
    /// condition may be met, if a failure was recorded while the successes were deferred.
    untested: bool,
}

impl Machine {
    pub(in crate::breaker) fn new(config: Arc<BreakerConfig>, now: Instant) -> Self {
        Self {
            phase: Phase::Closed(Health::new(&config, now)),
            period: Period::new(None, now),
            config,
            generation: 0,
            note: OperatorNote::EMPTY,
            reopenings: 0,
            next_probe: Ticket::FIRST_PROBE,
            // One nanosecond before the first reading. An instant before the epoch counts as 0 ns,
            // and no other instant must have this number.
            epoch: now.checked_sub(Duration::from_nanos(1)).unwrap_or(now),
            log: Log::new(now),
            last_opening: None,
            would_open: None,
            failures: FailureLog::default(),
            untested: false,
        }
    }

    /// Admits a call, or returns why the call is rejected.
    pub(in crate::breaker) fn admit(&mut self, now: Instant) -> Result<Ticket, Rejection> {
        self.catch_up(now);
        self.test_overdue(now);
        // If overdue calls have just opened the circuit and the recovery time is zero, the circuit
        // admits a probe at once.
        self.catch_up(now);
        let stamp = match &mut self.phase {
            Phase::Disabled => return Ok(Ticket::of_disabled(self.generation, Stamp::UNKNOWN)),
            Phase::Closed(_) | Phase::ObserveOnly { .. } => match self.config.slow_call {
                Some(_) => Stamp::of_nanos(nanos_between(self.epoch, now)),
                None => Stamp::UNKNOWN,
            },
            // B10: a slot is reserved at admission.
            Phase::HalfOpen(round) => {
                let id = self.next_probe;
                if !round.admit(id, &self.config, now) {
                    return Err(self.rejection(now));
                }
                self.next_probe = Ticket::next_probe(id);
                id
            }
            Phase::Open(_) | Phase::ForcedOpen => return Err(self.rejection(now)),
        };
        Ok(Ticket { generation: self.generation, stamp })
    }

    /// Admits a call inside a probe, if the probe still holds a slot of the present round. The
    /// inner call takes no slot, and its end is not reported.
    pub(in crate::breaker) fn admit_inside(
        &mut self,
        probe: Ticket,
        now: Instant,
    ) -> Option<Ticket> {
        if let Phase::HalfOpen(_) = &self.phase {
            self.test_overdue(now);
        }
        let Phase::HalfOpen(round) = &self.phase else { return None };
        let holds = probe.generation == self.generation && round.holds(probe.stamp);
        holds.then(|| Ticket::nested(self.generation))
    }

    /// Records the end of an admitted call.
    pub(in crate::breaker) fn report(
        &mut self,
        ticket: Ticket,
        end: &CallEnd,
        now: Instant,
    ) -> Counted {
        self.test_untested(now);
        let counted = self.record_end(ticket, end, now);
        self.test_overdue(now);
        counted
    }

    fn record_end(&mut self, ticket: Ticket, end: &CallEnd, now: Instant) -> Counted {
        if let Some(counted) = self.not_counted(ticket) {
            return counted;
        }
        let took = match &mut self.phase {
            Phase::HalfOpen(round) => {
                let Some(took) = round.release(ticket.stamp, now) else {
                    return Counted::Late;
                };
                Some(took)
            }
            _ => ticket.took(nanos_between(self.epoch, now)).map(Duration::from_nanos),
        };
        let failed = match end.ending {
            Ending::Reported(Outcome::Success) => false,
            Ending::Reported(Outcome::Failure) => true,
            Ending::Reported(Outcome::Ignored) => return Counted::Ignored,
            Ending::Abandoned if self.config.abandoned == AbandonedOutcome::Failure => true,
            Ending::Abandoned => return Counted::Abandoned,
        };
        let limit = self.config.slow_call;
        let slow = took.zip(limit).is_some_and(|(took, limit)| took >= limit);
        if failed {
            self.remember(now, took, end.text);
        }
        self.count(Call { failed, slow }, end.retry_after, now);
        if failed { Counted::Failure { slow } } else { Counted::Success { slow } }
    }

    // B20
    /// Remembers a failure. `took` is `None` if nothing measured the call.
    pub(in crate::breaker) fn remember(
        &mut self,
        at: Instant,
        took: Option<Duration>,
        text: Option<ErrorText>,
    ) {
        let text = text.filter(|_| self.config.remember_errors);
        self.failures.push(FailureRecord::new(at, took, text));
    }

    /// Records the end of a call without the time. If the time is needed, does nothing and returns
    /// `None`. If the call counts as a failure, the caller must then pass the failure to
    /// [`Machine::remember`].
    pub(in crate::breaker) fn report_untimed(
        &mut self,
        ticket: Ticket,
        ending: Ending,
    ) -> Option<Counted> {
        // With `slow_call`, every report looks for overdue calls, so it needs the present time.
        if self.untested || self.config.slow_call.is_some() {
            return None;
        }
        if let Some(counted) = self.not_counted(ticket) {
            return Some(counted);
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
        health.record_untimed(failed, &self.config).then_some(counted)
    }

    /// Records successes that were deferred as [`Machine::successes`] allowed.
    pub(in crate::breaker) fn record_pending(&mut self, successes: u64, bucket: u64) {
        if let Phase::Closed(health) | Phase::ObserveOnly { health, .. } = &mut self.phase {
            let end = later(self.epoch, Duration::from_nanos(bucket)).unwrap_or(self.epoch);
            let opens_nothing = health.is_clean() || health.pending_until(&self.config).is_some();
            self.untested |= !opens_nothing;
            health.record_pending(successes, end);
        }
    }

    /// Tests the conditions if deferred successes may have met one. The conditions are not tested
    /// when the successes are recorded, because a snapshot also records them, and a snapshot must
    /// not change the state.
    fn test_untested(&mut self, now: Instant) {
        if std::mem::take(&mut self.untested) {
            let health = self.phase.health();
            if let Some(condition) = health.and_then(|health| health.met(&self.config, now)) {
                self.apply(condition, None, now);
            }
        }
    }

    /// Returns how successes of this generation that are not slow are handled, and until when they
    /// can be deferred, in nanoseconds since the breaker was made.
    pub(in crate::breaker) fn successes(&self) -> (SuccessHandling, u64) {
        let Some(health) = self.phase.health() else {
            return (SuccessHandling::Locked, 0);
        };
        if health.is_clean() {
            return (SuccessHandling::Clean, u64::MAX);
        }
        match health.pending_until(&self.config) {
            Some(Until::Ever) => (SuccessHandling::Pending, u64::MAX),
            Some(Until::End(end)) => {
                (SuccessHandling::PendingInBucket, nanos_between(self.epoch, end))
            }
            None => (SuccessHandling::Locked, 0),
        }
    }

    /// Returns how the call is counted if it does not count in the present generation; otherwise
    /// returns `None`. The call counts as `Nowhere` if the breaker is disabled. B3: it counts as
    /// `Late` if an older generation admitted it.
    fn not_counted(&self, ticket: Ticket) -> Option<Counted> {
        if matches!(self.phase, Phase::Disabled) {
            Some(Counted::Nowhere)
        } else if ticket.admitted_in() != self.generation {
            Some(Counted::Late)
        } else {
            None
        }
    }

    /// Counts a success or a failure. If a condition is then met, or the round of probes is
    /// decided, changes the state.
    fn count(&mut self, call: Call, retry_after: Option<Duration>, now: Instant) {
        match &mut self.phase {
            Phase::Closed(health) | Phase::ObserveOnly { health, .. } => {
                if let Some(condition) = health.record(call, &self.config, now) {
                    self.apply(condition, retry_after, now);
                }
            }
            Phase::HalfOpen(round) => {
                let decision = round.count(call, &self.config);
                self.decide(decision, retry_after, now);
            }
            // A circuit that is open or forced open admits no call, so no ticket has its
            // generation. A disabled breaker counts nothing.
            Phase::Open(_) | Phase::ForcedOpen | Phase::Disabled => {}
        }
    }

    /// Ends the round of probes if it is decided.
    pub(super) fn decide(
        &mut self,
        decision: Decision,
        retry_after: Option<Duration>,
        now: Instant,
    ) {
        match decision {
            Decision::Undecided => {}
            Decision::Close => {
                self.enter(self.healthy(now), None, TransitionReason::ProbesSucceeded, now);
            }
            Decision::Reopen(condition) => self.open(condition, retry_after, now),
        }
    }

    /// Opens the circuit because `condition` is met. An observe-only breaker only records that it
    /// would have opened.
    pub(super) fn apply(
        &mut self,
        condition: Condition,
        retry_after: Option<Duration>,
        now: Instant,
    ) {
        match &mut self.phase {
            Phase::ObserveOnly { reported: true, .. } => {}
            Phase::ObserveOnly { reported, .. } => {
                *reported = true;
                self.would_open = Some(self.opening(condition, now));
            }
            _ => {
                let health = self.phase.health();
                self.last_opening =
                    health.map(|health| Box::new(health.counts(now, health.overdue())));
                self.open(condition, retry_after, now);
            }
        }
    }

    /// Returns whether the time of the present state is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.period.is_over(now)
    }

    /// Enters the state that a call finds now: half-open after an open time, and closed after the
    /// time of a state that was set by hand.
    fn catch_up(&mut self, now: Instant) {
        self.end_hold_if_over(now);
        if self.is_over(now) {
            let round = Phase::HalfOpen(Round::default());
            self.enter(round, None, TransitionReason::RecoveryTime, now);
        }
    }

    pub(super) fn healthy(&self, now: Instant) -> Phase {
        Phase::Closed(Health::new(&self.config, now))
    }

    pub(super) fn open(&mut self, cause: impl Into<Cause>, hint: Option<Duration>, now: Instant) {
        let length =
            Length::Computed { hint, jitter: random::unit(), reopenings: self.next_reopenings() };
        self.open_for(length, cause, now);
    }

    pub(super) fn open_for(&mut self, length: Length, cause: impl Into<Cause>, now: Instant) {
        self.reopenings = self.next_reopenings();
        let open_for = length.of(&self.config);
        self.enter(Phase::Open(length), Some(open_for), cause, now);
    }

    /// Returns the number of re-openings since the circuit was last closed, including the
    /// re-opening that begins now.
    fn next_reopenings(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen(_) => self.reopenings.saturating_add(1),
            _ => self.reopenings,
        }
    }

    /// Changes the state; if `lasts` is given, the new state ends after this time. Only this
    /// function changes the state.
    pub(super) fn enter(
        &mut self,
        phase: Phase,
        lasts: Option<Duration>,
        cause: impl Into<Cause>,
        now: Instant,
    ) {
        let Cause { reason, condition, note } = cause.into();
        self.log.time(&self.phase, self.period.end(), now);
        let (from, to) = (self.phase.state(), phase.state());
        let opening = condition.map(|condition| self.opening(condition, now));
        self.phase = phase;
        self.period = Period::new(lasts, now);
        self.note = match reason {
            TransitionReason::Manual | TransitionReason::Override => note.clone(),
            _ => OperatorNote::EMPTY,
        };
        self.untested = false;
        self.generation = next_generation(self.generation);
        if to == CircuitState::Closed {
            self.reopenings = 0;
        }
        if from == to {
            return;
        }
        let lasts = self.period.length();
        let transition = Transition { at: now, from, to, reason, lasts, note, opening };
        self.log.record(transition, self.epoch);
    }

    // B20
    /// Describes an opening by its condition and the last failure. An old failure says nothing
    /// about slow calls: if they open the circuit, the failure must be among the calls that the
    /// condition counts.
    fn opening(&self, condition: Condition, now: Instant) -> Opening {
        let is_concerned = |failure: &FailureRecord| match condition {
            Condition::SlowCallRate { .. } => {
                self.phase.health().is_some_and(|health| health.counts(now, 0).failures > 0)
            }
            Condition::FailedProbes { is_slow: true, .. } => failure.at() >= self.period.since(),
            _ => true,
        };
        Opening::new(condition, self.failures.last().filter(is_concerned))
    }

    fn rejection(&self, now: Instant) -> Rejection {
        Rejection { state: self.entered(), retry_after: self.retry_after(now) }
    }
}
