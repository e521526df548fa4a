//! One call that waits for a circuit. Any thread may wake the call, and the call needs no async
//! runtime.

use std::task::{Context, Waker};
use std::time::Instant;

use crate::platform::{Condvar, Mutex, MutexGuard, contain, unpoisoned};

/// One waiting call: a task with a waker, or a blocked thread.
#[derive(Debug, Default)]
pub(in crate::breaker) struct Waiter {
    signal: Mutex<Signal>,
    blocked: Condvar,
}

#[derive(Debug, Default)]
struct Signal {
    is_woken: bool,
    /// The waker of the last poll, until it is used.
    waker: Option<Waker>,
}

impl Waiter {
    /// Wakes the call. The waker is code of an executor, so call this without holding a lock.
    pub(super) fn wake(&self) {
        let mut signal = self.lock();
        signal.is_woken = true;
        let waker = signal.waker.take();
        drop(signal);
        self.blocked.notify_one();
        if let Some(waker) = waker {
            contain(|| waker.wake());
        }
    }

    /// Returns whether the call was woken since the last time that this function or
    /// [`block`](Self::block) returned `true`. Otherwise the task is woken later.
    pub(in crate::breaker) fn poll(&self, cx: &Context<'_>) -> bool {
        // Cloning and dropping a waker run code of an executor, so no lock is held meanwhile.
        let waker = cx.waker().clone();
        let mut signal = self.lock();
        let is_woken = std::mem::take(&mut signal.is_woken);
        let unused = if is_woken { Some(waker) } else { signal.waker.replace(waker) };
        drop(signal);
        drop(unused);
        is_woken
    }

    /// Blocks the thread until the call is woken or until `end`. Returns whether the call was
    /// woken. Without an `end`, the wait has no time limit.
    pub(in crate::breaker) fn block(&self, end: Option<Instant>) -> bool {
        let mut signal = self.lock();
        while !signal.is_woken {
            signal = match end {
                None => unpoisoned(self.blocked.wait(signal)),
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    unpoisoned(self.blocked.wait_timeout(signal, left)).0
                }
            };
        }
        signal.is_woken = false;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Signal> {
        unpoisoned(self.signal.lock())
    }
}
