//! Runs real threads on one breaker. Then searches for an order of their calls that explains all
//! snapshots.
//!
//! The order agrees with the order of calls in each thread and with real time: a snapshot contains
//! all calls that ended before it, and no call that began after it. There is one exception: the
//! total of successes may lack calls that have not ended.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use resilient::{CircuitBreaker, Outcome};

/// The calls of each thread in order. `true` stands for a call that fails.
pub(crate) type Calls = Vec<Vec<bool>>;

/// A snapshot, and how many calls of each thread had ended before it and begun after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// For each thread, how many of its calls had ended before the snapshot was taken.
    pub(crate) done: Vec<usize>,
    /// For each thread, how many of its calls had begun when the snapshot was complete.
    pub(crate) begun: Vec<usize>,
    pub(crate) calls: u64,
    pub(crate) failures_in_window: u64,
    pub(crate) streak: u32,
    pub(crate) success: u64,
    pub(crate) failure: u64,
}

impl Seen {
    pub(crate) fn is_under_way(&self, calls: &Calls) -> bool {
        let ended: usize = self.done.iter().sum();
        ended > 0 && ended < calls.iter().map(Vec::len).sum()
    }
}

/// Makes the calls, each list in its own thread. Takes snapshots until all calls have ended.
pub(crate) fn race(breaker: &CircuitBreaker, calls: &Calls) -> Vec<Seen> {
    let begun: Vec<_> = calls.iter().map(|_| AtomicUsize::new(0)).collect();
    let done: Vec<_> = calls.iter().map(|_| AtomicUsize::new(0)).collect();
    let read = |counts: &[AtomicUsize]| counts.iter().map(|n| n.load(SeqCst)).collect::<Vec<_>>();
    let look = || {
        let done = read(&done);
        let snapshot = breaker.snapshot();
        let window = snapshot.window.expect("it has a window");
        Seen {
            done,
            begun: read(&begun),
            calls: window.calls,
            failures_in_window: window.failures,
            streak: window.consecutive_failures,
            success: snapshot.totals.success,
            failure: snapshot.totals.failure,
        }
    };
    let start = Barrier::new(calls.len() + 1);
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        for ((calls, begun), done) in calls.iter().zip(&begun).zip(&done) {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for failed in calls {
                    begun.fetch_add(1, SeqCst);
                    let outcome = if *failed { Outcome::Failure } else { Outcome::Success };
                    breaker.try_acquire().unwrap().report(outcome);
                    done.fetch_add(1, SeqCst);
                }
            });
        }
        start.wait();
        while seen.last().is_none_or(|seen: &Seen| {
            let all = calls.iter().map(Vec::len);
            !all.eq(seen.done.iter().copied())
        }) {
            let new = look();
            // A snapshot that equals the previous one adds no information.
            if seen.last() != Some(&new) {
                seen.push(new);
            }
        }
    });
    seen
}

/// The beginning of a possible order of the calls, and the state of the breaker after these calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    /// For each thread, how many of its calls this beginning contains.
    taken: Vec<usize>,
    window: VecDeque<bool>,
    streak: u32,
}

impl Step {
    /// Appends the thread's next call to the order. Returns `None` if the thread has no more calls.
    fn after(&self, thread: usize, calls: &Calls, window: u32) -> Option<Self> {
        let failed = *calls[thread].get(self.taken[thread])?;
        let mut next = self.clone();
        next.taken[thread] += 1;
        next.window.push_back(failed);
        if next.window.len() > window as usize {
            next.window.pop_front();
        }
        next.streak = if failed { self.streak + 1 } else { 0 };
        Some(next)
    }

    fn explains(&self, seen: &Seen, calls: &Calls) -> bool {
        let mut ended = self.taken.iter().zip(&seen.done).zip(&seen.begun);
        let taken_of = |kind: bool| {
            let taken = calls.iter().zip(&self.taken);
            let taken = taken.flat_map(|(calls, taken)| &calls[..*taken]);
            taken.filter(|failed| **failed == kind).count() as u64
        };
        let in_flight: usize = seen.begun.iter().zip(&seen.done).map(|(b, d)| b - d).sum();
        let lag = taken_of(false).checked_sub(seen.success);
        ended.all(|((taken, done), begun)| done <= taken && taken <= begun)
            && self.window.len() as u64 == seen.calls
            && self.window.iter().filter(|failed| **failed).count() as u64
                == seen.failures_in_window
            && self.streak == seen.streak
            && taken_of(true) == seen.failure
            && lag.is_some_and(|lag| lag <= in_flight as u64)
    }
}

/// Returns an error if no order explains all snapshots. The error contains the first snapshot that
/// no order explains.
pub(crate) fn explain(calls: &Calls, window: u32, seen: &[Seen]) -> Result<(), String> {
    let start = Step { taken: vec![0; calls.len()], window: VecDeque::new(), streak: 0 };
    let mut possible = BTreeSet::from([start]);
    for look in seen {
        // Extends the possible orders by calls that may have happened before this snapshot.
        let mut frontier: Vec<_> = possible.iter().cloned().collect();
        while let Some(step) = frontier.pop() {
            // The snapshot cannot contain a call that had not begun.
            let may_go_on = |thread: &usize| step.taken[*thread] < look.begun[*thread];
            for thread in (0..calls.len()).filter(may_go_on) {
                if let Some(next) = step.after(thread, calls, window) {
                    if possible.insert(next.clone()) {
                        frontier.push(next);
                    }
                }
            }
        }
        possible.retain(|step| step.explains(look, calls));
        if possible.is_empty() {
            return Err(format!("no order of {calls:?} explains {look:?}"));
        }
    }
    Ok(())
}
