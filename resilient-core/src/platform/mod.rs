//! The parts that depend on the platform: atomics and locks (a model checker's under `cfg(loom)`
//! and `cfg(shuttle)`), containment of panics in user code, and random numbers.

mod panics;
pub(crate) mod random;
mod sync;

pub(crate) use self::panics::contain;
#[cfg(loom)]
pub use self::sync::in_order;
pub(crate) use self::sync::*;
