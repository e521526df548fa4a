//! The call site of an annotated function: a static that becomes a breaker, or one for each key, at
//! the first call.

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
