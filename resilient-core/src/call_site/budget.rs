//! The value of `budget = …`: a budget, or a name that a static resolves once.

use std::panic::Location;
use std::sync::OnceLock;

use crate::registry::Registry;
use crate::retry::RetryBudget;

/// The call site of a function that names its retry budget.
#[derive(Debug)]
pub struct BudgetCallSite {
    name: &'static str,
    budget: OnceLock<RetryBudget>,
    place: &'static Location<'static>,
}

impl BudgetCallSite {
    /// Makes a call site, which its first call resolves.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        Self { name, budget: OnceLock::new(), place: Location::caller() }
    }

    #[cfg(feature = "inventory")]
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    #[cfg(feature = "inventory")]
    pub(super) fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// Returns the budget of this name, and makes it with the defaults if the name is new. The
    /// result is always `Some`. The look-up happens once.
    #[inline]
    pub fn budget(&'static self) -> Option<&'static RetryBudget> {
        Some(match self.budget.get() {
            Some(budget) => budget,
            None => self.resolve(),
        })
    }

    #[cold]
    fn resolve(&'static self) -> &'static RetryBudget {
        // This runs outside the cell: the registry notifies listeners, and a listener may call this
        // function.
        let budget = Registry::global().assume_budget(self.name, self.place);
        self.budget.get_or_init(|| budget)
    }
}

/// A value of `budget = …` that is not a name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no retry budget",
    label = "expected `RetryBudget` or `Option<RetryBudget>`",
    note = "write the name of a budget as a string literal, `budget = \"payments\"`; or give a \
            `RetryBudget`, as `Registry::get_or_register_budget` returns it, or an `Option` of \
            one, where `None` is no budget"
)]
pub trait GivenBudget {
    /// Returns the budget of the call.
    #[must_use]
    fn given(&self) -> Option<RetryBudget>;
}

impl GivenBudget for RetryBudget {
    fn given(&self) -> Option<RetryBudget> {
        Some(self.clone())
    }
}

impl<B: GivenBudget> GivenBudget for Option<B> {
    fn given(&self) -> Option<RetryBudget> {
        self.as_ref().and_then(B::given)
    }
}

impl<B: GivenBudget + ?Sized> GivenBudget for &B {
    fn given(&self) -> Option<RetryBudget> {
        B::given(self)
    }
}

/// Returns the user's budget for one call.
#[must_use]
pub fn given_budget(budget: &(impl GivenBudget + ?Sized)) -> Option<RetryBudget> {
    budget.given()
}
