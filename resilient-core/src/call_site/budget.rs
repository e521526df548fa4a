//! What `budget = …` of an annotated function stands for: a name, which a static resolves once, or a value.

use std::panic::Location;
use std::sync::OnceLock;

use crate::registry::Registry;
use crate::retry::RetryBudget;

/// The call site of a function that names its retry budget.
#[derive(Debug)]
pub struct BudgetSite {
    name: &'static str,
    budget: OnceLock<RetryBudget>,
    place: &'static Location<'static>,
}

impl BudgetSite {
    /// A site that has not been called.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            budget: OnceLock::new(),
            place: Location::caller(),
        }
    }

    /// The budget of this name, made with the defaults if nobody has: there always is one. The registry is asked once.
    #[inline]
    pub fn budget(&'static self) -> Option<&'static RetryBudget> {
        Some(match self.budget.get() {
            Some(budget) => budget,
            None => self.resolve(),
        })
    }

    #[cold]
    fn resolve(&'static self) -> &'static RetryBudget {
        // Outside the cell: the registry tells listeners, and one of them may call the very function.
        let budget = Registry::global().assume_budget(self.name, self.place);
        self.budget.get_or_init(|| budget)
    }
}

/// What can be given to `budget` other than a name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no retry budget",
    label = "expected `RetryBudget` or `Option<RetryBudget>`",
    note = "write the name of a budget as a string literal, `budget = \"payments\"`; or give a `RetryBudget`, as \
            `Registry::get_or_register_budget` returns it, or an `Option` of one, where `None` is no budget"
)]
pub trait GivenBudget {
    /// The budget, kept for the call.
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

/// A budget as the user has it, kept for the call.
#[must_use]
pub fn given_budget(budget: &(impl GivenBudget + ?Sized)) -> Option<RetryBudget> {
    budget.given()
}
