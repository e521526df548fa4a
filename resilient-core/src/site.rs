//! The call site of an annotated function: a static that becomes a breaker at the first call.

use std::panic::Location;
use std::sync::OnceLock;

use crate::breaker::core::Core;
use crate::breaker::{BreakerConfigBuilder, CircuitBreaker, CircuitOpen, Permit};
use crate::name::Name;
use crate::registry::{Declared, Registry};
use crate::time::Source;

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

    /// See [`CircuitBreaker::try_acquire`].
    ///
    /// # Errors
    ///
    /// [`CircuitOpen`], as there.
    #[inline]
    pub fn try_acquire(&'static self) -> Result<Permit<'static>, CircuitOpen> {
        match self.core.admit_closed() {
            Some(ticket) => Ok(Permit::new(&self.core, ticket)),
            None => self.try_acquire_slowly(),
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
        match self.breaker.get() {
            Some(breaker) => breaker.try_acquire(),
            None => self.register().try_acquire(),
        }
    }

    /// Threads that come at once all evaluate the settings; one registers.
    fn register(&'static self) -> &'static CircuitBreaker {
        // The user's expressions, and listeners below: under no lock.
        let Declaration {
            name,
            is_given,
            settings,
        } = (self.declare)();
        let has_settings = settings != BreakerConfigBuilder::default();
        let (config, errors) = settings.build_leniently();
        let declared = Declared {
            name,
            is_given,
            has_settings,
            config,
            errors,
            place: self.place,
        };
        let mut untold = Vec::new();
        let breaker = self.breaker.get_or_init(|| {
            let (breaker, events) = Registry::global().declare(declared, |name, config| {
                self.core.set_up(name, config, Source::Default);
                CircuitBreaker::of_static(&self.core)
            });
            untold = events;
            breaker
        });
        if !breaker.is(&CircuitBreaker::of_static(&self.core)) {
            self.core.set_alias();
        }
        for event in untold {
            breaker.tell(event);
        }
        breaker
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
