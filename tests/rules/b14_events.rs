//! Rule B14: events.

mod events;
mod subscription;
