//! Rule R9: retry loops contain a breaker.

mod budgets;
mod circuit;
