//! The feature `inventory`: lists the annotated functions of the program before their first call.
//!
//! Code that runs before `main` makes the list. If no code refers to a crate, the crate is not
//! linked, and its functions are not listed.

use std::panic::Location;

use super::budget::BudgetCallSite;
use super::keyed::KeyedCallSite;
use super::retry::RetrySite;
use super::single::CallSite;
use crate::registry::{AnnotatedNames, DeclaredName, Registry};
use crate::signal::{Name, OverrideTarget};

/// A function with `#[circuit_breaker]` or `#[retry]`, as [`Registry::annotated`] returns it. A
/// function is listed once for each name that it has: of a breaker, a retry and a retry budget.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnnotatedFunction {
    /// The present or future name of the breaker, retry or budget. If another function has the same
    /// default name, the registry appends file and line.
    pub name: String,
    /// The source location of the attribute.
    pub place: &'static Location<'static>,
    /// What has the name.
    pub kind: AnnotatedKind,
}

/// What has the name of an [`AnnotatedFunction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnnotatedKind {
    /// One circuit breaker.
    Breaker,
    /// A circuit breaker for each key.
    KeyedBreakers,
    /// A retry.
    Retry,
    /// A retry budget, which `budget = "…"` names.
    Budget,
}

// G9: the registry compares the names in overrides with those of annotated functions.
::inventory::submit! { AnnotatedNames(|| Annotated::all().map(Annotated::declared_name).collect()) }

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

    /// Registers the breakers, retries and budgets of all annotated functions in the
    /// [global](Registry::global) registry now, not at their first calls. Operators then see all of
    /// them from the start, and a misspelt name in an override shows up. Call it at the start of
    /// `main`.
    ///
    /// The functions are registered in the order of their source locations. If functions give one
    /// name different settings, the settings of the first function with settings apply, and the
    /// conflict is reported now. The breakers of a function with a breaker for each key are still
    /// made at its first call, but with the settings that were declared first.
    pub fn register_annotated() {
        let mut sites: Vec<_> = Annotated::all().collect();
        sites.sort_by_key(|site| (site.place().file(), site.place().line()));
        for site in sites {
            match site {
                Annotated::Breaker(site) => {
                    site.register();
                }
                Annotated::Keyed(site) => Self::global().expect_group(site.declared.registration()),
                Annotated::Retry(site) => site.register(),
                Annotated::Budget(site) => {
                    site.budget();
                }
            }
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
    /// The function has a retry.
    Retry(&'static RetrySite),
    /// The function names a retry budget.
    Budget(&'static BudgetCallSite),
}

::inventory::collect!(Annotated);

impl Annotated {
    fn place(&self) -> &'static Location<'static> {
        match self {
            Self::Breaker(site) => site.declared.place,
            Self::Keyed(site) => site.declared.place,
            Self::Retry(site) => site.place(),
            Self::Budget(site) => site.place(),
        }
    }

    fn describe(&self) -> AnnotatedFunction {
        let (name, kind) = match self {
            Self::Breaker(site) => (site.declared.name(), AnnotatedKind::Breaker),
            Self::Keyed(site) => (site.declared.name(), AnnotatedKind::KeyedBreakers),
            Self::Retry(site) => (site.name(), AnnotatedKind::Retry),
            Self::Budget(site) => (Name::Static(site.name()), AnnotatedKind::Budget),
        };
        AnnotatedFunction { name: (*name).to_owned(), place: self.place(), kind }
    }

    fn declared_name(&self) -> DeclaredName {
        let AnnotatedFunction { name, kind, .. } = self.describe();
        let (target, is_keyed) = match kind {
            AnnotatedKind::Breaker => (OverrideTarget::Breaker, false),
            AnnotatedKind::KeyedBreakers => (OverrideTarget::Breaker, true),
            AnnotatedKind::Retry => (OverrideTarget::Retry, false),
            AnnotatedKind::Budget => (OverrideTarget::Budget, false),
        };
        DeclaredName { target, name, is_keyed }
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
    use crate::call_site::declaration::DeclaredBreaker;

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
            Annotated::Keyed(_) | Annotated::Retry(_) | Annotated::Budget(_) => false,
        };
        let is_by_key = |each: &&Annotated| match **each {
            Annotated::Breaker(_) | Annotated::Retry(_) | Annotated::Budget(_) => false,
            Annotated::Keyed(site) => std::ptr::eq(site, &raw const BY_KEY),
        };
        assert_eq!(Annotated::all().filter(is_here).count(), 1);
        assert_eq!(Annotated::all().filter(is_by_key).count(), 1);
    }

    #[test]
    fn g03_conflicts_of_annotated_functions_are_reported_at_the_start() {
        use std::sync::{Arc, Mutex};

        use crate::event::EventKind;

        fn threshold(name: &'static str, failures: Option<u32>) -> Declaration {
            let settings = BreakerConfig::builder();
            Declaration::named(
                name,
                failures.map_or(settings.clone(), |n| settings.failure_threshold(n)),
            )
        }
        static PLAIN: CallSite = CallSite::new(|| threshold("at start", None));
        static TWO: CallSite = CallSite::new(|| threshold("at start", Some(2)));
        static THREE: CallSite = CallSite::new(|| threshold("at start", Some(3)));
        static KEYED: KeyedCallSite = KeyedCallSite::new(|| threshold("keys at start", None));
        static KEYED_TWO: KeyedCallSite =
            KeyedCallSite::new(|| threshold("keys at start", Some(2)));
        static KEYED_THREE: KeyedCallSite =
            KeyedCallSite::new(|| threshold("keys at start", Some(3)));
        static OF_KEYS: KeyedCallSite = KeyedCallSite::new(|| threshold("at start", Some(2)));
        ::inventory::submit! { Annotated::Breaker(&PLAIN) }
        ::inventory::submit! { Annotated::Breaker(&TWO) }
        ::inventory::submit! { Annotated::Breaker(&THREE) }
        ::inventory::submit! { Annotated::Keyed(&KEYED) }
        ::inventory::submit! { Annotated::Keyed(&KEYED_TWO) }
        ::inventory::submit! { Annotated::Keyed(&KEYED_THREE) }

        let conflicts = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&conflicts);
        let registry = Registry::global();
        let id = registry.on_event(move |event| {
            if let EventKind::Conflict { first, second } = event.kind() {
                let place = (first.line(), second.line());
                ear.lock().unwrap().push((event.name().to_owned(), place));
            }
        });
        Registry::register_annotated();
        let places =
            |one: &DeclaredBreaker, other: &DeclaredBreaker| (one.place.line(), other.place.line());
        let at_start = [
            ("at start".to_owned(), places(&TWO.declared, &THREE.declared)),
            ("keys at start".to_owned(), places(&KEYED_TWO.declared, &KEYED_THREE.declared)),
        ];
        assert_eq!(*conflicts.lock().unwrap(), at_start);

        // The first calls report no further conflict. In any order, they receive the settings that
        // were declared first.
        Registry::register_annotated();
        let settings = BreakerConfig::builder().failure_threshold(2).build().unwrap();
        assert_eq!(registry.get("at start").unwrap().config(), settings);
        for site in [&KEYED_THREE, &KEYED, &KEYED_TWO] {
            assert_eq!(site.breaker::<u32, u32>(&7).config(), settings);
        }
        assert_eq!(*conflicts.lock().unwrap(), at_start);

        // A declaration of another kind is a conflict, but a conflict of this name was already
        // reported.
        registry.expect_group(OF_KEYS.declared.registration());
        assert_eq!(*conflicts.lock().unwrap(), at_start);
        registry.remove_listener(id);
    }
}
