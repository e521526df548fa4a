//! Tests of the attributes on functions of many kinds.

#![allow(clippy::unused_async, reason = "bodies need not await anything")]

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
