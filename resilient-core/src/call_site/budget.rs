//! The value of `budget = …`: a name, which a static resolves once, or a budget.

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
    /// A call site before its first call.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        Self { name, budget: OnceLock::new(), place: Location::caller() }
    }

    /// The budget of this name, made with the defaults if the name is new: always `Some`. It is
    /// looked up once.
    #[inline]
    pub fn budget(&'static self) -> Option<&'static RetryBudget> {
        Some(match self.budget.get() {
            Some(budget) => budget,
            None => self.resolve(),
        })
    }

    #[cold]
    fn resolve(&'static self) -> &'static RetryBudget {
        // Outside the cell: the registry notifies listeners, and one of them may call this
        // function.
        let budget = Registry::global().assume_budget(self.name, self.place);
        self.budget.get_or_init(|| budget)
    }
}

/// A value of `budget = …` other than a name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no retry budget",
    label = "expected `RetryBudget` or `Option<RetryBudget>`",
    note = "write the name of a budget as a string literal, `budget = \"payments\"`; or give a \
            `RetryBudget`, as `Registry::get_or_register_budget` returns it, or an `Option` of \
            one, where `None` is no budget"
)]
pub trait GivenBudget {
    /// The budget of the call.
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

/// The user's budget, for one call.
#[must_use]
pub fn given_budget(budget: &(impl GivenBudget + ?Sized)) -> Option<RetryBudget> {
    budget.given()
}
