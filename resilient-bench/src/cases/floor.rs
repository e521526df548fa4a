//! The floor: the least code that could do the work of a library, with an atomic word, a count per
//! thread, and a loop. It has no names, no listeners, no cancellation and no late probes. Its cost
//! shows how much a library could still improve.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed,
};
use std::time::{Duration, Instant};

use crate::call::{Fault, ready, work, work_never};
use crate::table::{Scenario, Table};

const FLOOR: &str = "floor";
const FLOOR_TOTALS: &str = "floor, totals";

/// The lower half of the word is the streak of failures, and the upper half is the generation.
/// While the circuit is open, all bits are one.
struct Word(AtomicU64);

const OPEN: u64 = u64::MAX;

impl Word {
    #[inline]
    fn through(&self, call: impl FnOnce() -> Result<u64, Fault>) -> Result<u64, Fault> {
        let permit = self.0.load(Acquire);
        if permit == OPEN {
            return self.rejected();
        }
        let result = call();
        if result.is_err() {
            self.failed(permit);
        } else if self.0.load(Relaxed) != permit || permit & 0xffff_ffff != 0 {
            self.streak_ended(permit);
        }
        result
    }

    #[cold]
    fn rejected(&self) -> Result<u64, Fault> {
        static UNTIL: OnceLock<Instant> = OnceLock::new();
        let until = *UNTIL.get_or_init(|| Instant::now() + Duration::from_secs(3_600));
        if Instant::now() < until { Err(Fault) } else { Ok(0) }
    }

    #[cold]
    fn failed(&self, permit: u64) {
        let _ = self.0.compare_exchange(permit, permit + 1, AcqRel, Relaxed);
    }

    #[cold]
    fn streak_ended(&self, permit: u64) {
        let _ = self.0.compare_exchange(permit, permit & !0xffff_ffff, AcqRel, Relaxed);
    }
}

#[repr(align(64))]
struct Slot(AtomicU64);

static SLOTS: [Slot; 8] = [const { Slot(AtomicU64::new(0)) }; 8];
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
}

#[inline]
fn count() {
    let mut mine = MINE.get();
    if mine >= SLOTS.len() {
        mine = NEXT.fetch_add(1, Relaxed) % SLOTS.len();
        MINE.set(mine);
    }
    let slot = &SLOTS[mine].0;
    slot.store(slot.load(Relaxed).wrapping_add(1), Relaxed);
}

/// The last 100 calls as bits, one bit for each failure. If no bit is set, a success writes
/// nothing.
struct Ring {
    word: Word,
    failures: [AtomicU64; 2],
}

impl Ring {
    #[inline]
    fn through(&self, call: impl FnOnce() -> Result<u64, Fault>) -> Result<u64, Fault> {
        let result = self.word.through(call);
        if result.is_ok() && self.failures.iter().any(|bits| bits.load(Relaxed) != 0) {
            self.shift();
        }
        result
    }

    #[cold]
    fn shift(&self) {
        self.failures[0].fetch_and(1, Relaxed);
    }
}

async fn later(x: u64) -> Result<u64, Fault> {
    work(x)
}

pub fn add(table: &mut Table) {
    static PLAIN: Word = Word(AtomicU64::new(0));
    table.add(Scenario::Plain, FLOOR, || |x| PLAIN.through(|| work(x)).is_ok());
    static TOTALS: Word = Word(AtomicU64::new(0));
    table.add(Scenario::Plain, FLOOR_TOTALS, || {
        |x| {
            let result = TOTALS.through(|| work(x));
            if result.is_ok() {
                count();
            }
            result.is_ok()
        }
    });
    static ASYNC: Word = Word(AtomicU64::new(0));
    table.add(Scenario::Async, FLOOR, || |x| ASYNC.through(|| ready(later(x))).is_ok());
    static RING: Ring =
        Ring { word: Word(AtomicU64::new(0)), failures: [const { AtomicU64::new(0) }; 2] };
    table.add(Scenario::Window, FLOOR, || |x| RING.through(|| work(x)).is_ok());
    static FAILING: Word = Word(AtomicU64::new(0));
    table.add(Scenario::Failure, FLOOR, || |x| FAILING.through(|| work_never(x)).is_ok());
    static CLOSED: Word = Word(AtomicU64::new(OPEN));
    table.add(Scenario::Rejected, FLOOR, || |x| CLOSED.through(|| work(x)).is_ok());
    table.add(Scenario::RetryPlain, FLOOR, || |x| (0..4).any(|_| work(x).is_ok()));
    table.add(Scenario::RetryAsync, FLOOR, || |x| (0..4).any(|_| ready(later(x)).is_ok()));
}
