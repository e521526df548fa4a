//! The feature `inventory`: the annotated functions of the program, known before their first call.
//!
//! Each is put into a list by code that runs before `main`. A crate that nothing refers to is not linked, and in no list.

use std::panic::Location;

use super::keyed::KeyedCallSite;
use super::single::CallSite;
use crate::registry::Registry;

/// A function with `#[circuit_breaker]`, called already or not: from [`Registry::annotated`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnnotatedFunction {
    /// The name that its breaker has, or will have. A default name that another function has already gets file and line
    /// appended at registration.
    pub name: String,
    /// Where the attribute stands.
    pub place: &'static Location<'static>,
    /// Whether it has a breaker for each key.
    pub is_keyed: bool,
}

impl Registry {
    /// Every annotated function of the program, ordered by name, also those that were not called yet. Needs the feature
    /// `inventory`, which lists them before `main`; functions of a crate that nothing refers to are not linked, and not
    /// listed.
    ///
    /// The settings of each are evaluated for their names: expressions in them run once more.
    #[must_use]
    pub fn annotated() -> Vec<AnnotatedFunction> {
        let mut functions: Vec<_> = Annotated::all().map(Annotated::describe).collect();
        functions.sort_by(|one, other| {
            (&one.name, one.place.file(), one.place.line()).cmp(&(
                &other.name,
                other.place.file(),
                other.place.line(),
            ))
        });
        functions
    }

    /// Puts the breakers of all annotated functions into the [global](Registry::global) registry now, instead of at their
    /// first calls: so that operators see and steer them from the start, and overrides of a misspelt name are found. To be
    /// called at the beginning of `main`.
    ///
    /// They are registered in the order of their places: of functions that give one name different settings, those of the
    /// first hold. Functions with a breaker for each key are registered at their first call all the same.
    pub fn register_annotated() {
        let mut sites: Vec<_> = Annotated::all()
            .filter_map(|each| match each.kind() {
                Kind::Breaker(site) => Some(site),
                Kind::Keyed(_) => None,
            })
            .collect();
        sites.sort_by_key(|site| (site.place().file(), site.place().line()));
        for site in sites {
            site.register();
        }
    }
}

/// The call site of one annotated function.
#[derive(Debug, Clone, Copy)]
pub struct Annotated(Kind);

/// What the static beside the function is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One breaker.
    Breaker(&'static CallSite),
    /// One for each key.
    Keyed(&'static KeyedCallSite),
}

::inventory::collect!(Annotated);

impl Annotated {
    /// A function with one breaker.
    #[must_use]
    pub const fn breaker(site: &'static CallSite) -> Self {
        Self(Kind::Breaker(site))
    }

    /// A function with a breaker for each key.
    #[must_use]
    pub const fn keyed(site: &'static KeyedCallSite) -> Self {
        Self(Kind::Keyed(site))
    }

    /// What the static beside the function is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0
    }

    fn describe(&self) -> AnnotatedFunction {
        let (name, place, is_keyed) = match self.0 {
            Kind::Breaker(site) => (site.declared_name(), site.place(), false),
            Kind::Keyed(site) => (site.declared_name(), site.place(), true),
        };
        AnnotatedFunction {
            name: (*name).to_owned(),
            place,
            is_keyed,
        }
    }

    /// All annotated functions that were linked, in no order.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ::inventory::iter::<Self>.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::BreakerConfig;
    use crate::call_site::Declaration;

    #[test]
    fn what_was_submitted_is_known_before_its_first_call() {
        static HERE: CallSite =
            CallSite::new(|| Declaration::named("annotated here", BreakerConfig::builder()));
        static BY_KEY: KeyedCallSite =
            KeyedCallSite::new(|| Declaration::named("annotated by key", BreakerConfig::builder()));
        ::inventory::submit! { Annotated::breaker(&HERE) }
        ::inventory::submit! { Annotated::keyed(&BY_KEY) }
        let is_here = |each: &&Annotated| matches!(each.kind(), Kind::Breaker(site) if std::ptr::eq(site, &raw const HERE));
        let is_by_key = |each: &&Annotated| matches!(each.kind(), Kind::Keyed(site) if std::ptr::eq(site, &raw const BY_KEY));
        assert_eq!(Annotated::all().filter(is_here).count(), 1);
        assert_eq!(Annotated::all().filter(is_by_key).count(), 1);
    }
}
