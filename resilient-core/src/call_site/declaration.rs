//! The declaration of a breaker in an annotated function: its name and settings.

use std::panic::Location;

use crate::breaker::BreakerConfigBuilder;
use crate::registry::{Hold, Registration};
use crate::signal::Name;

/// The declaration of an annotated function's breaker. It is evaluated at the first call.
#[derive(Debug)]
pub struct Declaration {
    name: Name,
    is_given: bool,
    settings: BreakerConfigBuilder,
}

impl Declaration {
    /// Declares a breaker with a given name, which other functions may share.
    #[must_use]
    pub fn named(name: &'static str, settings: BreakerConfigBuilder) -> Self {
        Self { name: Name::Static(name), is_given: true, settings }
    }

    // G1: the default name is the path of the function.
    /// Declares a breaker that is named after the path of a function. `marker` is a closure in that
    /// function.
    #[must_use]
    pub fn of_function<F>(_marker: &F, settings: BreakerConfigBuilder) -> Self {
        Self { name: function_path(std::any::type_name::<F>()), is_given: false, settings }
    }
}

/// A declaration that is evaluated on demand, and its source location.
#[derive(Debug)]
pub(super) struct DeclaredBreaker {
    declare: fn() -> Declaration,
    pub(super) place: &'static Location<'static>,
}

impl DeclaredBreaker {
    #[track_caller]
    pub(super) const fn new(declare: fn() -> Declaration) -> Self {
        Self { declare, place: Location::caller() }
    }

    #[cfg(feature = "inventory")]
    pub(super) fn name(&self) -> Name {
        (self.declare)().name
    }

    /// Evaluates the settings, which may run the user's expressions. The caller must hold no lock.
    pub(super) fn registration(&self) -> Registration {
        let Declaration { name, is_given, settings } = (self.declare)();
        let has_settings = settings != BreakerConfigBuilder::default();
        let (place, hold) = (self.place, Hold::Function);
        Registration { name, is_given, is_keyed: false, settings, has_settings, place, hold }
    }
}

/// Returns the path of a function, in the form `krate::module::Type::function`. `marker` is the
/// type name of a closure in a static of that function.
pub(super) fn function_path(marker: &'static str) -> Name {
    // Remove closures, and remove type parameters, since all instances of a generic function share
    // one static.
    let mut path = marker.replace("::{{closure}}", "");
    while let Some((start, end)) = inferred_parameters(&path) {
        path.replace_range(start..end, "");
    }
    let end = path.rfind("::").unwrap_or(path.len());
    path.truncate(end);
    Name::from(path)
}

/// Returns the range of a parameter list that contains `_`, as in `Type<_, N>`. Returns `None` if
/// there is no such list: the list in `Type<u8>` is part of the path.
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
            ("krate::free::{{closure}}::SITE::{{closure}}::{{closure}}", "krate::free"),
            ("krate::m::Type<_, _>::get::SITE::{{closure}}::{{closure}}", "krate::m::Type::get"),
            ("<u8 as krate::Trait>::get::SITE::{{closure}}", "<u8 as krate::Trait>::get"),
            ("<krate::Of<_> as krate::Trait<_>>::get::SITE", "<krate::Of as krate::Trait>::get"),
            ("krate::G<_, N>::get::SITE", "krate::G::get"),
            ("krate::G<u8>::get::SITE", "krate::G<u8>::get"),
            ("krate::Type<_weird>::get::SITE", "krate::Type<_weird>::get"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(&*function_path(marker), path);
        }
    }
}
