//! The call site of an annotated function: a static that is resolved at the first call, to one
//! breaker or to one breaker for each key.

mod budget;
mod declaration;
#[cfg(feature = "inventory")]
mod inventory;
mod keyed;
mod retry;
mod single;

pub use self::budget::{BudgetCallSite, GivenBudget, given_budget};
pub use self::declaration::Declaration;
#[cfg(feature = "inventory")]
pub use self::inventory::{Annotated, AnnotatedFunction, AnnotatedKind};
pub use self::keyed::KeyedCallSite;
pub use self::retry::{GivenPolicy, OwnedPolicy, RetrySite, given_policy};
pub use self::single::CallSite;
