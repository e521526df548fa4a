//! Rule R9: a breaker inside a retry loop affects the loop.

mod budgets;
mod circuit;
mod free_slots;
mod other_breakers;
mod reports;
mod waits;
