//! The annotated functions of the program, known before their first call.
//!
//! Each is put into a list by code that runs before `main`. A crate that nothing refers to is not linked, and in no list.

use crate::keyed::KeyedSite;
use crate::site::Site;

/// The call site of one annotated function.
#[derive(Debug, Clone, Copy)]
pub struct Annotated(Kind);

/// What the static beside the function is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One breaker.
    Breaker(&'static Site),
    /// One for each key.
    Keyed(&'static KeyedSite),
}

inventory::collect!(Annotated);

impl Annotated {
    /// A function with one breaker.
    #[must_use]
    pub const fn breaker(site: &'static Site) -> Self {
        Self(Kind::Breaker(site))
    }

    /// A function with a breaker for each key.
    #[must_use]
    pub const fn keyed(site: &'static KeyedSite) -> Self {
        Self(Kind::Keyed(site))
    }

    /// What the static beside the function is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0
    }

    /// All annotated functions that were linked, in no order.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        inventory::iter::<Self>.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::BreakerConfig;
    use crate::site::Declaration;

    #[test]
    fn what_was_submitted_is_known_before_its_first_call() {
        static HERE: Site =
            Site::new(|| Declaration::named("annotated here", BreakerConfig::builder()));
        static BY_KEY: KeyedSite =
            KeyedSite::new(|| Declaration::named("annotated by key", BreakerConfig::builder()));
        inventory::submit! { Annotated::breaker(&HERE) }
        inventory::submit! { Annotated::keyed(&BY_KEY) }
        let is_here = |each: &&Annotated| matches!(each.kind(), Kind::Breaker(site) if std::ptr::eq(site, &raw const HERE));
        let is_by_key = |each: &&Annotated| matches!(each.kind(), Kind::Keyed(site) if std::ptr::eq(site, &raw const BY_KEY));
        assert_eq!(Annotated::all().filter(is_here).count(), 1);
        assert_eq!(Annotated::all().filter(is_by_key).count(), 1);
    }
}
