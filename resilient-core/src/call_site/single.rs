//! The call site of an annotated function with one breaker.

use std::sync::OnceLock;

use super::declaration::DeclaredBreaker;
use crate::breaker::shared::SharedBreaker;
use crate::breaker::{CircuitBreaker, CircuitOpen, Permit};
use crate::registry::{Entry, Registry};

/// The call site of one annotated function.
///
/// The first call registers the call site. If the name is new, the call site holds the breaker
/// itself, so that the hot path is one load from a static. Otherwise it refers to the breaker of
/// that name.
#[derive(Debug)]
pub struct CallSite {
    own: SharedBreaker,
    /// The breaker of this call site, or a handle to the existing breaker of the same name.
    breaker: OnceLock<CircuitBreaker>,
    pub(super) declared: DeclaredBreaker,
}

#[cfg(not(any(loom, shuttle)))]
impl CallSite {
    /// Makes a call site, which its first call resolves.
    #[must_use]
    #[track_caller]
    pub const fn new(declare: fn() -> super::Declaration) -> Self {
        Self {
            own: SharedBreaker::unregistered(),
            breaker: OnceLock::new(),
            declared: DeclaredBreaker::new(declare),
        }
    }
}

impl CallSite {
    /// Asks the breaker for a permit: see [`CircuitBreaker::try_acquire`].
    ///
    /// # Errors
    ///
    /// Returns [`CircuitOpen`] if the breaker rejects the call.
    #[inline]
    pub fn try_acquire(&'static self) -> Result<Permit<'static>, CircuitOpen> {
        match Permit::if_closed(&self.own) {
            Some(permit) => Ok(permit),
            None => self.try_acquire_slowly::<false>().map(Permit::renewed),
        }
    }

    /// Asks the breaker for a permit: see [`CircuitBreaker::try_acquire_here`].
    ///
    /// # Errors
    ///
    /// Returns [`CircuitOpen`] if the breaker rejects the call.
    #[inline]
    pub fn try_acquire_here(&'static self) -> Result<Permit<'static>, CircuitOpen> {
        match Permit::if_closed(&self.own) {
            Some(permit) => Ok(permit),
            None => self.try_acquire_slowly::<true>().map(Permit::renewed),
        }
    }

    /// Returns the error that a call would get now, or `None` if the circuit is not open.
    pub fn open_now(&'static self) -> Option<CircuitOpen> {
        match self.breaker.get() {
            Some(breaker) => breaker.open_now(),
            None => self.own.open_now(),
        }
    }

    /// Returns the breaker of this call site.
    pub fn breaker(&'static self) -> &'static CircuitBreaker {
        match self.breaker.get() {
            Some(breaker) => breaker,
            None => self.register(),
        }
    }

    #[cold]
    fn try_acquire_slowly<const HERE: bool>(&'static self) -> Result<Permit<'static>, CircuitOpen> {
        if self.own.is_set_up() {
            return Permit::admitted::<HERE>(&self.own);
        }
        Permit::acquire::<HERE>(self.breaker().shared())
    }

    /// Registers the call site. Several threads may evaluate the settings, but only one registers.
    #[cold]
    #[inline(never)]
    pub(crate) fn register(&'static self) -> &'static CircuitBreaker {
        // The user's expressions here, and the listeners below, run outside all locks.
        let registration = self.declared.registration();
        let clock = Registry::global().read_clock();
        let mut pending = None;
        let breaker = self.breaker.get_or_init(|| {
            let registered =
                Registry::global().register_entry(registration, clock, Entry::one, |setup| {
                    self.own.set_up(setup);
                    let breaker = CircuitBreaker::of_static(&self.own);
                    (Entry::One(breaker.clone()), breaker)
                });
            let (breaker, news) = registered.into_parts();
            pending = Some(news);
            breaker
        });
        if !breaker.is(&CircuitBreaker::of_static(&self.own)) {
            self.own.set_alias();
        }
        if let Some(news) = pending {
            news.deliver();
        }
        breaker
    }
}
