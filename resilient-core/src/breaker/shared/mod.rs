//! The concurrent shell around the state machine: the word in front of it, the lock around it, and its events.

mod event_queue;
mod guarded;
mod report;
mod setup;
pub(super) mod state_word;
pub(super) mod striped_counters;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use self::guarded::Locked;
use self::setup::Rest;
pub(crate) use self::setup::Setup;
use self::state_word::{Kind, Mirrored, Word};
use self::striped_counters::Slots;
use super::config::BreakerConfig;
use super::machine::{Machine, Rejection, Stamp, Successes, Ticket};
use super::permit::Permit;
use super::snapshot::{BreakerSnapshot, CallCounts, WindowCounts};
use crate::event::{EventKind, Listeners};
use crate::platform::MutexGuard;
use crate::seeded::{Bug, seeded};
use crate::signal::Name;
use crate::signal::{CircuitOpen, Wait};
use crate::signal::{CircuitState, TransitionError};
use crate::telemetry;

/// One breaker. Constructed in `const`, so that it can be a static of an annotated function; the rest is set when that
/// function is first called.
#[derive(Debug)]
pub(crate) struct Core {
    word: Word,
    /// What was counted without the lock.
    slots: Slots,
    rest: OnceLock<Rest>,
}

impl Core {
    /// A core with no name and no settings yet, which admits nobody.
    #[cfg(not(any(loom, shuttle)))]
    pub(crate) const fn unregistered() -> Self {
        Self {
            word: Word::unregistered(),
            slots: Slots::new(),
            rest: OnceLock::new(),
        }
    }

    #[cfg(any(loom, shuttle))]
    pub(crate) fn unregistered() -> Self {
        Self {
            word: Word::unregistered(),
            slots: Slots::new(),
            rest: OnceLock::new(),
        }
    }

    pub(crate) fn new(setup: Setup) -> Self {
        let core = Self::unregistered();
        core.set_up(setup);
        core
    }

    /// Names and configures an unregistered core. Does nothing the second time.
    pub(crate) fn set_up(&self, setup: Setup) {
        if self.rest.set(Rest::new(setup)).is_ok() {
            let rest = self.rest();
            self.mirror(rest, &rest.lock());
        }
    }

    pub(crate) fn set_alias(&self) {
        self.word.set_alias();
    }

    /// Whether it is a breaker, and not a call site that has none of its own.
    pub(crate) fn is_set_up(&self) -> bool {
        matches!(self.word.read().kind(), Kind::In(_))
    }

    /// Admits a call of a closed breaker that does not time calls: one load.
    #[inline]
    pub(crate) fn admit_closed(&self) -> Option<Ticket> {
        self.word.closed().map(|generation| Ticket {
            generation,
            stamp: Stamp::UNKNOWN,
        })
    }

    /// Admits a call in any state. The word alone decides in states that admit all or reject all, and in an open circuit whose
    /// end has not come; the lock is taken where a probe may be admitted. The clock is read where calls are timed, and where
    /// there is an end.
    #[inline(never)]
    pub(crate) fn admit(&self) -> Result<Permit<'_>, CircuitOpen> {
        let rest = self.rest();
        let word = self.word.read();
        let stamp = match word.kind() {
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly) if word.is_timed() => {
                match rest.nanos() {
                    Some(begun) => Stamp::of_nanos(begun),
                    None => return self.admit_locked(rest),
                }
            }
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly | CircuitState::Disabled) => {
                Stamp::UNKNOWN
            }
            Kind::In(CircuitState::Open) => match rest.time_left() {
                Some(wait) => return Err(self.reject(rest, CircuitState::Open, wait)),
                None => return self.admit_locked(rest),
            },
            Kind::In(CircuitState::ForcedOpen) => {
                return Err(self.reject(rest, CircuitState::ForcedOpen, Wait::UNKNOWN));
            }
            Kind::In(CircuitState::HalfOpen) | Kind::Unregistered | Kind::Alias => {
                return self.admit_locked(rest);
            }
        };
        let generation = word.generation();
        Ok(Permit::new(self, Ticket { generation, stamp }))
    }

    fn reject(&self, rest: &Rest, state: CircuitState, retry_after: Wait) -> CircuitOpen {
        self.slots.add_rejection();
        let open = rest.circuit_open(state, retry_after);
        telemetry::rejected(&open);
        open
    }

    #[cold]
    fn admit_locked(&self, rest: &Rest) -> Result<Permit<'_>, CircuitOpen> {
        let (mut locked, now) = self.lock_now(rest);
        let admitted = locked.machine.admit(now);
        if admitted.is_err() {
            locked.totals.count_rejection();
        }
        self.settle(rest, locked);
        match admitted {
            Ok(ticket) => Ok(Permit::new(self, ticket)),
            Err(Rejection { state, retry_after }) => {
                let open = rest.circuit_open(state, retry_after.into());
                telemetry::rejected(&open);
                Err(open)
            }
        }
    }

    pub(crate) fn by_hand(
        &self,
        change: impl FnOnce(&mut Machine, Instant) -> Result<(), TransitionError>,
    ) -> Result<(), TransitionError> {
        let rest = self.rest();
        let (mut locked, now) = self.lock_now(rest);
        let result = change(&mut locked.machine, now);
        self.settle(rest, locked);
        result
    }

    /// Goes on under other settings, and in the mode that they give, unless newer ones came first.
    pub(crate) fn reconfigure(&self, settings: Settings) {
        let rest = self.rest();
        let (mut locked, now) = self.lock_now(rest);
        if locked.reconfigure(settings, now) {
            locked.queue(rest, EventKind::SettingsChanged);
        }
        if seeded(Bug::WordForgottenByReconfigure) {
            return;
        }
        self.settle(rest, locked);
    }

    pub(crate) fn name(&self) -> &Name {
        &self.rest().name
    }

    pub(crate) fn config(&self) -> Arc<BreakerConfig> {
        Arc::clone(self.rest().lock().machine.config())
    }

    /// Closed, and not by the clock but as last entered: what may be forgotten.
    pub(crate) fn is_closed(&self) -> bool {
        self.word.read().kind() == Kind::In(CircuitState::Closed)
    }

    pub(crate) fn state(&self) -> CircuitState {
        match self.word.read().kind() {
            Kind::In(CircuitState::Open) => {
                let (locked, now) = self.rest().lock_to_look();
                locked.machine.state(now)
            }
            Kind::In(state) => state,
            Kind::Unregistered | Kind::Alias => CircuitState::Closed,
        }
    }

    /// What a call would be told now, if the circuit is open or forced open.
    pub(crate) fn open_now(&self) -> Option<CircuitOpen> {
        let kind = self.word.read().kind();
        if !matches!(
            kind,
            Kind::In(CircuitState::Open | CircuitState::ForcedOpen)
        ) {
            return None;
        }
        let rest = self.rest();
        let (locked, now) = rest.lock_to_look();
        let state = locked.machine.state(now);
        let retry_after = locked.machine.retry_after(now);
        matches!(state, CircuitState::Open | CircuitState::ForcedOpen)
            .then(|| rest.circuit_open(state, retry_after.into()))
    }

    pub(crate) fn snapshot(&self) -> BreakerSnapshot {
        let rest = self.rest();
        let (mut locked, now) = rest.lock_to_look();
        locked.learn(&self.slots);
        let machine = &locked.machine;
        let totals = self.totals(&locked);
        let state = machine.state(now);
        let recent: Vec<_> = machine.history().collect();
        let since = if state == machine.entered() {
            recent.last().map(|transition| transition.at)
        } else {
            machine.end()
        };
        BreakerSnapshot {
            name: (*rest.name).to_owned(),
            key: rest.name.key().map(str::to_owned),
            at: now,
            state,
            since,
            retry_after: machine.retry_after(now),
            consecutive_failures: machine.streak(),
            window: machine
                .window(now)
                .map(|window| WindowCounts::new(machine.streak(), Some(window))),
            last_opening: machine
                .last_opening()
                .map(|then| WindowCounts::new(then.streak, then.window)),
            probes_in_flight: machine.probes_in_flight(),
            totals,
            in_state: totals.since(&locked.totals_at_start),
            transitions: machine.transitions(),
            time_in_state: machine.time_in_state(now),
            recent,
            listener_panics: rest.listener_panics.load(Relaxed),
            lost_events: locked.events.lost(),
        }
    }

    pub(crate) fn listeners(&self) -> &Arc<Listeners> {
        &self.rest().listeners
    }

    /// Lets a registry's listeners hear this breaker's events.
    pub(crate) fn join(&self, registry: &Arc<Listeners>) {
        self.rest().join(registry);
    }

    /// The same, no longer.
    pub(crate) fn leave(&self, registry: &Arc<Listeners>) {
        self.rest().leave(registry);
    }

    /// Delivers events that are no transitions, and what else waits.
    pub(crate) fn tell(&self, kinds: Vec<EventKind>) {
        let rest = self.rest();
        let mut locked = rest.lock();
        for kind in kinds {
            locked.queue(rest, kind);
        }
        self.settle(rest, locked);
    }

    /// A registered core has all its parts; an alias or an unregistered one never gets here.
    fn rest(&self) -> &Rest {
        self.rest
            .get()
            .expect("a breaker is set up before it is used")
    }

    fn totals(&self, locked: &Locked) -> CallCounts {
        let mut totals = locked.totals;
        totals.success = totals.success.saturating_add(self.slots.clean());
        totals.rejected = totals.rejected.saturating_add(self.slots.rejected());
        totals
    }

    /// Under the lock, the machine knows of every success.
    #[inline]
    fn lock<'a>(&self, rest: &'a Rest) -> MutexGuard<'a, Locked> {
        let mut locked = rest.lock();
        locked.learn(&self.slots);
        locked
    }

    /// The clock is read before the lock is taken: a given one is not our code.
    fn lock_now<'a>(&self, rest: &'a Rest) -> (MutexGuard<'a, Locked>, Instant) {
        let now = rest.now();
        let mut locked = self.lock(rest);
        locked.take_note_of(now);
        let now = locked.latest;
        (locked, now)
    }

    /// Makes the word say what the machine says. Whether its generation is a new one.
    fn mirror(&self, rest: &Rest, locked: &Locked) -> bool {
        let machine = &locked.machine;
        let (successes, bucket) = machine.successes();
        rest.set_slow_call(machine.config().slow_call);
        rest.set_bucket(bucket);
        rest.set_open(machine.opening());
        self.word.set(mirrored(machine, successes))
    }

    /// Ends every operation: mirrors the machine in the word, gives the lock back, delivers what happened.
    fn settle<'a>(&self, rest: &'a Rest, mut locked: MutexGuard<'a, Locked>) {
        if seeded(Bug::WordWrittenUnlocked) {
            let late = mirrored(&locked.machine, locked.machine.successes().0);
            drop(locked);
            self.word.set(late);
            return;
        }
        if seeded(Bug::WordWrittenOnTransitionsOnly)
            && self.word.read().generation() == locked.machine.generation()
        {
            return;
        }
        if self.mirror(rest, &locked) {
            locked.totals_at_start = self.totals(&locked);
            if locked.machine.entered() == CircuitState::Closed {
                rest.tell_group_of_closing();
            }
        }
        if locked.machine.has_news() {
            locked.queue_what_happened(rest);
        }
        if locked.events.is_empty() || locked.delivering {
            return;
        }
        locked.delivering = !seeded(Bug::DeliveryGivenBackEarly);
        while let Some(event) = locked.events.pop() {
            drop(locked);
            rest.deliver(&event, self);
            locked = rest.lock();
        }
        if seeded(Bug::DeliveryGivenBackApart) {
            drop(locked);
            locked = rest.lock();
        }
        locked.delivering = false;
    }
}

fn mirrored(machine: &Machine, successes: Successes) -> Mirrored {
    let state = machine.entered();
    let counts = matches!(state, CircuitState::Closed | CircuitState::ObserveOnly);
    Mirrored {
        state,
        generation: machine.generation(),
        successes,
        is_timed: counts && machine.config().slow_call.is_some(),
    }
}

/// Settings for a live breaker.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) config: Arc<BreakerConfig>,
    /// The mode that an operator's override asks for.
    pub(crate) mode: Option<super::OperatorMode>,
    /// Newer ones have a higher one: those that come late change nothing.
    pub(crate) version: u64,
}

impl Settings {
    /// As the code has them, with no override.
    pub(crate) fn of_code(config: Arc<BreakerConfig>) -> Self {
        Self {
            config,
            mode: None,
            version: 0,
        }
    }
}
