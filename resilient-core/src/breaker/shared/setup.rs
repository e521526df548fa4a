//! What a breaker has besides its word and its counts: name, clock, lock, listeners.

use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::guarded::Locked;
use super::{Core, Settings};
use crate::breaker::OperatorMode;
use crate::breaker::machine::{Machine, Stamp, Ticket};
use crate::event::{Event, EventKind, Listeners};
use crate::platform::{AtomicU64, Mutex, MutexGuard};
use crate::seeded::{Bug, seeded};
use crate::signal::CircuitState;
use crate::signal::Name;
use crate::signal::{CircuitOpen, Wait};
use crate::telemetry;
use crate::time::{Source, nanos_between};

/// What a breaker is made of.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) name: Name,
    pub(crate) settings: Settings,
    /// The mode to begin in: that of the settings, or a newer one that was set by hand.
    pub(crate) start_in: Option<OperatorMode>,
    pub(crate) clock: Source,
    /// When it is made, by that clock: read before, since a given clock is foreign code and breakers are made under locks.
    pub(crate) now: Instant,
    /// Of a keyed breaker: how often one of its group was closed.
    pub(crate) closings: Option<Arc<AtomicU64>>,
}

impl Setup {
    pub(crate) fn new(name: Name, settings: Settings, clock: Source) -> Self {
        let now = clock.now_or_real();
        Self::at(name, settings, clock, now)
    }

    pub(crate) fn at(name: Name, settings: Settings, clock: Source, now: Instant) -> Self {
        Self {
            name,
            start_in: settings.mode,
            settings,
            clock,
            now,
            closings: None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Rest {
    pub(super) name: Name,
    clock: Source,
    /// What stamps count from.
    epoch: Instant,
    /// In nanoseconds, `u64::MAX` for none: the setting, to be read without the lock.
    slow_call: AtomicU64,
    /// Until when successes can be left for later, where they can: in nanoseconds since the epoch, `u64::MAX` for ever.
    bucket: AtomicU64,
    /// The last opening, in nanoseconds since the epoch; and its end, `u64::MAX` for "until reset", zero for unknown.
    open_since: AtomicU64,
    open_until: AtomicU64,
    locked: Mutex<Locked>,
    pub(super) listeners: Arc<Listeners>,
    /// Those of the registries that the breaker is in.
    registries: RwLock<Vec<Arc<Listeners>>>,
    pub(super) listener_panics: AtomicU64,
    closings: Option<Arc<AtomicU64>>,
}

impl Rest {
    pub(super) fn new(setup: Setup) -> Self {
        let now = setup.now;
        let config = Arc::clone(&setup.settings.config);
        let machine = Machine::new(config, fastrand::Rng::new(), now);
        let locked = Locked::new(machine, &setup.settings, setup.start_in, now);
        Self {
            name: setup.name,
            epoch: now,
            clock: setup.clock.counting_from(now),
            slow_call: AtomicU64::new(u64::MAX),
            bucket: AtomicU64::new(0),
            open_since: AtomicU64::new(0),
            open_until: AtomicU64::new(0),
            locked: Mutex::new(locked),
            listeners: Arc::default(),
            registries: RwLock::default(),
            listener_panics: AtomicU64::new(0),
            closings: setup.closings,
        }
    }

    /// No user code runs under the lock, so it cannot be poisoned halfway through a change.
    pub(super) fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With the time, to change nothing. The clock is read before the lock is taken: a given one is not our code.
    pub(super) fn lock_to_look(&self) -> (MutexGuard<'_, Locked>, Instant) {
        let now = self.clock.now();
        let locked = self.lock();
        let now = now.unwrap_or(locked.latest);
        (locked, now)
    }

    /// `None` if the clock does not say.
    pub(super) fn now(&self) -> Option<Instant> {
        self.clock.now()
    }

    pub(super) fn has_given_clock(&self) -> bool {
        matches!(self.clock, Source::Given(_))
    }

    /// The same, in nanoseconds since the epoch.
    #[inline]
    pub(super) fn nanos(&self) -> Option<u64> {
        self.clock.nanos_since(&self.epoch)
    }

    /// What [`Rest::nanos`] came from: the epoch, where it was before. `None` is too far after it.
    pub(super) fn instant_of(&self, nanos: u64) -> Option<Instant> {
        let instant = self.epoch.checked_add(Duration::from_nanos(nanos));
        instant.filter(|_| nanos != u64::MAX)
    }

    fn nanos_of(&self, now: Instant) -> u64 {
        nanos_between(self.epoch, now)
    }

    pub(super) fn is_fast(&self, ticket: Ticket, now: u64) -> bool {
        let limit = self.slow_call.load(Relaxed);
        Stamp::took(ticket.stamp, now)
            .is_some_and(|took| took < limit || (seeded(Bug::FastAtTheLimit) && took == limit))
    }

    pub(super) fn bucket(&self) -> u64 {
        self.bucket.load(Relaxed)
    }

    /// How long a circuit stays open that was open when the word was read. `None` if the end has come, or if only the state
    /// machine knows.
    pub(super) fn time_left(&self) -> Option<Wait> {
        let now = self.nanos()?;
        let (since, until) = (self.open_since.load(Relaxed), self.open_until.load(Relaxed));
        match until {
            u64::MAX => Some(Wait::UNKNOWN),
            until if now < since || now >= until => None,
            until => Some(Wait::of_nanos(until - now)),
        }
    }

    /// To be called under the lock, as the others that set something.
    pub(super) fn set_slow_call(&self, limit: Option<Duration>) {
        let nanos = limit.map_or(u64::MAX, |limit| {
            u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX)
        });
        set(&self.slow_call, nanos);
    }

    pub(super) fn set_bucket(&self, end: u64) {
        set(&self.bucket, end);
    }

    /// Before the word says that the circuit is open.
    pub(super) fn set_open(&self, opening: Option<(Instant, Option<Instant>)>) {
        let Some((since, until)) = opening else {
            return;
        };
        set(&self.open_since, self.nanos_of(since));
        let until = until.map_or(u64::MAX, |until| match self.nanos_of(until) {
            u64::MAX => 0,
            nanos => nanos,
        });
        set(&self.open_until, until);
    }

    pub(super) fn tell_group_of_closing(&self) {
        if let Some(closings) = &self.closings {
            // Published with the word that says so: who sees the count finds the closed breaker.
            let published = if seeded(Bug::ClosingCountedRelaxed) {
                Relaxed
            } else {
                Release
            };
            closings.fetch_add(1, published);
        }
    }

    pub(super) fn circuit_open(&self, state: CircuitState, retry_after: Wait) -> CircuitOpen {
        CircuitOpen::new(self.name.clone(), state, retry_after)
    }

    pub(super) fn join(&self, registry: &Arc<Listeners>) {
        let mut registries = self
            .registries
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if !registries.iter().any(|each| Arc::ptr_eq(each, registry)) {
            registries.push(Arc::clone(registry));
        }
    }

    pub(super) fn leave(&self, registry: &Arc<Listeners>) {
        let mut registries = self
            .registries
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        registries.retain(|each| !Arc::ptr_eq(each, registry));
    }

    fn registries(&self) -> Vec<Arc<Listeners>> {
        let registries = self.registries.read();
        registries.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_heard(&self) -> bool {
        telemetry::ENABLED
            || !self.listeners.is_empty()
            || self.registries().iter().any(|each| !each.is_empty())
    }

    pub(super) fn deliver(&self, event: &Event, core: &Core) {
        let registries = self.registries();
        telemetry::event(event);
        let is_registered = self.name.key().is_none() && !registries.is_empty();
        if is_registered && matches!(event.kind(), EventKind::Transition(_)) {
            telemetry::changed(core);
        }
        let own = self.listeners.tell(event);
        let panics = registries.iter().map(|each| each.tell(event)).sum::<u64>() + own;
        self.listener_panics.fetch_add(panics, Relaxed);
    }
}

/// Writes what other threads read only where it changes.
fn set(cell: &AtomicU64, value: u64) {
    if cell.load(Relaxed) != value {
        cell.store(value, Relaxed);
    }
}
