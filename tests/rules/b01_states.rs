//! Rule B1: the states and the transitions between them.

mod slow_calls;
mod states;
