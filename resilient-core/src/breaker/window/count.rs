//! The last N calls: a ring of bits, and what they add up to.

use super::tally::{Call, Tally};
use crate::seeded::{Bug, seeded};

/// The last `capacity` calls. Memory grows with the calls that came, up to two bits for each that it holds.
#[derive(Debug)]
pub(super) struct CountWindow {
    capacity: usize,
    failed: Bits,
    slow: Bits,
    /// Where the next call goes: the place of the oldest one, once the ring is full.
    next: usize,
    tally: Tally,
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

    /// The same, with the tally that there will be.
    pub(super) fn push_known(&mut self, call: Call, tally: Tally) {
        self.tally = tally;
        self.failed.set(self.next, call.failed);
        self.slow.set(self.next, call.slow);
        // A division would cost more than all the rest.
        self.next += 1;
        if self.next == self.capacity {
            self.next = 0;
        }
    }

    /// The same as so many single ones.
    pub(super) fn push_successes(&mut self, many: u64) {
        let capacity = self.capacity as u64;
        if self.tally.failures == 0 && self.tally.slow == 0 || many >= capacity {
            let place = (self.next as u64).wrapping_add(many % capacity) % capacity;
            self.next = usize::try_from(place).unwrap_or(0);
            self.tally = Tally {
                calls: self.tally.calls.saturating_add(many).min(capacity),
                ..Tally::default()
            };
            self.failed.clear();
            self.slow.clear();
        } else {
            (0..many).for_each(|_| self.push(Call::SUCCESS));
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// What the tally would be after one more call.
    pub(super) fn tally_with(&self, call: Call) -> Tally {
        let mut tally = self.tally;
        if let Some(oldest) = self.oldest_of_full() {
            tally.remove(oldest);
        }
        tally.add(call);
        tally
    }

    pub(super) fn is_full_of_successes(&self) -> bool {
        (self.is_full() || seeded(Bug::CleanWhileFilling))
            && (self.tally.failures == 0 || seeded(Bug::CleanDespiteFailure))
            && self.tally.slow == 0
    }

    /// This window, empty so far, after the newest calls of another one.
    pub(super) fn after(mut self, old: &Self) -> Self {
        let held = old.len();
        let kept = held.min(self.capacity);
        // Oldest first; a full ring begins where the next call goes.
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
        Call {
            failed: self.failed.get(place),
            slow: self.slow.get(place),
        }
    }
}

/// Bits that are false until they are set, and take no memory before the first that is true.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn get(&self, place: usize) -> bool {
        let word = self.0.get(place / 64).copied().unwrap_or(0);
        word >> (place % 64) & 1 == 1
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    fn set(&mut self, place: usize, value: bool) {
        let index = place / 64;
        if value && self.0.len() <= index {
            self.0.resize(index + 1, 0);
        }
        if let Some(word) = self.0.get_mut(index) {
            let bit = 1 << (place % 64);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }
}
