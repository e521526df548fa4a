//! Rule B14: events, listeners and subscriptions.

mod events;
mod subscription;
