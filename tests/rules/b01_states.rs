//! Rule B1: a breaker has several states, and only certain transitions between them.

mod slow_calls;
mod states;
