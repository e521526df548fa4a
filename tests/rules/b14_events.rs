//! Rule B14: listeners and subscriptions receive the events of a breaker.

mod events;
mod subscription;
