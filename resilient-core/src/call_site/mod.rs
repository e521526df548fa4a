//! The call site of an annotated function: a static that becomes a breaker, or one for each key, at the first call.

#[cfg(feature = "inventory")]
mod annotated;
mod budget;

use std::any::Any;
use std::borrow::Borrow;
use std::hash::Hash;
use std::panic::Location;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

#[cfg(feature = "inventory")]
pub use self::annotated::{Annotated, AnnotatedFunction};
pub use self::budget::{BudgetSite, GivenBudget, given_budget};
use crate::breaker::shared::Core;
use crate::breaker::{BreakerConfigBuilder, CircuitBreaker, CircuitOpen, Permit};
use crate::keyed::{BreakerKey, Group};
use crate::registry::{Declared, Member, Registry};
use crate::signal::Name;

/// What an annotated function says of its breaker. Evaluated once, at the first call.
#[derive(Debug)]
pub struct Declaration {
    name: Name,
    is_given: bool,
    settings: BreakerConfigBuilder,
}

impl Declaration {
    /// A breaker with a name, which other functions may share.
    #[must_use]
    pub fn named(name: &'static str, settings: BreakerConfigBuilder) -> Self {
        Self {
            name: Name::Static(name),
            is_given: true,
            settings,
        }
    }

    /// A breaker named after the function that `marker`, a function within it, belongs to.
    #[must_use]
    pub fn of_function<F>(_marker: &F, settings: BreakerConfigBuilder) -> Self {
        Self {
            name: function_path(std::any::type_name::<F>()),
            is_given: false,
            settings,
        }
    }

    fn at(self, place: &'static Location<'static>) -> Declared {
        Declared {
            name: self.name,
            is_given: self.is_given,
            has_settings: self.settings != BreakerConfigBuilder::default(),
            settings: self.settings,
            place,
        }
    }
}

/// The call site of one annotated function.
///
/// Its first call registers it: if the name is new, it holds the breaker itself, so that the hot path is one load from a
/// static; if not, it refers to the one that has the name.
#[derive(Debug)]
pub struct Site {
    core: Core,
    /// This site's own, or the one that has the name.
    breaker: OnceLock<CircuitBreaker>,
    declare: fn() -> Declaration,
    place: &'static Location<'static>,
}

#[cfg(not(any(loom, shuttle)))]
impl Site {
    /// A site that has not been called.
    #[must_use]
    #[track_caller]
    pub const fn new(declare: fn() -> Declaration) -> Self {
        Self {
            core: Core::unregistered(),
            breaker: OnceLock::new(),
            declare,
            place: Location::caller(),
        }
    }
}

impl Site {
    /// See [`CircuitBreaker::try_acquire`].
    ///
    /// # Errors
    ///
    /// [`CircuitOpen`], as there.
    #[inline]
    pub fn try_acquire(&'static self) -> Result<Permit<'static>, CircuitOpen> {
        match self.core.admit_closed() {
            Some(ticket) => Ok(Permit::new(&self.core, ticket)),
            None => self.try_acquire_slowly().map(Permit::renewed),
        }
    }

    /// What a call would be told now, if the circuit is open.
    pub fn open_now(&'static self) -> Option<CircuitOpen> {
        match self.breaker.get() {
            Some(breaker) => breaker.open_now(),
            None => self.core.open_now(),
        }
    }

    #[cold]
    fn try_acquire_slowly(&'static self) -> Result<Permit<'static>, CircuitOpen> {
        if self.core.is_set_up() {
            return self.core.admit();
        }
        match self.breaker.get() {
            Some(breaker) => breaker.try_acquire(),
            None => self.register().try_acquire(),
        }
    }

    #[cfg(feature = "inventory")]
    pub(crate) fn declared_name(&self) -> Name {
        (self.declare)().name
    }

    #[cfg(feature = "inventory")]
    pub(crate) fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// Threads that come at once all evaluate the settings; one registers.
    #[cold]
    #[inline(never)]
    pub(crate) fn register(&'static self) -> &'static CircuitBreaker {
        // The user's expressions, and listeners below: under no lock.
        let declared = (self.declare)().at(self.place);
        let clocked = Registry::global().clocked();
        let mut untold = None;
        let breaker = self.breaker.get_or_init(|| {
            let found = Registry::global().declare(declared, clocked, Member::one, |setup| {
                self.core.set_up(setup);
                let breaker = CircuitBreaker::of_static(&self.core);
                (Member::One(breaker.clone()), breaker)
            });
            let (breaker, _, events) = found.into_parts();
            untold = Some(events);
            breaker
        });
        if !breaker.is(&CircuitBreaker::of_static(&self.core)) {
            self.core.set_alias();
        }
        if let Some(events) = untold {
            breaker.tell(events);
        }
        breaker
    }
}

/// The call site of a function that has a breaker for each key.
#[derive(Debug)]
pub struct KeyedSite {
    group: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// Of a generic function, whose instances share this static: groups for other types of keys.
    others: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
    declare: fn() -> Declaration,
    place: &'static Location<'static>,
}

impl KeyedSite {
    /// A site that has not been called.
    #[must_use]
    #[track_caller]
    pub const fn new(declare: fn() -> Declaration) -> Self {
        Self {
            group: OnceLock::new(),
            others: Mutex::new(Vec::new()),
            declare,
            place: Location::caller(),
        }
    }

    #[cfg(feature = "inventory")]
    pub(crate) fn declared_name(&self) -> Name {
        (self.declare)().name
    }

    #[cfg(feature = "inventory")]
    pub(crate) fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// The breaker of this key.
    pub fn breaker<K, Q>(&'static self, key: &Q) -> CircuitBreaker
    where
        K: BreakerKey + Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let group = self.group.get();
        match group.and_then(|group| group.downcast_ref::<Group<K>>()) {
            Some(group) => group.get(key),
            None => self.register::<K>().get(key),
        }
    }

    #[cold]
    fn register<K: BreakerKey>(&'static self) -> Arc<Group<K>> {
        if self.group.get().is_some() {
            if let Some(known) = self.other() {
                return known;
            }
        }
        let group = Registry::global().declare_keyed::<K>((self.declare)().at(self.place));
        let first = self.group.get_or_init(|| group.clone());
        if let Ok(first) = Arc::clone(first).downcast() {
            return first;
        }
        if let Some(known) = self.other() {
            return known;
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.push(group.clone());
        group
    }

    fn other<K: BreakerKey>(&self) -> Option<Arc<Group<K>>> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others
            .iter()
            .find_map(|group| Arc::clone(group).downcast().ok())
    }
}

/// `krate::module::Type::function` of the type name of a closure in a static in that function.
fn function_path(marker: &'static str) -> Name {
    // Closures, also of async functions, are no part of the path; nor are type parameters, whose statics are shared.
    let mut path = marker.replace("::{{closure}}", "");
    while let Some((start, end)) = inferred_parameters(&path) {
        path.replace_range(start..end, "");
    }
    let end = path.rfind("::").unwrap_or(path.len());
    path.truncate(end);
    Name::from(path)
}

/// Where the parameters of a generic type stand, as in `Type<_, N>`. Those of `Type<u8>` tell it from `Type<u16>`.
fn inferred_parameters(path: &str) -> Option<(usize, usize)> {
    let opens = path.match_indices('<').map(|(at, _)| at);
    opens.into_iter().find_map(|open| {
        let mut depth = 0_usize;
        let length = path[open..].find(|each| {
            depth += usize::from(each == '<');
            depth -= usize::from(each == '>' && depth > 0);
            depth == 0
        })?;
        let inside = &path[open + 1..open + length];
        let is_inferred = inside.split(',').any(|parameter| parameter.trim() == "_");
        is_inferred.then_some((open, open + length + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g01_the_path_is_that_of_the_function_around_the_marker() {
        for (marker, path) in [
            ("krate::free::SITE::{{closure}}::{{closure}}", "krate::free"),
            (
                "krate::free::{{closure}}::SITE::{{closure}}::{{closure}}",
                "krate::free",
            ),
            (
                "krate::m::Type<_, _>::get::SITE::{{closure}}::{{closure}}",
                "krate::m::Type::get",
            ),
            (
                "<u8 as krate::Trait>::get::SITE::{{closure}}",
                "<u8 as krate::Trait>::get",
            ),
            (
                "<krate::Of<_> as krate::Trait<_>>::get::SITE",
                "<krate::Of as krate::Trait>::get",
            ),
            ("krate::G<_, N>::get::SITE", "krate::G::get"),
            ("krate::G<u8>::get::SITE", "krate::G<u8>::get"),
            ("krate::Type<_weird>::get::SITE", "krate::Type<_weird>::get"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(&*function_path(marker), path);
        }
    }
}
