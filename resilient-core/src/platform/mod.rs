//! What the crate needs from the platform: atomics and locks (a model checker's under `cfg(loom)`
//! and `cfg(shuttle)`), and containment of panics in code that is not ours.

mod panics;
mod sync;

pub(crate) use self::panics::{contain, discard};
#[cfg(loom)]
pub use self::sync::in_order;
pub(crate) use self::sync::*;
