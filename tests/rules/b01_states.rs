//! Rule B1: states.

mod slow_calls;
mod states;
