//! The call site of a function with a retry: a static whose first call registers its name.

use std::panic::Location;
use std::sync::Arc;

use super::declaration::function_path;
use crate::registry::{DeclaredRetry, Hold, Lease, Registry, RetryRegistration};
use crate::retry::{DeclaredLimits, NamedPolicy, NamedRetry, RetryCell, RetryPolicy};
use crate::signal::Name;

// R15
/// The call site of a function with a retry: its name, and the settings that the attribute gives.
///
/// A call whose first attempt succeeds reads only the flag in the static.
#[derive(Debug)]
pub struct RetrySite {
    cell: RetryCell,
    name: SiteName,
    policy: RetryPolicy,
    /// Whether each call gives the policy, so that `policy` says nothing.
    is_given_by_calls: bool,
    limits: DeclaredLimits,
    place: &'static Location<'static>,
}

#[derive(Debug, Clone, Copy)]
#[cfg_attr(any(loom, shuttle), expect(dead_code, reason = "models have no statics"))]
enum SiteName {
    Given(&'static str),
    /// Returns the type name of a closure in the static of the function.
    OfFunction(fn() -> &'static str),
}

/// The constructors of call sites. The attribute writes them into statics.
#[cfg(not(any(loom, shuttle)))]
impl crate::retry::RetrySettings {
    /// Makes the call site of a function whose retry has this name.
    #[must_use]
    #[track_caller]
    pub const fn named(&self, name: &'static str) -> RetrySite {
        self.site(SiteName::Given(name))
    }

    /// Makes the call site of a function whose retry is named after the path of the function.
    /// `_marker` is a closure in the static.
    #[must_use]
    #[track_caller]
    pub const fn of_function<F>(&self, _marker: &F) -> RetrySite {
        self.site(SiteName::OfFunction(std::any::type_name::<F>))
    }

    #[track_caller]
    const fn site(&self, name: SiteName) -> RetrySite {
        RetrySite {
            cell: RetryCell::unregistered(),
            name,
            policy: self.build_const(),
            is_given_by_calls: false,
            limits: DeclaredLimits { deadline: false, attempt_timeout: false },
            place: Location::caller(),
        }
    }
}

impl RetrySite {
    /// Declares that each call gives its policy.
    #[must_use]
    pub const fn given_by_calls(mut self) -> Self {
        self.is_given_by_calls = true;
        self
    }

    /// Declares that calls have a deadline.
    #[must_use]
    pub const fn with_deadline(mut self) -> Self {
        self.limits.deadline = true;
        self
    }

    /// Declares that attempts have a time limit.
    #[must_use]
    pub const fn with_attempt_timeout(mut self) -> Self {
        self.limits.attempt_timeout = true;
        self
    }

    /// Returns the policy of a call that starts now.
    #[inline]
    pub fn policy(&'static self) -> NamedPolicy<'static> {
        let is_timed = !self.cell.is_plain() && self.is_timed(&self.policy);
        NamedPolicy::of_cell(&self.policy, &self.cell, is_timed)
    }

    /// Returns the policy of a call that starts now and gives `policy`.
    pub fn given<'a>(&'static self, policy: &'a RetryPolicy) -> NamedPolicy<'a> {
        let is_timed = self.is_timed(policy);
        NamedPolicy::of_cell(policy, &self.cell, is_timed)
    }

    #[cold]
    #[inline(never)]
    fn is_timed(&'static self, policy: &RetryPolicy) -> bool {
        self.register();
        self.cell.is_timed(policy)
    }

    /// Registers the name, if that has not happened. Several threads may come here, but only one
    /// registers.
    pub(crate) fn register(&'static self) {
        let mut pending = None;
        let record = self.cell.register(&self.policy, || {
            let (record, news) = Registry::global().register_retry_entry(self.registration());
            pending = Some(news);
            record
        });
        // Listeners may call this function, so they run after the registration.
        if let Some(news) = pending {
            Registry::global().notify_retry(record, news);
        }
    }

    pub(super) fn name(&self) -> Name {
        match self.name {
            SiteName::Given(name) => Name::Static(name),
            SiteName::OfFunction(marker) => function_path(marker()),
        }
    }

    #[cfg(feature = "inventory")]
    pub(super) fn place(&self) -> &'static Location<'static> {
        self.place
    }

    fn registration(&self) -> RetryRegistration {
        let policy = (!self.is_given_by_calls).then(|| self.policy.clone());
        RetryRegistration {
            name: self.name(),
            is_given: matches!(self.name, SiteName::Given(_)),
            declared: DeclaredRetry { policy, limits: self.limits, place: self.place },
            hold: Hold::Function,
        }
    }
}

/// A value of `policy = …`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no retry policy",
    label = "expected `RetryPolicy` or `NamedRetry`",
    note = "give a `RetryPolicy`, which the function names, or a `NamedRetry`, which has its name \
            already"
)]
pub trait GivenPolicy {
    /// Returns a copy that the call owns.
    #[must_use]
    fn given(&self) -> OwnedPolicy;
}

/// The policy that a call was given.
#[derive(Debug)]
pub enum OwnedPolicy {
    /// The function names the policy.
    Plain(RetryPolicy),
    /// The policy has a name.
    Named(NamedRetry),
}

impl OwnedPolicy {
    /// Returns the policy of a call that starts now at this site.
    #[inline]
    pub fn at(&self, site: &'static RetrySite) -> NamedPolicy<'_> {
        match self {
            Self::Plain(policy) => site.given(policy),
            Self::Named(retry) => retry.named_policy(),
        }
    }
}

impl GivenPolicy for RetryPolicy {
    fn given(&self) -> OwnedPolicy {
        OwnedPolicy::Plain(self.clone())
    }
}

impl GivenPolicy for NamedRetry {
    fn given(&self) -> OwnedPolicy {
        OwnedPolicy::Named(self.clone())
    }
}

impl<P: GivenPolicy> GivenPolicy for Lease<P> {
    fn given(&self) -> OwnedPolicy {
        P::given(self)
    }
}

impl<P: GivenPolicy + ?Sized> GivenPolicy for &P {
    fn given(&self) -> OwnedPolicy {
        P::given(self)
    }
}

impl<P: GivenPolicy + ?Sized> GivenPolicy for Arc<P> {
    fn given(&self) -> OwnedPolicy {
        P::given(self)
    }
}

/// Returns the user's policy, so that the call owns a copy.
#[inline]
#[must_use]
pub fn given_policy(policy: &(impl GivenPolicy + ?Sized)) -> OwnedPolicy {
    policy.given()
}
