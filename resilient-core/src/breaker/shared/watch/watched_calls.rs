//! The counters of watched calls: one ring for each stripe.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use super::Watch;
use super::counter::{EMPTY, Place, SLICES, Step, count_of};
use crate::breaker::machine::{Stamp, Ticket};
use crate::breaker::shared::thread_stripe::{OWNED, known_stripe, thread_stripe};
use crate::platform::AtomicU64;

/// The number of low bits in [`WatchedCalls::watch`] that hold marks.
const MARK_BITS: u32 = 8;

/// The calls in flight of a breaker with `slow_call`, counted by the slice of time in which they
/// began. All times are in nanoseconds since the breaker was made.
#[derive(Debug)]
pub(in crate::breaker::shared) struct WatchedCalls {
    /// The marks of watched calls, and above them the logarithm of the length of a slice.
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
            self.watch.store(marks | u64::from(watch.shift) << MARK_BITS, Release);
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

    /// Counts the start of a call, and returns its ticket. Returns `None` and counts nothing if the
    /// lock is needed.
    #[inline]
    pub(in crate::breaker::shared) fn start(&self, ticket: Ticket) -> Option<Ticket> {
        let watch = self.watch.load(Acquire);
        let ticket = ticket.with_marks(watch & ((1 << MARK_BITS) - 1));
        self.change(Place::of(ticket, watch >> MARK_BITS), Step::Start).then_some(ticket)
    }

    // B6: a call that took exactly `slow_call` is slow.
    /// Counts the end of a fast call. Returns `false` and counts nothing if the lock is needed: the
    /// call is slow or not watched, calls may be overdue, or another thread may write the counter.
    #[inline]
    pub(in crate::breaker::shared) fn end_fast(&self, ticket: Ticket, now: u64) -> bool {
        // If the clock has gone back, the difference wraps around to a large number, and the call
        // does not count as fast.
        let took = now.wrapping_sub(Stamp::begun(ticket.stamp));
        ticket.is_watched()
            && took < self.limit.load(Relaxed)
            && !self.is_due(now)
            && self.change_owned(self.place_of(ticket), Step::End).unwrap_or(false)
    }

    /// Counts the end of a call, however long it took. Returns `false` and counts nothing if the
    /// lock is needed.
    pub(in crate::breaker::shared) fn end(&self, ticket: Ticket) -> bool {
        !ticket.is_watched() || self.change(self.place_of(ticket), Step::End)
    }

    #[inline]
    fn place_of(&self, ticket: Ticket) -> Place {
        Place::of(ticket, self.watch.load(Acquire) >> MARK_BITS)
    }

    #[inline]
    fn change(&self, place: Place, step: Step) -> bool {
        match self.change_owned(place, step) {
            Some(changed) => changed,
            None => self.change_unowned(place, step),
        }
    }

    /// Changes a counter that only this thread writes. Returns whether the counter could be
    /// changed, or `None` if the thread owns no ring.
    #[inline]
    fn change_owned(&self, place: Place, step: Step) -> Option<bool> {
        let counter = self.owned.get(known_stripe())?.counter(place);
        let changed = place.changed(counter.load(Relaxed), step);
        Some(changed.map(|changed| counter.store(changed, Release)).is_some())
    }

    /// Changes a counter when the thread makes its first call and has no ring yet, or when it uses
    /// the shared ring, which several threads write.
    #[cold]
    fn change_unowned(&self, place: Place, step: Step) -> bool {
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
