//! The concurrent shell around the state machine: the word in front of it, the lock around it, and its events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::config::BreakerConfig;
use super::machine::{Counted, Ending, Machine, Rejection, Ticket};
use super::open::CircuitOpen;
use super::snapshot::{Counts, Snapshot};
use super::state::{State, TransitionRefused};
use super::word::{Kind, Slots, Word};
use crate::event::{Event, EventKind, ListenerId, Listeners};
use crate::name::Name;
use crate::telemetry;
use crate::time::Source;

/// Events that wait for slow listeners; beyond that the oldest are lost, and counted.
const MOST_EVENTS: usize = 256;

/// One breaker. Constructed in `const`, so that it can be a static of an annotated function; the rest is set when that
/// function is first called.
#[derive(Debug)]
pub(crate) struct Core {
    word: Word,
    /// Successes that were counted without the lock.
    clean_successes: Slots,
    rest: OnceLock<Rest>,
}

#[derive(Debug)]
struct Rest {
    name: Name,
    clock: Source,
    /// What a clock that panics is taken to say.
    made: Instant,
    locked: Mutex<Locked>,
    listeners: Listeners,
    /// Of the registry that the breaker is in.
    registry_listeners: OnceLock<Arc<Listeners>>,
}

#[derive(Debug)]
struct Locked {
    machine: Machine,
    /// Without the clean successes, which are in their slots.
    totals: Counts,
    /// Totals when the present generation began.
    totals_at_start: Counts,
    events: VecDeque<Event>,
    lost_events: u64,
    /// Some thread is delivering events, and will deliver those that come meanwhile.
    delivering: bool,
}

impl Core {
    /// A core with no name and no settings yet, which admits nobody.
    pub(crate) const fn unregistered() -> Self {
        Self {
            word: Word::unregistered(),
            clean_successes: Slots::new(),
            rest: OnceLock::new(),
        }
    }

    pub(crate) fn new(name: Name, config: BreakerConfig, clock: Source) -> Self {
        let core = Self::unregistered();
        core.set_up(name, config, clock);
        core
    }

    /// Names and configures an unregistered core. Does nothing the second time.
    pub(crate) fn set_up(&self, name: Name, config: BreakerConfig, clock: Source) {
        let rest = Rest {
            name,
            made: clock.now_or(crate::time::now()),
            clock,
            locked: Mutex::new(Locked {
                machine: Machine::new(config, fastrand::Rng::new()),
                totals: Counts::default(),
                totals_at_start: Counts::default(),
                events: VecDeque::new(),
                lost_events: 0,
                delivering: false,
            }),
            listeners: Listeners::default(),
            registry_listeners: OnceLock::new(),
        };
        if self.rest.set(rest).is_ok() {
            self.word.set(State::Closed, 0, 0);
        }
    }

    pub(crate) fn set_alias(&self) {
        self.word.set_alias();
    }

    /// Admits a call of a closed breaker: one load.
    #[inline]
    pub(crate) fn admit_closed(&self) -> Option<Ticket> {
        self.word.closed().map(|generation| Ticket {
            generation,
            probe: 0,
        })
    }

    /// Admits a call in any state.
    pub(crate) fn admit(&self) -> Result<Ticket, CircuitOpen> {
        let rest = self.rest();
        let now = rest.now();
        let mut locked = rest.lock();
        match locked.machine.admit(now) {
            Ok(ticket) => {
                self.settle(rest, locked);
                Ok(ticket)
            }
            Err(rejection) => {
                locked.totals.rejected = locked.totals.rejected.saturating_add(1);
                self.settle(rest, locked);
                let open = rest.circuit_open(rejection);
                telemetry::rejected(&open);
                Err(open)
            }
        }
    }

    /// Counts a success of a breaker that has seen no failure since the call was admitted: a load, and a count that no
    /// other thread writes. `false` if there is more to it.
    #[inline]
    pub(crate) fn count_clean_success(&self, ticket: Ticket) -> bool {
        let clean = self.word.is_clean(ticket.generation);
        if clean {
            self.clean_successes.add_one();
        }
        clean
    }

    pub(crate) fn report(&self, ticket: Ticket, ending: Ending, retry_after: Option<Duration>) {
        let rest = self.rest();
        let now = rest.now();
        let mut locked = rest.lock();
        let counted = locked.machine.report(ticket, ending, retry_after, now);
        let totals = &mut locked.totals;
        let count = match counted {
            Counted::Success => &mut totals.success,
            Counted::Failure => &mut totals.failure,
            Counted::Ignored => &mut totals.ignored,
            Counted::Abandoned => &mut totals.abandoned,
            Counted::Late => &mut totals.late,
            Counted::Nowhere => return,
        };
        *count = count.saturating_add(1);
        self.settle(rest, locked);
    }

    pub(crate) fn by_hand(
        &self,
        change: impl FnOnce(&mut Machine, Instant) -> Result<(), TransitionRefused>,
    ) -> Result<(), TransitionRefused> {
        let rest = self.rest();
        let now = rest.now();
        let mut locked = rest.lock();
        let result = change(&mut locked.machine, now);
        self.settle(rest, locked);
        result
    }

    pub(crate) fn name(&self) -> &str {
        &self.rest().name
    }

    pub(crate) fn shared_name(&self) -> Name {
        self.rest().name.clone()
    }

    pub(crate) fn config(&self) -> BreakerConfig {
        self.rest().lock().machine.config().clone()
    }

    pub(crate) fn state(&self) -> State {
        match self.word.kind() {
            Kind::In(State::Open) => {
                let rest = self.rest();
                let now = rest.now();
                rest.lock().machine.state(now)
            }
            Kind::In(state) => state,
            Kind::Unregistered | Kind::Alias => State::Closed,
        }
    }

    /// What a call would be told now, if the circuit is open or forced open.
    pub(crate) fn open_now(&self) -> Option<CircuitOpen> {
        if !matches!(self.word.kind(), Kind::In(State::Open | State::ForcedOpen)) {
            return None;
        }
        let rest = self.rest();
        let now = rest.now();
        let machine = &rest.lock().machine;
        let state = machine.state(now);
        let retry_after = machine.retry_after(now);
        matches!(state, State::Open | State::ForcedOpen)
            .then(|| rest.circuit_open(Rejection { state, retry_after }))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let rest = self.rest();
        let now = rest.now();
        let locked = rest.lock();
        let machine = &locked.machine;
        let totals = self.totals(&locked);
        let state = machine.state(now);
        let due = state != machine.entered();
        let recent: Vec<_> = machine.history().collect();
        let since = if due {
            machine.end()
        } else {
            recent.last().map(|transition| transition.at)
        };
        let registry_panics = rest
            .registry_listeners
            .get()
            .map_or(0, |each| each.panics());
        Snapshot {
            name: rest.name.to_string(),
            state,
            since,
            retry_after: machine.retry_after(now),
            streak: machine.streak(),
            probes_in_flight: machine.probes_in_flight(),
            totals,
            in_state: totals.since(&locked.totals_at_start),
            transitions: machine.transitions(),
            recent,
            listener_panics: rest.listeners.panics().saturating_add(registry_panics),
            lost_events: locked.lost_events,
        }
    }

    pub(crate) fn add_listener(
        &self,
        listener: impl Fn(&Event) + Send + Sync + 'static,
    ) -> ListenerId {
        self.rest().listeners.add(listener)
    }

    pub(crate) fn remove_listener(&self, id: ListenerId) -> bool {
        self.rest().listeners.remove(id)
    }

    /// Lets a registry's listeners hear this breaker's events. The first registry stays.
    pub(crate) fn join(&self, registry_listeners: &Arc<Listeners>) {
        let _ = self
            .rest()
            .registry_listeners
            .set(Arc::clone(registry_listeners));
    }

    /// Delivers an event that is no transition.
    pub(crate) fn tell(&self, kind: EventKind) {
        let rest = self.rest();
        let mut locked = rest.lock();
        locked.queue(rest, kind);
        self.settle(rest, locked);
    }

    /// A registered core has all its parts; an alias or an unregistered one never gets here.
    fn rest(&self) -> &Rest {
        self.rest
            .get()
            .expect("a breaker is set up before it is used")
    }

    fn totals(&self, locked: &Locked) -> Counts {
        let mut totals = locked.totals;
        totals.success = totals.success.saturating_add(self.clean_successes.sum());
        totals
    }

    /// Ends every operation: mirrors the machine in the word, gives the lock back, delivers what happened.
    fn settle<'a>(&self, rest: &'a Rest, mut locked: MutexGuard<'a, Locked>) {
        let machine = &locked.machine;
        let generation = machine.generation();
        let new_generation = self
            .word
            .set(machine.entered(), generation, machine.streak());
        if new_generation {
            locked.totals_at_start = self.totals(&locked);
        }
        locked.queue_what_happened(rest);
        if locked.events.is_empty() || locked.delivering {
            return;
        }
        locked.delivering = true;
        while let Some(event) = locked.events.pop_front() {
            drop(locked);
            rest.deliver(&event);
            locked = rest.lock();
        }
        locked.delivering = false;
    }
}

impl Rest {
    /// No user code runs under the lock, so it cannot be poisoned halfway through a change.
    fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Read before the lock is taken: a given clock is not our code.
    fn now(&self) -> Instant {
        self.clock.now_or(self.made)
    }

    fn circuit_open(&self, rejection: Rejection) -> CircuitOpen {
        CircuitOpen {
            breaker: self.name.clone(),
            state: rejection.state,
            retry_after: rejection.retry_after,
        }
    }

    fn is_heard(&self) -> bool {
        telemetry::ENABLED
            || !self.listeners.is_empty()
            || self
                .registry_listeners
                .get()
                .is_some_and(|listeners| !listeners.is_empty())
    }

    fn deliver(&self, event: &Event) {
        telemetry::event(event);
        self.listeners.tell(event);
        if let Some(listeners) = self.registry_listeners.get() {
            listeners.tell(event);
        }
    }
}

impl Locked {
    fn queue_what_happened(&mut self, rest: &Rest) {
        let would_open = self.machine.fetch_would_open();
        let transitions: Vec<_> = self.machine.fetch_transitions().collect();
        for transition in transitions {
            self.queue(rest, EventKind::Transition(transition));
        }
        if would_open {
            self.queue(rest, EventKind::WouldOpen);
        }
    }

    fn queue(&mut self, rest: &Rest, kind: EventKind) {
        if !rest.is_heard() {
            return;
        }
        if self.events.len() == MOST_EVENTS {
            self.events.pop_front();
            self.lost_events = self.lost_events.saturating_add(1);
        }
        self.events.push_back(Event {
            breaker: rest.name.clone(),
            kind,
        });
    }
}
