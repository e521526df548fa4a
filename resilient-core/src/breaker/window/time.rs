//! A window of time: a ring of buckets, and their sums.

use std::time::{Duration, Instant};

use super::tally::{Call, Tally};

/// The newest bucket, and the buckets before it that are in the window. The first bucket begins at
/// `start`.
#[derive(Debug)]
pub(super) struct TimeWindow {
    length: Duration,
    start: Instant,
    buckets: Box<[Tally]>,
    /// The number of the newest bucket with a call.
    newest: u64,
    /// The sum of all buckets. While the newest bucket is the present bucket, these are the calls
    /// in the window.
    pub(super) tally: Tally,
}

impl TimeWindow {
    pub(super) fn new(length: Duration, buckets: u32, start: Instant) -> Self {
        let count = usize::try_from(buckets).unwrap_or(usize::MAX).max(1);
        Self {
            length: length.max(Duration::from_nanos(1)),
            start,
            buckets: vec![Tally::default(); count].into(),
            newest: 0,
            tally: Tally::default(),
        }
    }

    /// Adds a call. If `now` is before the newest bucket, the call goes into the newest bucket.
    pub(super) fn push(&mut self, call: Call, now: Instant) {
        // Only failures and slow calls restart the window, because most successes are deferred and
        // reach the window later.
        if (call.failed || call.slow) && self.is_set_back(now) {
            self.restart(now);
        }
        self.advance(self.number_at(now));
        let newest = self.place(self.newest);
        self.buckets[newest].add(call);
        self.tally.add(call);
    }

    // B16: a clock that was set back by a year does not keep calls in the window for a year.
    /// Returns whether the clock was set back by more than the length of the window, so that the
    /// window would hold its calls for too long.
    fn is_set_back(&self, now: Instant) -> bool {
        let begin =
            self.newest.checked_sub(1).map_or(Some(Duration::ZERO), |last| self.end_of(last));
        let begin = begin.and_then(|begin| self.start.checked_add(begin));
        begin.is_some_and(|begin| begin.saturating_duration_since(now) > self.length)
    }

    /// Forgets all calls. Bucket 0 begins now.
    fn restart(&mut self, now: Instant) {
        self.start = now;
        self.newest = 0;
        self.buckets.fill(Tally::default());
        self.tally = Tally::default();
    }

    /// Adds successes to the bucket that ends at `end`, unless that bucket has left the window.
    pub(super) fn push_successes(&mut self, many: u64, end: Instant) {
        let within = end.checked_sub(Duration::from_nanos(1)).unwrap_or(end);
        let number = self.exact_number_at(within).min(self.newest);
        if self.newest - number < self.count() {
            let successes = Tally { calls: many, ..Tally::default() };
            let place = self.place(number);
            self.buckets[place] = self.buckets[place].plus(successes);
            self.tally = self.tally.plus(successes);
        }
    }

    /// Returns when the newest bucket ends, or `None` if an `Instant` cannot hold the end.
    pub(super) fn end_of_newest(&self) -> Option<Instant> {
        self.start.checked_add(self.end_of(self.newest)?)
    }

    /// Returns when the present bucket ends, or `None` if an `Instant` cannot hold the end.
    pub(super) fn end_of_present(&self, now: Instant) -> Option<Instant> {
        self.start.checked_add(self.end_of(self.number_at(now))?)
    }

    /// Returns the tally of the calls that are in the window now, even if no call has come for a
    /// while.
    pub(super) fn tally(&self, now: Instant) -> Tally {
        let expired = self.number_at(now).saturating_sub(self.newest);
        let places = (0..expired.min(self.count())).map(|nth| self.oldest_place(nth));
        places.fold(self.tally, |tally, place| tally.minus(self.buckets[place]))
    }

    /// Fills this empty window with the present calls of another window. A call counts as made at
    /// the last instant of its old bucket; if that instant is after `now`, the call counts as made
    /// at `now`.
    pub(super) fn after(mut self, old: &Self, now: Instant) -> Self {
        self.start = old.start;
        let count = old.count();
        let oldest = old.number_at(now).saturating_sub(count - 1);
        for number in oldest..=old.newest {
            let bucket = old.buckets[old.place(number)];
            self.advance(self.number_at(old.last_instant_of(number).min(now)));
            let place = self.place(self.newest);
            self.buckets[place] = self.buckets[place].plus(bucket);
            self.tally = self.tally.plus(bucket);
        }
        self
    }

    /// Drops the buckets that leave the window when the bucket of this number becomes the newest.
    fn advance(&mut self, number: u64) {
        let expired = number.saturating_sub(self.newest);
        for nth in 0..expired.min(self.count()) {
            let place = self.oldest_place(nth);
            let bucket = std::mem::take(&mut self.buckets[place]);
            self.tally = self.tally.minus(bucket);
        }
        self.newest = number;
    }

    /// Returns the index of the nth bucket that leaves the window.
    fn oldest_place(&self, nth: u64) -> usize {
        self.place(self.newest.wrapping_add(1).wrapping_add(nth))
    }

    /// Returns the number of the bucket at `now`, or of the newest bucket if the clock went back.
    fn number_at(&self, now: Instant) -> u64 {
        self.exact_number_at(now).max(self.newest)
    }

    /// Returns the number of the bucket at `now`. The arithmetic is exact, so that a window length
    /// that is no multiple of the number of buckets causes no drift.
    fn exact_number_at(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.start).as_nanos();
        let number = elapsed.saturating_mul(u128::from(self.count())) / self.length.as_nanos();
        u64::try_from(number).unwrap_or(u64::MAX)
    }

    /// Returns the end of the bucket of this number, measured from the start. Returns `None` after
    /// 584 years.
    fn end_of(&self, number: u64) -> Option<Duration> {
        let next = u128::from(number).saturating_add(1);
        let end = next.saturating_mul(self.length.as_nanos()).div_ceil(u128::from(self.count()));
        u64::try_from(end).ok().map(Duration::from_nanos)
    }

    /// Returns the last instant of the bucket of this number.
    fn last_instant_of(&self, number: u64) -> Instant {
        let last = self.end_of(number).unwrap_or(Duration::MAX);
        let last = last.saturating_sub(Duration::from_nanos(1));
        let centuries = Duration::from_nanos(u64::MAX);
        self.start.checked_add(last.min(centuries)).unwrap_or(self.start)
    }

    fn count(&self) -> u64 {
        self.buckets.len() as u64
    }

    fn place(&self, number: u64) -> usize {
        // The remainder is smaller than the number of buckets, which is a `usize`.
        usize::try_from(number % self.count()).unwrap_or(0)
    }
}
