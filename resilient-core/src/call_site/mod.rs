//! The call site of an annotated function: a static that is resolved at the first call, to one
//! breaker or to one breaker for each key.

mod budget;
mod declaration;
#[cfg(feature = "inventory")]
mod inventory;
mod keyed;
mod single;

pub use self::budget::{BudgetCallSite, GivenBudget, given_budget};
pub use self::declaration::Declaration;
#[cfg(feature = "inventory")]
pub use self::inventory::{Annotated, AnnotatedFunction};
pub use self::keyed::KeyedCallSite;
pub use self::single::CallSite;
