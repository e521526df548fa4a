//! B19: counts the calls that have been in flight for at least `slow_call`, without a lock on the
//! path of a fast call.
//!
//! # How calls are counted
//!
//! Time is divided into slices of `2^shift` nanoseconds, between a sixteenth and an eighth of
//! `slow_call`, but at least `SHORTEST`. Each stripe has a ring of 32 counters. A counter holds the number of its slice, and
//! the calls that began in this slice: a start adds one, and an end subtracts one, each in the
//! stripe of the thread that makes it. So the sum of a slice over all stripes is the number of its
//! calls that are in flight. A call is overdue when the whole slice in which it began is at least
//! `slow_call` old. It is thus never noticed too early, and less than a slice too late.
//!
//! A counter is used for slice 32 when slice 0 has long been overdue. If its count is then zero, the
//! thread that owns it takes it over without a lock. Otherwise the count is first added to
//! `carried`, under the breaker's lock. An end that finds its counter taken over subtracts from
//! `carried`. No count is lost, and only the owner of a stripe writes its counters.
//!
//! # What a clear needs
//!
//! A counter also holds low bits of the generation and the number of the watch. Counters of other
//! generations and watches do not count and can be taken over, so a transition writes no counter.
//! A new watch begins when `slow_call` changes. Calls carry the number of their watch, and an older
//! call touches no newer counter.
//!
//! # Memory ordering
//!
//! Counters are written with `Release` and read with `Acquire`, so that a sum that has seen the end
//! of a call has seen its start. Whether a counter changes hands is decided by its value alone.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use super::thread_stripe::{OWNED, known_stripe, thread_stripe};
use crate::breaker::machine::{Stamp, Ticket};
use crate::platform::AtomicU64;

/// A ring has more than twice as many slices as `slow_call`.
const SLICES: usize = 32;
const RING_BITS: u32 = SLICES.ilog2();
const INDEX_MASK: u64 = SLICES as u64 - 1;

/// A counter, from its high bits: the count plus `NONE`, the slice divided by `SLICES`, and the
/// low bits of a ticket's generation with its marks.
const COUNT_SHIFT: u32 = 44;
const ROUND_SHIFT: u32 = 16;
const OWNER_BITS: u64 = (1 << ROUND_SHIFT) - 1;
const TAG_BITS: u64 = (1 << COUNT_SHIFT) - 1;
const ONE: u64 = 1 << COUNT_SHIFT;
/// The count of a counter without calls.
const NONE: u64 = 1 << (u64::BITS - COUNT_SHIFT - 1);
/// The numbers of slices in a counter wrap around after this many, which is at least two days. A
/// count that stays that long in a stripe whose thread makes no calls is missed for a while.
const NUMBERS: u64 = 1 << (COUNT_SHIFT - ROUND_SHIFT + RING_BITS);
/// A slice that is this much younger than `NUMBERS` is one after the present slice: the clock has
/// gone back.
const FUTURE: u64 = NUMBERS / 16;

/// The shortest slice is 16 µs. Shorter slices would let too many calls look for overdue ones.
const SHORTEST: u32 = 14;

const SHIFT_POSITION: u32 = 8;
const MARK_BITS: u64 = (1 << SHIFT_POSITION) - 1;

#[derive(Debug)]
pub(super) struct OverdueCalls {
    /// The marks of watched calls, and the length of a slice: `marks | shift << SHIFT_POSITION`.
    /// Zero until `slow_call` is set.
    watch: AtomicU64,
    /// The nanosecond from which the next slice is overdue, or overdue calls may count for more.
    next_look: AtomicU64,
    /// The rings exist once `slow_call` is set.
    rings: OnceLock<Box<Rings>>,
}

#[derive(Debug)]
struct Rings {
    owned: [Ring; OWNED],
    shared: Ring,
}

#[derive(Debug)]
#[repr(align(64))]
struct Ring([AtomicU64; SLICES]);

/// The part of the count that is under the breaker's lock.
#[derive(Debug, Default)]
pub(super) struct Watch {
    number: u64,
    /// The setting `slow_call`. No call is watched if it is not set.
    slow_call: Option<Duration>,
    limit: u64,
    shift: u32,
    generation: u64,
    /// The slice in which the watch, or the generation, began.
    first: u64,
    /// The calls of counters that were taken over, minus their ends.
    carried: i64,
    /// When a counter was last taken over. If the clock goes back to an earlier time, no call counts
    /// as overdue until this time has come again.
    carried_at: u64,
}

/// The direction in which a count changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Start,
    End,
}

impl OverdueCalls {
    pub(super) fn new() -> Self {
        Self {
            watch: AtomicU64::new(0),
            next_look: AtomicU64::new(u64::MAX),
            rings: OnceLock::new(),
        }
    }

    /// Returns whether calls may have become overdue since the last look under the lock.
    #[inline]
    pub(super) fn is_due(&self, now: u64) -> bool {
        now >= self.next_look.load(Relaxed)
    }

    /// Counts the start of a call that a breaker admits without the lock, and returns its ticket.
    /// Returns `None` if the lock is needed.
    #[inline]
    pub(super) fn start(&self, ticket: Ticket) -> Option<Ticket> {
        let watch = self.watch.load(Acquire);
        let ticket = ticket.with_marks(watch & MARK_BITS);
        self.change(ticket, watch, Step::Start).then_some(ticket)
    }

    /// Counts the end of a call. Returns `false` and counts nothing if the lock is needed.
    #[inline]
    pub(super) fn end(&self, ticket: Ticket) -> bool {
        !ticket.is_watched() || self.change(ticket, self.watch.load(Acquire), Step::End)
    }

    #[inline]
    fn change(&self, ticket: Ticket, watch: u64, step: Step) -> bool {
        let Some(rings) = self.rings.get() else { return false };
        let slice = slice_of(ticket, watch);
        let tag = tag(ticket.generation, slice);
        match rings.owned.get(known_stripe()) {
            Some(ring) => {
                // Only this thread writes the counter.
                let counter = ring.counter(slice);
                let next = changed(counter.load(Relaxed), tag, step);
                next.map(|next| counter.store(next, Release)).is_some()
            }
            None => rings.change_in(thread_stripe(), slice, tag, step),
        }
    }

    /// Counts the start of a call that was admitted under the lock, and returns its ticket. If the
    /// clock has gone back, or a counter is full, the call is not watched.
    pub(super) fn start_locked(&self, ticket: Ticket, guarded: &mut Watch, now: u64) -> Ticket {
        let watch = self.watch.load(Relaxed);
        let watched = ticket.with_marks(watch & MARK_BITS);
        if self.change_locked(watched, guarded, now, Step::Start) { watched } else { ticket }
    }

    /// Counts the end of a call under the lock, unless its generation or its watch has ended.
    pub(super) fn end_locked(&self, ticket: Ticket, guarded: &mut Watch, now: u64) {
        let is_of_watch = ticket.is_watched()
            && ticket.generation == guarded.generation | Ticket::marks_of_watch(guarded.number);
        if is_of_watch && !self.change_locked(ticket, guarded, now, Step::End) {
            guarded.carried = guarded.carried.saturating_sub(1);
        }
    }

    fn change_locked(
        &self,
        ticket: Ticket,
        guarded: &mut Watch,
        now: u64,
        step: Step,
    ) -> bool {
        let Some(rings) = self.rings.get() else { return false };
        let slice = slice_of(ticket, self.watch.load(Relaxed));
        let tag = tag(ticket.generation, slice);
        let ring = rings.owned.get(thread_stripe()).unwrap_or(&rings.shared);
        let counter = ring.counter(slice);
        let mut old = counter.load(Acquire);
        loop {
            let (next, carried) = match changed(old, tag, step) {
                Some(next) => (next, 0),
                None => match guarded.age(old, ticket.generation, slice, now) {
                    None => (beginning(tag, step), 0),
                    Some(age) if guarded.is_overdue(age, now) => {
                        (beginning(tag, step), count_of(old))
                    }
                    Some(_) => return false,
                },
            };
            match counter.compare_exchange_weak(old, next, Release, Acquire) {
                Ok(_) if carried == 0 => return true,
                Ok(_) => {
                    guarded.carried = guarded.carried.saturating_add(carried);
                    guarded.carried_at = guarded.carried_at.max(now);
                    return true;
                }
                Err(newer) => old = newer,
            }
        }
    }

    /// Returns how many calls are overdue. Call this under the lock.
    pub(super) fn count(&self, guarded: &Watch, now: u64) -> u64 {
        let is_watching = guarded.slow_call.is_some() && now >= guarded.carried_at;
        let Some(rings) = self.rings.get().filter(|_| is_watching) else {
            return 0;
        };
        let owner = guarded.generation | Ticket::marks_of_watch(guarded.number);
        let mut sum = guarded.carried;
        for ring in rings.owned.iter().chain([&rings.shared]) {
            for (slice, counter) in (0..).zip(&ring.0) {
                let counter = counter.load(Acquire);
                let age = guarded.age(counter, owner, slice, now);
                if age.is_some_and(|age| guarded.is_overdue(age, now)) {
                    sum = sum.saturating_add(count_of(counter));
                }
            }
        }
        u64::try_from(sum).unwrap_or(0)
    }

    /// Sets the next look to when the next slice will be overdue, but not after `latest`. Call this
    /// under the lock, after a look.
    pub(super) fn set_next_look(&self, guarded: &Watch, now: u64, latest: u64) {
        self.next_look.store(guarded.next_look(now).min(latest), Relaxed);
    }

    /// Lets the next admission or report look.
    pub(super) fn look_next(&self) {
        self.next_look.store(0, Relaxed);
    }

    /// Clears the counts in a new generation, and begins a new watch if `slow_call` has changed. Call
    /// this under the lock, before the state word is published.
    #[cold]
    pub(super) fn begin(
        &self,
        guarded: &mut Watch,
        generation: u64,
        slow_call: Option<Duration>,
        now: u64,
    ) {
        guarded.generation = generation;
        guarded.carried = 0;
        guarded.carried_at = 0;
        if let Some(limit) = slow_call.filter(|_| guarded.slow_call != slow_call) {
            guarded.limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
            guarded.number = guarded.number.wrapping_add(1);
            guarded.shift = (guarded.limit / 8).max(1 << SHORTEST).ilog2();
            self.rings.get_or_init(|| Box::new(Rings::new()));
            let marks = Ticket::marks_of_watch(guarded.number);
            self.watch.store(marks | u64::from(guarded.shift) << SHIFT_POSITION, Release);
        }
        guarded.slow_call = slow_call;
        guarded.first = now >> guarded.shift;
        self.set_next_look(guarded, now, u64::MAX);
    }
}

impl Watch {
    /// Returns whether this is the watch of the present generation and setting.
    #[inline]
    pub(super) fn is_of(&self, generation: u64, slow_call: Option<Duration>) -> bool {
        self.generation == generation && self.slow_call == slow_call
    }

    /// Returns the number of the first slice that is not overdue.
    fn first_young(&self, now: u64) -> u64 {
        let ended = now.saturating_add(1).saturating_sub(self.limit);
        ended >> self.shift
    }

    fn next_look(&self, now: u64) -> u64 {
        if self.slow_call.is_none() {
            return u64::MAX;
        }
        let next = self.first_young(now).saturating_add(1);
        let begins = next.checked_mul(1 << self.shift).unwrap_or(u64::MAX);
        begins.saturating_add(self.limit.saturating_sub(1))
    }

    /// Returns how many slices ago the slice of a counter was, for a counter at the place of `slice`.
    /// Returns `None` if the counter is not one of this watch and generation.
    fn age(&self, counter: u64, owner: u64, slice: u64, now: u64) -> Option<u64> {
        let number = (counter & TAG_BITS) >> ROUND_SHIFT << RING_BITS | slice & INDEX_MASK;
        let present = now >> self.shift;
        let age = present.wrapping_sub(number) % NUMBERS;
        let age = if age < NUMBERS - FUTURE { age } else { 0 };
        let is_ours = (counter ^ owner) & OWNER_BITS == 0;
        (is_ours && age <= present.saturating_sub(self.first)).then_some(age)
    }

    /// Returns whether the slice of this age is overdue.
    fn is_overdue(&self, age: u64, now: u64) -> bool {
        age > (now >> self.shift).saturating_sub(self.first_young(now))
    }
}

impl Rings {
    fn new() -> Self {
        Self { owned: std::array::from_fn(|_| Ring::new()), shared: Ring::new() }
    }

    #[cold]
    fn change_in(&self, stripe: usize, slice: u64, tag: u64, step: Step) -> bool {
        let ring = self.owned.get(stripe).unwrap_or(&self.shared);
        let counter = ring.counter(slice);
        let mut old = counter.load(Acquire);
        while let Some(next) = changed(old, tag, step) {
            match counter.compare_exchange_weak(old, next, Release, Acquire) {
                Ok(_) => return true,
                Err(newer) => old = newer,
            }
        }
        false
    }
}

impl Ring {
    fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(NONE << COUNT_SHIFT)))
    }

    #[inline]
    fn counter(&self, slice: u64) -> &AtomicU64 {
        // The index is smaller than the number of slices, which is a `usize`.
        &self.0[(slice & INDEX_MASK) as usize]
    }
}

/// Returns the slice in which a call began.
#[inline]
fn slice_of(ticket: Ticket, watch: u64) -> u64 {
    Stamp::begun(ticket.stamp) >> (watch >> SHIFT_POSITION & 63)
}

#[inline]
fn tag(owner: u64, slice: u64) -> u64 {
    (slice >> RING_BITS << ROUND_SHIFT | owner & OWNER_BITS) & TAG_BITS
}

/// Returns the value of a counter after a start or an end in the slice of this tag. Returns `None`
/// if the counter holds calls of another slice, or its count is at a limit.
#[inline]
fn changed(old: u64, tag: u64, step: Step) -> Option<u64> {
    if (old ^ tag) & TAG_BITS == 0 {
        match step {
            Step::Start => old.checked_add(ONE),
            Step::End => old.checked_sub(ONE),
        }
    } else {
        (old >> COUNT_SHIFT == NONE).then_some(beginning(tag, step))
    }
}

/// Returns the value of a counter after its first start or end.
#[inline]
fn beginning(tag: u64, step: Step) -> u64 {
    let none = tag | NONE << COUNT_SHIFT;
    match step {
        Step::Start => none + ONE,
        Step::End => none - ONE,
    }
}

fn count_of(counter: u64) -> i64 {
    let signed = |count| i64::try_from(count).unwrap_or(i64::MAX);
    signed(counter >> COUNT_SHIFT) - signed(NONE)
}
