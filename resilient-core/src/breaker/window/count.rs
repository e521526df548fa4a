//! A window of the last N calls: two rings of bits, for failures and slow calls, and their sums.

use std::ops::Range;

use super::tally::{Call, Tally};

/// The last `capacity` calls. The memory grows with the number of calls, up to two bits for each
/// call.
#[derive(Debug)]
pub(super) struct CountWindow {
    capacity: usize,
    failed: Bits,
    slow: Bits,
    /// The index of the next call. Once the ring is full, the oldest call has this index.
    next: usize,
    pub(super) tally: Tally,
}

impl CountWindow {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            capacity: usize::try_from(capacity).unwrap_or(usize::MAX).max(1),
            failed: Bits::default(),
            slow: Bits::default(),
            next: 0,
            tally: Tally::default(),
        }
    }

    pub(super) fn push(&mut self, call: Call) {
        let tally = self.tally_with(call);
        self.push_known(call, tally);
    }

    /// Adds a call. The caller has already computed `tally`, the tally of the window with this
    /// call.
    pub(super) fn push_known(&mut self, call: Call, tally: Tally) {
        self.tally = tally;
        self.failed.set(self.next, call.failed);
        self.slow.set(self.next, call.slow);
        // A comparison replaces `%`, because a division costs more than the rest of this function.
        self.next += 1;
        if self.next == self.capacity {
            self.next = 0;
        }
    }

    /// Adds many successes at once.
    pub(super) fn push_successes(&mut self, many: u64) {
        let capacity = self.capacity as u64;
        let end =
            self.next + usize::try_from(many).map_or(self.capacity, |many| many.min(self.capacity));
        let around = 0..end.saturating_sub(self.capacity);
        let straight = self.next..end.min(self.capacity);
        // Successes and unused indices have clear bits. So the set bits that are cleared here are
        // exactly the failures and slow calls that leave the window.
        let clear = |bits: &mut Bits| bits.clear(straight.clone()) + bits.clear(around.clone());
        self.tally = Tally {
            calls: self.tally.calls.saturating_add(many).min(capacity),
            failures: self.tally.failures.saturating_sub(clear(&mut self.failed)),
            slow: self.tally.slow.saturating_sub(clear(&mut self.slow)),
        };
        let place = if many < capacity { end as u64 } else { self.next as u64 + many % capacity };
        self.next =
            usize::try_from(if place < capacity { place } else { place - capacity }).unwrap_or(0);
    }

    /// Returns the tally of the window after one more call.
    pub(super) fn tally_with(&self, call: Call) -> Tally {
        let mut tally = self.tally;
        if let Some(oldest) = self.oldest_of_full() {
            tally.remove(oldest);
        }
        tally.add(call);
        tally
    }

    pub(super) fn is_full_of_successes(&self) -> bool {
        self.is_full() && self.tally.failures == 0 && self.tally.slow == 0
    }

    /// Fills this empty window with the newest calls of another window.
    pub(super) fn after(mut self, old: &Self) -> Self {
        let held = old.len();
        let kept = held.min(self.capacity);
        // The calls are copied oldest first. In a full ring the oldest call is at the index of the
        // next call.
        let first = old.next + old.capacity - kept;
        for place in first..first + kept {
            self.push(old.at(place % old.capacity));
        }
        self
    }

    fn len(&self) -> usize {
        usize::try_from(self.tally.calls).unwrap_or(usize::MAX)
    }

    fn is_full(&self) -> bool {
        self.len() == self.capacity
    }

    fn oldest_of_full(&self) -> Option<Call> {
        self.is_full().then(|| self.at(self.next))
    }

    fn at(&self, place: usize) -> Call {
        Call { failed: self.failed.get(place), slow: self.slow.get(place) }
    }
}

/// Bits that are false until they are set. They take no memory before the first bit is set.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn get(&self, place: usize) -> bool {
        let word = self.0.get(place / 64).copied().unwrap_or(0);
        word >> (place % 64) & 1 == 1
    }

    /// Clears the bits at these indices, and returns how many of them were set.
    fn clear(&mut self, places: Range<usize>) -> u64 {
        let mut cleared = 0;
        let mut place = places.start;
        while place < places.end {
            let Some(word) = self.0.get_mut(place / 64) else {
                break;
            };
            let bit = place % 64;
            let count = (64 - bit).min(places.end - place);
            let mask = u64::MAX >> (64 - count) << bit;
            cleared += u64::from((*word & mask).count_ones());
            *word &= !mask;
            place += count;
        }
        cleared
    }

    fn set(&mut self, place: usize, value: bool) {
        let (index, bit) = (place / 64, 1 << (place % 64));
        match self.0.get_mut(index) {
            Some(word) if value => *word |= bit,
            Some(word) => *word &= !bit,
            None if value => self.grow(index, bit),
            None => {}
        }
    }

    #[cold]
    fn grow(&mut self, index: usize, last: u64) {
        self.0.resize(index, 0);
        self.0.push(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::random::Generator;

    #[test]
    fn a_batch_of_successes_equals_single_successes() {
        const CAPACITY: u32 = 130;
        let mut random = Generator::seeded(5);
        let (mut at_once, mut singly) = (CountWindow::new(CAPACITY), CountWindow::new(CAPACITY));
        for _ in 0..2_000 {
            for _ in 0..random.u32(0..4) {
                let call = Call { failed: random.bool(), slow: random.bool() };
                at_once.push(call);
                singly.push(call);
            }
            let many = random.u64(0..3 * u64::from(CAPACITY)) >> random.u32(0..9);
            at_once.push_successes(many);
            for _ in 0..many {
                singly.push(Call { failed: false, slow: false });
            }
            assert_eq!(at_once.tally, singly.tally);
            assert_eq!(at_once.next, singly.next);
            for place in 0..CAPACITY as usize {
                assert_eq!(at_once.at(place), singly.at(place));
            }
        }
    }
}
