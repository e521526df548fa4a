//! The numbers that keep names different that owners want to have alone.

use std::collections::{BTreeMap, BTreeSet};

/// The numbers in use, by the name that was wanted.
#[derive(Debug, Default)]
pub(super) struct UniqueNumbers(BTreeMap<String, Numbers>);

/// The numbers from 1 to `most` are in use, except those in `free`.
#[derive(Debug, Default)]
struct Numbers {
    most: u64,
    free: BTreeSet<u64>,
}

impl UniqueNumbers {
    /// Takes the lowest free number that `is_free` accepts.
    pub(super) fn take(&mut self, wanted: &str, is_free: impl FnMut(u64) -> bool) -> u64 {
        self.0.entry(wanted.to_owned()).or_default().take(is_free)
    }

    pub(super) fn give_back(&mut self, wanted: &str, number: u64) {
        let Some(numbers) = self.0.get_mut(wanted) else { return };
        numbers.give_back(number);
        if numbers.most == 0 {
            self.0.remove(wanted);
        }
    }
}

impl Numbers {
    fn take(&mut self, mut is_free: impl FnMut(u64) -> bool) -> u64 {
        let lowest = self.free.iter().copied().find(|number| is_free(*number));
        if let Some(lowest) = lowest {
            self.free.remove(&lowest);
            return lowest;
        }
        loop {
            self.most += 1;
            if is_free(self.most) {
                return self.most;
            }
            self.free.insert(self.most);
        }
    }

    fn give_back(&mut self, number: u64) {
        self.free.insert(number);
        while self.free.remove(&self.most) {
            self.most -= 1;
        }
    }
}
