//! Counts the requests of the last minute that the server did not refuse.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// A slice is short against the shortest hint that servers give in seconds.
const SLICE: Duration = Duration::from_millis(500);
/// The slices cover [`LONGEST_LOOK_BACK`] and the slice that it begins in.
const SLICES: usize = 128;
pub(super) const LONGEST_LOOK_BACK: Duration = Duration::from_secs(60);

/// The requests per slice of time, in a ring.
///
/// Each slice is one word: its number since the start, plus 1, in the upper half, and its count in
/// the lower half. A request costs a load and one relaxed increment. If a slice is reused while
/// another thread counts in it, the count is off by one, which the pace tolerates.
pub(super) struct SentRequests {
    start: Instant,
    slices: Box<[AtomicU64]>,
}

/// The requests since some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestCount {
    pub(super) requests: u32,
    /// The beginning of the first slice that has requests.
    pub(super) since: Instant,
}

impl SentRequests {
    pub(super) fn new(now: Instant) -> Self {
        Self { start: now, slices: (0..SLICES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Counts a request that was sent at `at`.
    pub(super) fn add(&self, at: Instant) {
        let number = self.number(at);
        let slice = self.slice(number);
        let word = slice.load(Ordering::Relaxed);
        let (counted, _) = unpack(word);
        if counted == number {
            slice.fetch_add(1, Ordering::Relaxed);
        } else if counted < number {
            let first = slice.compare_exchange(
                word,
                number << 32 | 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if first.is_err() {
                slice.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Takes back a request that was sent at `at` and that the server refused.
    pub(super) fn remove(&self, at: Instant) {
        let number = self.number(at);
        let one_less = |word| match unpack(word) {
            (counted, 1..) if counted == number => Some(word - 1),
            _ => None,
        };
        let slice = self.slice(number);
        // The update fails if the slice is of another time or empty. Then there is nothing to do.
        let _ = slice.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
    }

    /// Returns the requests since `from`, to the precision of a slice.
    pub(super) fn since(&self, from: Instant) -> RequestCount {
        let from = self.number(from);
        let (mut requests, mut first) = (0_u32, u64::MAX);
        for slice in &self.slices {
            let word = slice.load(Ordering::Relaxed);
            let (number, count) = unpack(word);
            if number >= from && count > 0 {
                requests = requests.saturating_add(count);
                first = first.min(number);
            }
        }
        let slices = u32::try_from(first.min(u64::from(u32::MAX))).unwrap_or(u32::MAX);
        let since = SLICE.checked_mul(slices.saturating_sub(1)).filter(|_| requests > 0);
        let since = since.and_then(|time| self.start.checked_add(time)).unwrap_or(self.start);
        RequestCount { requests, since }
    }

    /// Returns the number of the slice at this instant. It begins with 1, because an unused slice
    /// is 0.
    fn number(&self, at: Instant) -> u64 {
        let slices = at.saturating_duration_since(self.start).as_millis() / SLICE.as_millis();
        u64::from(u32::try_from(slices).unwrap_or(u32::MAX - 1)) + 1
    }

    fn slice(&self, number: u64) -> &AtomicU64 {
        let index = usize::try_from(number % SLICES as u64).unwrap_or_default();
        &self.slices[index]
    }
}

/// Returns the number and the count of a slice.
fn unpack(word: u64) -> (u64, u32) {
    (word >> 32, u32::try_from(word & u64::from(u32::MAX)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> (SentRequests, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (SentRequests::new(start), move |millis| start + Duration::from_millis(millis))
    }

    #[test]
    fn requests_are_counted_by_the_time_at_which_they_were_sent() {
        let (sent, at) = counter();
        for millis in [0, 400, 500, 900, 1_700] {
            sent.add(at(millis));
        }
        assert_eq!(sent.since(at(0)), RequestCount { requests: 5, since: at(0) });
        assert_eq!(sent.since(at(700)), RequestCount { requests: 3, since: at(500) });
        assert_eq!(sent.since(at(1_000)), RequestCount { requests: 1, since: at(1_500) });
        assert_eq!(sent.since(at(2_000)).requests, 0);
    }

    #[test]
    fn a_refused_request_is_taken_back_once_and_never_another_one() {
        let (sent, at) = counter();
        sent.add(at(100));
        sent.remove(at(600));
        assert_eq!(sent.since(at(0)).requests, 1);
        sent.remove(at(100));
        sent.remove(at(100));
        assert_eq!(sent.since(at(0)).requests, 0);
    }

    #[test]
    fn a_minute_later_a_slice_counts_from_zero_and_late_reports_are_ignored() {
        let (sent, at) = counter();
        let later = 500 * SLICES as u64;
        sent.add(at(0));
        sent.add(at(later));
        sent.add(at(0));
        sent.remove(at(0));
        assert_eq!(sent.since(at(0)), RequestCount { requests: 1, since: at(later) });
    }

    #[test]
    fn an_instant_before_the_start_and_one_after_decades_are_counted_without_overflow() {
        let (sent, at) = counter();
        let early = at(0).checked_sub(Duration::from_secs(5)).unwrap_or(at(0));
        sent.add(early);
        assert_eq!(sent.since(early).requests, 1);
        if let Some(late) = at(0).checked_add(Duration::from_secs(200 * 365 * 86_400)) {
            sent.add(late);
            assert_eq!(sent.since(late).requests, 1);
        }
    }

    #[test]
    fn threads_that_count_at_the_same_time_lose_no_request() {
        let (sent, at) = counter();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|millis| sent.add(at(millis))));
            }
        });
        assert_eq!(sent.since(at(0)).requests, 4_000);
    }
}
