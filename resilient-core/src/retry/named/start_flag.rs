//! The flag that a call of a named retry reads when it starts.

use std::sync::atomic::Ordering::{Acquire, Release};

use crate::platform::{AtomicU64, const_fn};

/// No call has started, so the name is not registered.
const UNREGISTERED: u64 = 0;
/// A call starts with the settings of its code.
const PLAIN: u64 = 1;
/// An override concerns the start of a call, or may concern it.
const WATCHED: u64 = 2;

/// What a call must do when it starts. A call that succeeds at its first attempt reads nothing else
/// of its name.
#[derive(Debug)]
pub(super) struct StartFlag(AtomicU64);

impl StartFlag {
    const_fn! {
        /// Makes the flag of a function, before its first call.
        pub(super) fn unregistered() -> Self {
            Self(AtomicU64::new(UNREGISTERED))
        }
    }

    /// Makes the flag of a handle, whose calls ask the record at their start.
    pub(super) fn watched() -> Self {
        Self(AtomicU64::new(WATCHED))
    }

    /// Returns whether the name is registered, and a call starts with the settings of its code.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.0.load(Acquire) == PLAIN
    }

    pub(super) fn set(&self, is_watched: bool) {
        self.0.store(if is_watched { WATCHED } else { PLAIN }, Release);
    }
}
