//! The counters of watched calls: one ring for each stripe.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use super::Watch;
use super::counter::{EMPTY, Place, SLICES, Step, count_of};
use crate::breaker::machine::{Stamp, Ticket};
use crate::breaker::shared::thread_stripe::{OWNED, thread_stripe};
use crate::platform::AtomicU64;

/// The part of `watch` that holds the logarithm.
const SHIFT_BITS: u32 = 8;

/// The calls in flight of a breaker with `slow_call`, counted by the slice of time in which they
/// began. All times are in nanoseconds since the breaker was made.
#[derive(Debug)]
pub(in crate::breaker::shared) struct WatchedCalls {
    /// The logarithm of the length of a slice, and above it the marks of watched calls.
    watch: AtomicU64,
    /// The time of the next look for overdue calls. From then on, a call may be overdue that the
    /// state machine does not count as overdue yet.
    next_look: AtomicU64,
    /// The setting `slow_call`.
    limit: AtomicU64,
    owned: [Ring; OWNED],
    shared: Ring,
}

#[derive(Debug)]
#[repr(align(64))]
struct Ring([AtomicU64; SLICES]);

impl Ring {
    fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(EMPTY)))
    }

    #[inline]
    fn counter(&self, place: Place) -> &AtomicU64 {
        &self.0[place.index()]
    }
}

impl WatchedCalls {
    pub(in crate::breaker::shared) fn new() -> Self {
        Self {
            watch: AtomicU64::new(0),
            next_look: AtomicU64::new(u64::MAX),
            limit: AtomicU64::new(u64::MAX),
            owned: std::array::from_fn(|_| Ring::new()),
            shared: Ring::new(),
        }
    }

    /// Clears the counts for a generation, and begins a new watch if `slow_call` has changed. Call
    /// this under the lock, before the state word is published.
    pub(in crate::breaker::shared) fn begin(
        &self,
        watch: &mut Watch,
        generation: u64,
        setting: Option<Duration>,
        now: u64,
    ) {
        if watch.begin(generation, setting, now) {
            let marks = Ticket::marks_of_watch(watch.number);
            self.limit.store(watch.limit, Relaxed);
            self.watch.store(marks << SHIFT_BITS | u64::from(watch.shift), Release);
        }
        self.set_next_look(watch, now, u64::MAX);
    }

    /// Returns whether calls may have become overdue since the last look for overdue calls.
    #[inline]
    pub(in crate::breaker::shared) fn is_due(&self, now: u64) -> bool {
        now >= self.next_look.load(Relaxed)
    }

    /// Sets the next look for overdue calls to the time when the next slice becomes overdue, but
    /// not after `latest`. Call this under the lock.
    pub(in crate::breaker::shared) fn set_next_look(&self, watch: &Watch, now: u64, latest: u64) {
        self.next_look.store(watch.next_look(now).min(latest), Relaxed);
    }

    /// Counts the start of a call in a counter of this stripe that counts such calls already, and
    /// returns its ticket. Without such a counter, returns `None` and counts nothing.
    #[inline]
    pub(in crate::breaker::shared) fn start(
        &self,
        stripe: usize,
        ticket: Ticket,
    ) -> Option<Ticket> {
        let (ticket, place) = self.watched(ticket);
        self.change_owned(stripe, place, Step::Start).then_some(ticket)
    }

    /// Counts the start of a call in any counter, and returns its ticket. Returns `None` and counts
    /// nothing if the lock is needed.
    pub(in crate::breaker::shared) fn start_anywhere(&self, ticket: Ticket) -> Option<Ticket> {
        let (ticket, place) = self.watched(ticket);
        self.change(place, Step::Start).then_some(ticket)
    }

    #[inline]
    fn watched(&self, ticket: Ticket) -> (Ticket, Place) {
        let watch = self.watch.load(Acquire);
        let ticket = ticket.with_marks(watch >> SHIFT_BITS);
        (ticket, Place::of(ticket, watch))
    }

    // B6: a call that took exactly `slow_call` is slow.
    /// Returns whether the call is fast and no call may have become overdue since the last look.
    #[inline]
    fn is_fast(&self, ticket: Ticket, now: u64) -> bool {
        // If the clock has gone back, the difference is great.
        let took = now.wrapping_sub(Stamp::begun(ticket.stamp));
        took < self.limit.load(Relaxed) && !self.is_due(now)
    }

    /// Counts the end of a fast call in a counter of this stripe that counts such calls already.
    /// Without such a counter, and for a call that is not watched, returns `false` and counts
    /// nothing.
    #[inline]
    pub(in crate::breaker::shared) fn end_fast(
        &self,
        stripe: usize,
        ticket: Ticket,
        now: u64,
    ) -> bool {
        self.is_fast(ticket, now) && self.change_owned(stripe, self.place_of(ticket), Step::End)
    }

    /// Counts the end of a fast call in any counter. Returns `false` and counts nothing if the lock
    /// is needed.
    pub(in crate::breaker::shared) fn end_fast_anywhere(&self, ticket: Ticket, now: u64) -> bool {
        ticket.is_watched() && self.is_fast(ticket, now) && self.end(ticket)
    }

    /// Counts the end of a call, however long it took. Returns `false` and counts nothing if the
    /// lock is needed.
    pub(in crate::breaker::shared) fn end(&self, ticket: Ticket) -> bool {
        !ticket.is_watched() || self.change(self.place_of(ticket), Step::End)
    }

    #[inline]
    fn place_of(&self, ticket: Ticket) -> Place {
        Place::of(ticket, self.watch.load(Acquire))
    }

    /// Changes a counter that has this place, and that only this thread writes. Returns whether it
    /// could.
    #[inline]
    fn change_owned(&self, stripe: usize, place: Place, step: Step) -> bool {
        let Some(ring) = self.owned.get(stripe) else { return false };
        let counter = ring.counter(place);
        let changed = place.counted(counter.load(Relaxed), step);
        changed.map(|changed| counter.store(changed, Release)).is_some()
    }

    /// Changes a counter that may be free, or that several threads write. Returns whether that was
    /// possible without the lock.
    fn change(&self, place: Place, step: Step) -> bool {
        let counter = self.ring().counter(place);
        let mut old = counter.load(Acquire);
        while let Some(changed) = place.changed(old, step) {
            match counter.compare_exchange_weak(old, changed, Release, Acquire) {
                Ok(_) => return true,
                Err(newer) => old = newer,
            }
        }
        false
    }

    /// Returns the ring that this thread writes.
    fn ring(&self) -> &Ring {
        self.owned.get(thread_stripe()).unwrap_or(&self.shared)
    }

    /// Counts the start of a call that was admitted under the lock, and returns its ticket. If the
    /// clock has gone back, or a counter is full, the call is not watched.
    pub(in crate::breaker::shared) fn start_locked(
        &self,
        ticket: Ticket,
        watch: &mut Watch,
        now: u64,
    ) -> Ticket {
        let watched = ticket.with_marks(Ticket::marks_of_watch(watch.number));
        if self.change_locked(watched, watch, now, Step::Start) { watched } else { ticket }
    }

    /// Counts the end of a call under the lock, unless its generation or its watch has ended.
    pub(in crate::breaker::shared) fn end_locked(
        &self,
        ticket: Ticket,
        watch: &mut Watch,
        now: u64,
    ) {
        if watch.includes(ticket) && !self.change_locked(ticket, watch, now, Step::End) {
            watch.end_carried();
        }
    }

    /// Changes the counter of a call. If the counter has overdue calls of another slice, first adds
    /// them to the carried calls. Returns `false` if the counter has calls of this watch that are
    /// not overdue, or if its count is at a limit.
    fn change_locked(&self, ticket: Ticket, watch: &mut Watch, now: u64, step: Step) -> bool {
        let place = self.place_of(ticket);
        let counter = self.ring().counter(place);
        let mut old = counter.load(Acquire);
        loop {
            let changed = place.changed(old, step);
            let is_overdue = watch.is_overdue(old, place, now);
            let new = match (changed, is_overdue) {
                (Some(changed), _) => changed,
                (None, None | Some(true)) => place.taken_over(step),
                (None, Some(false)) => return false,
            };
            match counter.compare_exchange_weak(old, new, Release, Acquire) {
                Ok(_) => {
                    if changed.is_none() && is_overdue.is_some() {
                        watch.carry(old, now);
                    }
                    return true;
                }
                Err(newer) => old = newer,
            }
        }
    }

    /// Returns how many calls are overdue. Call this under the lock.
    pub(in crate::breaker::shared) fn overdue(&self, watch: &Watch, now: u64) -> u64 {
        let Some(mut sum) = watch.carried(now).filter(|_| watch.is_watching()) else {
            return 0;
        };
        for ring in self.owned.iter().chain([&self.shared]) {
            for (index, counter) in (0..).zip(&ring.0) {
                let counter = counter.load(Acquire);
                let place = Place::at(index, watch.owner());
                if watch.is_overdue(counter, place, now) == Some(true) {
                    sum = sum.saturating_add(count_of(counter));
                }
            }
        }
        u64::try_from(sum).unwrap_or(0)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::breaker::shared::thread_stripe::{SHARED, known_stripe};

    const SECOND: u64 = 1_000_000_000;

    fn watching() -> (WatchedCalls, Watch) {
        let (watched, mut watch) = (WatchedCalls::new(), Watch::default());
        watched.begin(&mut watch, 0, Some(Duration::from_nanos(SECOND)), 0);
        (watched, watch)
    }

    fn begun(marks: u64) -> Ticket {
        Ticket { generation: marks, stamp: Stamp::of_nanos(5) }
    }

    #[test]
    fn b19_a_thread_without_a_ring_counts_starts_and_fast_ends() {
        let (watched, watch) = watching();
        assert_eq!(watched.start(SHARED, begun(0)), None);
        let ticket = watched.start_anywhere(begun(0)).unwrap();
        assert_eq!(watched.overdue(&watch, 2 * SECOND), 1);
        assert!(!watched.end_fast(SHARED, ticket, 6));
        assert!(!watched.end_fast_anywhere(ticket, 5 + SECOND), "the call is slow");
        assert!(watched.end_fast_anywhere(ticket, 6));
        assert_eq!(watched.overdue(&watch, 2 * SECOND), 0);
    }

    #[test]
    fn b19_the_end_of_a_call_that_is_not_watched_changes_no_counter() {
        let (watched, watch) = watching();
        let ticket = watched.start_anywhere(begun(0)).unwrap();
        for marks in 0..128 {
            let other = begun(marks);
            if other.generation != ticket.generation && !other.is_watched() {
                assert!(!watched.end_fast(known_stripe(), other, 6), "{marks}");
                assert!(!watched.end_fast_anywhere(other, 6), "{marks}");
            }
        }
        assert_eq!(watched.overdue(&watch, 2 * SECOND), 1);
    }
}
