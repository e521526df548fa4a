//! Rule R9: retry loops around a breaker.

mod budgets;
mod circuit;
