//! The attributes on functions of many kinds: what they do, by behaviour.

#![allow(
    clippy::unused_async,
    reason = "what is tested is not what a body waits for"
)]

mod arguments;
mod breaker;
mod classify;
mod fallback;
mod keys;
mod kinds;
mod limits;
mod sizes;
mod specification;
mod stack;
mod timeout;
