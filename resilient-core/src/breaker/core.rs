//! The concurrent shell around the state machine: the word in front of it, the lock around it, and its events.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
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
    locked: Mutex<Locked>,
    listeners: Listeners,
    /// Those of the registries that the breaker is in.
    registries: RwLock<Vec<Arc<Listeners>>>,
    listener_panics: AtomicU64,
}

#[derive(Debug)]
struct Locked {
    machine: Machine,
    /// When the last operation was: what a clock that panics is taken to say.
    latest: Instant,
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
            locked: Mutex::new(Locked {
                latest: clock.now().unwrap_or_else(crate::time::now),
                machine: Machine::new(config, fastrand::Rng::new()),
                totals: Counts::default(),
                totals_at_start: Counts::default(),
                events: VecDeque::new(),
                lost_events: 0,
                delivering: false,
            }),
            clock,
            listeners: Listeners::default(),
            registries: RwLock::default(),
            listener_panics: AtomicU64::new(0),
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
        let (mut locked, now) = rest.lock_now();
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
        let (mut locked, now) = rest.lock_now();
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
        let (mut locked, now) = rest.lock_now();
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
                let (locked, now) = self.rest().lock_to_look();
                locked.machine.state(now)
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
        let (locked, now) = rest.lock_to_look();
        let state = locked.machine.state(now);
        let retry_after = locked.machine.retry_after(now);
        matches!(state, State::Open | State::ForcedOpen)
            .then(|| rest.circuit_open(Rejection { state, retry_after }))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let rest = self.rest();
        let (locked, now) = rest.lock_to_look();
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
            listener_panics: rest.listener_panics.load(Relaxed),
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

    /// Lets a registry's listeners hear this breaker's events.
    pub(crate) fn join(&self, registry: &Arc<Listeners>) {
        let registries = &self.rest().registries;
        let mut registries = registries.write().unwrap_or_else(PoisonError::into_inner);
        registries.push(Arc::clone(registry));
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

    /// The clock is read before the lock is taken: a given one is not our code.
    fn lock_now(&self) -> (MutexGuard<'_, Locked>, Instant) {
        let now = self.clock.now();
        let mut locked = self.lock();
        locked.latest = now.unwrap_or(locked.latest);
        let now = locked.latest;
        (locked, now)
    }

    /// The same, to change nothing.
    fn lock_to_look(&self) -> (MutexGuard<'_, Locked>, Instant) {
        let now = self.clock.now();
        let locked = self.lock();
        let now = now.unwrap_or(locked.latest);
        (locked, now)
    }

    fn circuit_open(&self, rejection: Rejection) -> CircuitOpen {
        CircuitOpen {
            breaker: self.name.clone(),
            state: rejection.state,
            retry_after: rejection.retry_after,
        }
    }

    fn registries(&self) -> Vec<Arc<Listeners>> {
        let registries = self.registries.read();
        registries.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_heard(&self) -> bool {
        telemetry::ENABLED
            || !self.listeners.is_empty()
            || self.registries().iter().any(|each| !each.is_empty())
    }

    fn deliver(&self, event: &Event) {
        telemetry::event(event);
        let own = self.listeners.tell(event);
        let registries = self.registries();
        let panics = registries.iter().map(|each| each.tell(event)).sum::<u64>() + own;
        self.listener_panics.fetch_add(panics, Relaxed);
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
