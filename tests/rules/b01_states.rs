//! Rule B1: a breaker has several states, and only certain transitions between them.

mod by_hand;
mod slow_calls;
mod states;
