//! Rule R9: breaker inside.

mod budgets;
mod circuit;
