//! The feature `inventory`: lists the annotated functions of the program before their first call.
//!
//! Code that runs before `main` makes the list. If no code refers to a crate, the crate is not
//! linked, and its functions are not listed.

use std::panic::Location;

use super::keyed::KeyedCallSite;
use super::single::CallSite;
use crate::registry::Registry;

/// A function with `#[circuit_breaker]`, as [`Registry::annotated`] returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnnotatedFunction {
    /// The present or future name of the breaker. If another function has the same default name,
    /// the registry appends file and line.
    pub name: String,
    /// The source location of the attribute.
    pub place: &'static Location<'static>,
    /// Whether the function has a breaker for each key.
    pub is_keyed: bool,
}

impl Registry {
    /// Returns every annotated function of the program, even if it was never called, ordered by
    /// name. Needs the feature `inventory`. If no code refers to a crate, the crate is not linked,
    /// and its functions are not listed.
    ///
    /// To find the names, the method evaluates the settings of each function. Expressions in the
    /// settings run once more.
    #[must_use]
    pub fn annotated() -> Vec<AnnotatedFunction> {
        let mut functions: Vec<_> = Annotated::all().map(Annotated::describe).collect();
        functions
            .sort_by_cached_key(|each| (each.name.clone(), each.place.file(), each.place.line()));
        functions
    }

    /// Registers the breakers of all annotated functions in the [global](Registry::global) registry
    /// now, not at their first calls. Operators then see all breakers from the start, and a
    /// misspelt name in an override shows up. Call it at the start of `main`.
    ///
    /// The order is the order of the source locations. If functions give one name different
    /// settings, the settings of the first function apply. A function with a breaker for each key
    /// is still registered at its first call.
    pub fn register_annotated() {
        let mut sites: Vec<_> = Annotated::all()
            .filter_map(|each| match *each {
                Annotated::Breaker(site) => Some(site),
                Annotated::Keyed(_) => None,
            })
            .collect();
        sites.sort_by_key(|site| (site.declared.place.file(), site.declared.place.line()));
        for site in sites {
            site.register();
        }
    }
}

/// The call site of one annotated function.
#[derive(Debug, Clone, Copy)]
pub enum Annotated {
    /// The function has one breaker.
    Breaker(&'static CallSite),
    /// The function has one breaker for each key.
    Keyed(&'static KeyedCallSite),
}

::inventory::collect!(Annotated);

impl Annotated {
    fn describe(&self) -> AnnotatedFunction {
        let (declared, is_keyed) = match self {
            Self::Breaker(site) => (&site.declared, false),
            Self::Keyed(site) => (&site.declared, true),
        };
        AnnotatedFunction { name: (*declared.name()).to_owned(), place: declared.place, is_keyed }
    }

    /// Returns all annotated functions that were linked, in no order.
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
    fn a_submitted_declaration_is_listed_before_its_first_call() {
        static HERE: CallSite =
            CallSite::new(|| Declaration::named("annotated here", BreakerConfig::builder()));
        static BY_KEY: KeyedCallSite =
            KeyedCallSite::new(|| Declaration::named("annotated by key", BreakerConfig::builder()));
        ::inventory::submit! { Annotated::Breaker(&HERE) }
        ::inventory::submit! { Annotated::Keyed(&BY_KEY) }
        let is_here = |each: &&Annotated| match **each {
            Annotated::Breaker(site) => std::ptr::eq(site, &raw const HERE),
            Annotated::Keyed(_) => false,
        };
        let is_by_key = |each: &&Annotated| match **each {
            Annotated::Breaker(_) => false,
            Annotated::Keyed(site) => std::ptr::eq(site, &raw const BY_KEY),
        };
        assert_eq!(Annotated::all().filter(is_here).count(), 1);
        assert_eq!(Annotated::all().filter(is_by_key).count(), 1);
    }
}
