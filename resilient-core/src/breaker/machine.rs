//! The state machine: a plain value that is told the time. No lock, no clock, no I/O.
//!
//! Every change of state goes through [`Machine::enter`], which starts a new generation. A call remembers the generation
//! that admitted it, so that its result can never move another one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::config::{Abandoned, BreakerConfig};
use super::state::{Reason, State, Transition, TransitionRefused};
use super::word::wrap;
use crate::outcome::Outcome;
use crate::time::later;

/// How many transitions are remembered.
pub(crate) const HISTORY: usize = 32;

/// What an admitted call remembers: who admitted it, and the slot it holds if it is a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) generation: u64,
    /// Zero for a call that is no probe.
    pub(crate) probe: u64,
}

/// Why a call was not admitted, and how long to wait where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) state: State,
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
    Success,
    Failure,
    Ignored,
    Abandoned,
    /// The state that admitted it is over.
    Late,
    /// The breaker is disabled.
    Nowhere,
}

#[derive(Debug)]
struct Probe {
    id: u64,
    since: Instant,
    /// From here on another caller may take the slot.
    lease_end: Option<Instant>,
}

#[derive(Debug)]
enum Phase {
    Closed {
        streak: u32,
    },
    /// `until: None` is "until reset".
    Open {
        since: Instant,
        until: Option<Instant>,
    },
    HalfOpen {
        probes: Vec<Probe>,
        succeeded: u32,
        failed: u32,
    },
    ForcedOpen,
    Disabled,
    ObserveOnly {
        streak: u32,
        told: bool,
    },
}

/// How often the breaker went into each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TransitionCounts {
    /// Into `Closed`.
    pub closed: u64,
    /// Into `Open`.
    pub opened: u64,
    /// Into `HalfOpen`.
    pub half_opened: u64,
    /// Into `ForcedOpen`.
    pub forced_open: u64,
    /// Into `Disabled`.
    pub disabled: u64,
    /// Into `ObserveOnly`.
    pub observe_only: u64,
}

/// The state machine of one breaker.
#[derive(Debug)]
pub(crate) struct Machine {
    config: BreakerConfig,
    phase: Phase,
    generation: u64,
    /// Re-openings from half-open since the circuit was last closed.
    reopenings: u32,
    next_probe: u64,
    random: fastrand::Rng,
    transitions: TransitionCounts,
    history: VecDeque<Transition>,
    /// How many of the newest transitions nobody has fetched yet.
    unfetched: usize,
    would_open: bool,
}

impl Machine {
    pub(crate) fn new(config: BreakerConfig, random: fastrand::Rng) -> Self {
        Self {
            config,
            phase: Phase::Closed { streak: 0 },
            generation: 0,
            reopenings: 0,
            next_probe: 1,
            random,
            transitions: TransitionCounts::default(),
            history: VecDeque::new(),
            unfetched: 0,
            would_open: false,
        }
    }

    /// Admits a call, or says why not.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Ticket, Rejection> {
        if self.is_due(now) {
            self.enter(Phase::probing(), Reason::RecoveryTime, now);
        }
        let generation = self.generation;
        match &mut self.phase {
            Phase::Closed { .. } | Phase::Disabled | Phase::ObserveOnly { .. } => Ok(Ticket {
                generation,
                probe: 0,
            }),
            Phase::HalfOpen {
                probes,
                succeeded,
                failed,
            } => {
                let decided = succeeded.saturating_add(*failed);
                if !has_slot(&self.config, probes.len(), decided) {
                    let Some(lost) = probes.iter().position(|probe| probe.is_over(now)) else {
                        return Err(self.rejection(now));
                    };
                    probes.remove(lost);
                }
                let id = self.next_probe;
                self.next_probe = id.wrapping_add(1).max(1);
                probes.push(Probe {
                    id,
                    since: now,
                    lease_end: later(now, self.config.probe_timeout),
                });
                Ok(Ticket {
                    generation,
                    probe: id,
                })
            }
            Phase::Open { .. } | Phase::ForcedOpen => Err(self.rejection(now)),
        }
    }

    /// Takes note of how an admitted call ended.
    pub(crate) fn report(
        &mut self,
        ticket: Ticket,
        ending: Ending,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Counted {
        if matches!(self.phase, Phase::Disabled) {
            return Counted::Nowhere;
        }
        if ticket.generation != self.generation {
            return Counted::Late;
        }
        let counted = match ending {
            Ending::Reported(Outcome::Success) => Counted::Success,
            Ending::Reported(Outcome::Failure) => Counted::Failure,
            Ending::Reported(Outcome::Ignored) => Counted::Ignored,
            Ending::Abandoned if self.config.abandoned == Abandoned::Failure => Counted::Failure,
            Ending::Abandoned => Counted::Abandoned,
        };
        match &mut self.phase {
            Phase::Closed { streak } => {
                *streak = streak_after(*streak, counted);
                if *streak >= self.config.failure_threshold {
                    self.open(Reason::FailureThreshold, retry_after, now);
                }
            }
            Phase::ObserveOnly { streak, told } => {
                *streak = streak_after(*streak, counted);
                if *streak >= self.config.failure_threshold && !*told {
                    *told = true;
                    self.would_open = true;
                }
            }
            Phase::HalfOpen {
                probes,
                succeeded,
                failed,
            } => {
                let Some(slot) = probes.iter().position(|probe| probe.id == ticket.probe) else {
                    // Its lease was over, and another caller has the slot.
                    return Counted::Late;
                };
                probes.remove(slot);
                match counted {
                    Counted::Success => *succeeded = succeeded.saturating_add(1),
                    Counted::Failure => *failed = failed.saturating_add(1),
                    _ => {}
                }
                if *failed > self.config.half_open_failures {
                    self.open(Reason::ProbeFailed, retry_after, now);
                } else if *succeeded >= self.config.half_open_successes {
                    self.enter(Phase::healthy(), Reason::ProbesSucceeded, now);
                }
            }
            // These admit nobody, so no ticket is of their generation; and disabled returned above.
            Phase::Open { .. } | Phase::ForcedOpen | Phase::Disabled => {}
        }
        counted
    }

    /// Opens the circuit by hand. An open one that is due for a probe opens anew.
    pub(crate) fn trip(&mut self, now: Instant) -> Result<(), TransitionRefused> {
        if self.may_trip(now)? {
            self.open(Reason::Manual, None, now);
        }
        Ok(())
    }

    /// Opens the circuit by hand for `time` from now; an open one gets this as its end.
    pub(crate) fn trip_for(
        &mut self,
        time: Duration,
        now: Instant,
    ) -> Result<(), TransitionRefused> {
        if self.may_trip(now)? {
            self.open_for(time, Reason::Manual, now);
        } else if let Phase::Open { since, until } = &mut self.phase {
            *until = later(now.max(*since), time);
            let open_for = until.map(|until| until.saturating_duration_since(*since));
            if let Some(opening) = self.history.back_mut() {
                opening.open_for = open_for;
            }
        }
        Ok(())
    }

    pub(crate) fn half_open(&mut self, now: Instant) -> Result<(), TransitionRefused> {
        match self.phase {
            Phase::Open { .. } | Phase::ForcedOpen => {
                self.enter(Phase::probing(), Reason::Manual, now);
                Ok(())
            }
            Phase::HalfOpen { .. } => Ok(()),
            _ => Err(self.refused(State::HalfOpen)),
        }
    }

    /// Closes the circuit, always with a new generation and nothing remembered.
    pub(crate) fn close(&mut self, now: Instant) {
        self.enter(Phase::healthy(), Reason::Manual, now);
    }

    pub(crate) fn force_open(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::ForcedOpen) {
            self.enter(Phase::ForcedOpen, Reason::Manual, now);
        }
    }

    pub(crate) fn disable(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Disabled) {
            self.enter(Phase::Disabled, Reason::Manual, now);
        }
    }

    pub(crate) fn observe_only(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::ObserveOnly { .. }) {
            let phase = Phase::ObserveOnly {
                streak: 0,
                told: false,
            };
            self.enter(phase, Reason::Manual, now);
        }
    }

    pub(crate) fn config(&self) -> &BreakerConfig {
        &self.config
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The state that was last entered; see [`Machine::state`] for the one that holds now.
    pub(crate) fn entered(&self) -> State {
        self.phase.state()
    }

    /// The state as the next caller would find it. Changes nothing.
    pub(crate) fn state(&self, now: Instant) -> State {
        if self.is_due(now) {
            State::HalfOpen
        } else {
            self.entered()
        }
    }

    /// When the recovery time is over, while the circuit is open.
    pub(crate) fn end(&self) -> Option<Instant> {
        match self.phase {
            Phase::Open { until, .. } => until,
            _ => None,
        }
    }

    /// How long until a call may be admitted: zero where one would be now, `None` where nobody knows.
    pub(crate) fn retry_after(&self, now: Instant) -> Option<Duration> {
        match &self.phase {
            Phase::Open { since, until } => {
                until.map(|until| until.saturating_duration_since(now.max(*since)))
            }
            Phase::HalfOpen {
                probes,
                succeeded,
                failed,
            } => {
                let decided = succeeded.saturating_add(*failed);
                if has_slot(&self.config, probes.len(), decided) {
                    return Some(Duration::ZERO);
                }
                probes
                    .iter()
                    .filter_map(|probe| probe.lease_left(now))
                    .min()
            }
            Phase::ForcedOpen => None,
            Phase::Closed { .. } | Phase::Disabled | Phase::ObserveOnly { .. } => {
                Some(Duration::ZERO)
            }
        }
    }

    /// Failures in a row in the present state.
    pub(crate) fn streak(&self) -> u32 {
        match self.phase {
            Phase::Closed { streak } | Phase::ObserveOnly { streak, .. } => streak,
            _ => 0,
        }
    }

    /// Probes that hold a slot.
    pub(crate) fn probes_in_flight(&self) -> usize {
        match &self.phase {
            Phase::HalfOpen { probes, .. } => probes.len(),
            _ => 0,
        }
    }

    pub(crate) fn transitions(&self) -> TransitionCounts {
        self.transitions
    }

    /// The last transitions, oldest first.
    pub(crate) fn history(&self) -> impl Iterator<Item = Transition> + '_ {
        self.history.iter().copied()
    }

    /// The transitions since this was last asked, oldest first.
    pub(crate) fn fetch_transitions(&mut self) -> impl Iterator<Item = Transition> + '_ {
        let seen = self.history.len() - std::mem::take(&mut self.unfetched).min(self.history.len());
        self.history.iter().skip(seen).copied()
    }

    /// Whether an observed breaker would have opened since this was last asked.
    pub(crate) fn fetch_would_open(&mut self) -> bool {
        std::mem::take(&mut self.would_open)
    }

    /// Open, and the recovery time is over. A time before the opening counts as the opening.
    fn is_due(&self, now: Instant) -> bool {
        match self.phase {
            Phase::Open {
                since,
                until: Some(until),
            } => now.max(since) >= until,
            _ => false,
        }
    }

    /// Whether there is something to open: not if it is open already.
    fn may_trip(&mut self, now: Instant) -> Result<bool, TransitionRefused> {
        if self.is_due(now) {
            self.enter(Phase::probing(), Reason::RecoveryTime, now);
        }
        match self.phase {
            Phase::Closed { .. } | Phase::HalfOpen { .. } => Ok(true),
            Phase::Open { .. } => Ok(false),
            _ => Err(self.refused(State::Open)),
        }
    }

    fn open(&mut self, reason: Reason, retry_after: Option<Duration>, now: Instant) {
        let growth = self
            .config
            .recovery_factor
            .powf(f64::from(self.next_reopenings()));
        let config = &self.config;
        let base = scale(config.recovery_time, growth).min(config.max_recovery_time);
        let asked = retry_after.map_or(base, |hint| base.max(hint.min(config.max_recovery_time)));
        let time = if config.recovery_jitter > 0.0 {
            scale(asked, 1.0 + config.recovery_jitter * self.random.f64())
        } else {
            asked
        };
        self.open_for(time, reason, now);
    }

    fn open_for(&mut self, time: Duration, reason: Reason, now: Instant) {
        self.reopenings = self.next_reopenings();
        let phase = Phase::Open {
            since: now,
            until: later(now, time),
        };
        self.enter(phase, reason, now);
    }

    /// Re-openings since the circuit was last closed, with the one that comes now.
    fn next_reopenings(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen { .. } => self.reopenings.saturating_add(1),
            _ => self.reopenings,
        }
    }

    /// The one place where the state changes.
    fn enter(&mut self, phase: Phase, reason: Reason, now: Instant) {
        let (from, to) = (self.phase.state(), phase.state());
        self.phase = phase;
        self.generation = wrap(self.generation.wrapping_add(1));
        if to == State::Closed {
            self.reopenings = 0;
        }
        if from == to {
            return;
        }
        let count = match to {
            State::Closed => &mut self.transitions.closed,
            State::Open => &mut self.transitions.opened,
            State::HalfOpen => &mut self.transitions.half_opened,
            State::ForcedOpen => &mut self.transitions.forced_open,
            State::Disabled => &mut self.transitions.disabled,
            State::ObserveOnly => &mut self.transitions.observe_only,
        };
        *count = count.saturating_add(1);
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(Transition {
            at: now,
            from,
            to,
            reason,
            open_for: match self.phase {
                Phase::Open {
                    since,
                    until: Some(until),
                } => Some(until.saturating_duration_since(since)),
                _ => None,
            },
        });
        self.unfetched = self.unfetched.saturating_add(1);
    }

    fn rejection(&self, now: Instant) -> Rejection {
        Rejection {
            state: self.entered(),
            retry_after: self.retry_after(now),
        }
    }

    fn refused(&self, to: State) -> TransitionRefused {
        TransitionRefused {
            from: self.entered(),
            to,
        }
    }
}

impl Phase {
    fn healthy() -> Self {
        Self::Closed { streak: 0 }
    }

    fn probing() -> Self {
        Self::HalfOpen {
            probes: Vec::new(),
            succeeded: 0,
            failed: 0,
        }
    }

    fn state(&self) -> State {
        match self {
            Self::Closed { .. } => State::Closed,
            Self::Open { .. } => State::Open,
            Self::HalfOpen { .. } => State::HalfOpen,
            Self::ForcedOpen => State::ForcedOpen,
            Self::Disabled => State::Disabled,
            Self::ObserveOnly { .. } => State::ObserveOnly,
        }
    }
}

impl Probe {
    fn is_over(&self, now: Instant) -> bool {
        self.lease_left(now) == Some(Duration::ZERO)
    }

    /// A time before the admission counts as the admission.
    fn lease_left(&self, now: Instant) -> Option<Duration> {
        let now = now.max(self.since);
        self.lease_end.map(|end| end.saturating_duration_since(now))
    }
}

/// Whether a round of probes has room for one more.
fn has_slot(config: &BreakerConfig, in_flight: usize, decided: u32) -> bool {
    let in_flight = u32::try_from(in_flight).unwrap_or(u32::MAX);
    in_flight < config.half_open_max_calls
        && in_flight.saturating_add(decided) < config.most_probes_of_a_round()
}

fn streak_after(streak: u32, counted: Counted) -> u32 {
    match counted {
        Counted::Success => 0,
        Counted::Failure => streak.saturating_add(1),
        _ => streak,
    }
}

/// `time * factor`, `Duration::MAX` where that is too long to say.
fn scale(time: Duration, factor: f64) -> Duration {
    if factor <= 1.0 || time.is_zero() {
        return time;
    }
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}
