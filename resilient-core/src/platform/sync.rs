//! Locks and atomics of the standard library, or of a model checker.
//!
//! The models are in `tests/loom` and `tests/shuttle.rs`, each with the command that runs it.

#[cfg(loom)]
pub(crate) use self::loom_atomic::AtomicU64;
#[cfg(loom)]
pub use self::loom_atomic::in_order;
#[cfg(loom)]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
#[cfg(shuttle)]
pub(crate) use shuttle::sync::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::AtomicU64,
};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::AtomicU64,
};

/// Makes a constructor `const`, except in models: the atomics of a model checker cannot be made in
/// `const`.
macro_rules! const_fn {
    ($(#[$doc:meta])* $vis:vis fn $name:ident() -> Self $body:block) => {
        $(#[$doc])*
        #[cfg(not(any(loom, shuttle)))]
        $vis const fn $name() -> Self $body

        #[cfg(any(loom, shuttle))]
        $vis fn $name() -> Self $body
    };
}
pub(crate) use const_fn;

/// Locks even if a panic has poisoned the lock. No user code runs under a lock, so the data is
/// consistent.
pub(crate) fn unpoisoned<G>(locked: std::sync::LockResult<G>) -> G {
    locked.unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Loom stores only one access to each atomic. If any thread has loaded an atomic, loom does not
/// try an order in which a store comes before another thread's load. Most of our stores follow a
/// load by the same thread. So models run twice: once with plain atomics, whose loads may return
/// old values; and once with atomics of which every access reads and writes the newest value, so
/// that loom tries all orders.
#[cfg(loom)]
mod loom_atomic {
    use std::cell::Cell;
    use std::sync::atomic::Ordering;

    use loom::sync::atomic::AtomicU64 as Atomic;

    thread_local! {
        static IN_ORDER: Cell<bool> = const { Cell::new(false) };
    }

    /// Runs models in which every access sees the newest value.
    pub fn in_order<R>(run: impl FnOnce() -> R) -> R {
        struct Reset;
        impl Drop for Reset {
            fn drop(&mut self) {
                IN_ORDER.set(false);
            }
        }
        let _reset = Reset;
        IN_ORDER.set(true);
        run()
    }

    #[derive(Debug, Default)]
    pub(crate) struct AtomicU64(Atomic);

    impl AtomicU64 {
        pub(crate) fn new(value: u64) -> Self {
            Self(Atomic::new(value))
        }

        pub(crate) fn load(&self, order: Ordering) -> u64 {
            if IN_ORDER.get() { self.0.fetch_add(0, Ordering::AcqRel) } else { self.0.load(order) }
        }

        pub(crate) fn store(&self, value: u64, order: Ordering) {
            if IN_ORDER.get() {
                self.0.swap(value, Ordering::AcqRel);
            } else {
                self.0.store(value, order);
            }
        }

        pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
            self.0.fetch_add(value, strong(order))
        }

        pub(crate) fn fetch_and(&self, value: u64, order: Ordering) -> u64 {
            self.0.fetch_and(value, strong(order))
        }

        pub(crate) fn compare_exchange_weak(
            &self,
            present: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            self.0.compare_exchange(present, new, strong(success), failure)
        }
    }

    fn strong(order: Ordering) -> Ordering {
        if IN_ORDER.get() { Ordering::AcqRel } else { order }
    }
}
