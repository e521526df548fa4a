//! One counter: the calls in flight of one stripe that began in one slice of time.

use crate::breaker::machine::{Stamp, Ticket};

/// The number of counters in a ring, one for each slice. `slow_call` lasts for fewer than half as
/// many slices.
pub(super) const SLICES: usize = 32;
const INDEX_MASK: u64 = SLICES as u64 - 1;

/// The parts of a counter, from its lowest bits: the count plus `NONE`, then low bits of the owner,
/// then low bits of the number of the slice.
const COUNT_BITS: u32 = 18;
const COUNTS: u64 = 1 << COUNT_BITS;
const OWNER_BITS: u32 = 13;
const OWNERS: u64 = 1 << OWNER_BITS;
const SLICE_SHIFT: u32 = COUNT_BITS + OWNER_BITS;
/// The count of a counter without calls.
const NONE: u64 = COUNTS / 2;

/// A counter without calls, which every slice can take. It has an owner that no call has: the
/// mark of a nested call.
pub(super) const EMPTY: u64 = 1 << COUNT_BITS | NONE;

/// The numbers of slices wrap around after this many slices: after at least 39 hours, and in
/// general after 500 million times `slow_call`. If a thread makes no call for that long, the calls
/// in its counters seem to be new, and are not overdue for a while.
const NUMBERS: u64 = 1 << (u64::BITS - SLICE_SHIFT);
/// A slice that seems older than this is later than the present slice: the clock has gone back.
const OLDEST: u64 = NUMBERS / 16 * 15;

/// The direction in which a count changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Start,
    End,
}

/// A slice of time, and the owner of the calls that share its counter: their watch and generation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    slice: u64,
    owner: u64,
}

impl Place {
    /// Returns the place of a call. The length of a slice is 2^`shift` ns.
    #[inline]
    pub(super) fn of(ticket: Ticket, shift: u64) -> Self {
        Self { slice: Stamp::begun(ticket.stamp) >> (shift & 63), owner: ticket.generation }
    }

    /// Returns the place of the calls that have their counter at this index of a ring.
    pub(super) fn at(index: u64, owner: u64) -> Self {
        Self { slice: index, owner }
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        (self.slice & INDEX_MASK) as usize
    }

    #[inline]
    fn tag(self) -> u64 {
        self.slice << SLICE_SHIFT | (self.owner % OWNERS) << COUNT_BITS
    }

    /// Returns the value of the counter after a start or an end in this place. Returns `None` if
    /// the counter has calls of another place, or its count is at a limit.
    #[inline]
    pub(super) fn changed(self, counter: u64, step: Step) -> Option<u64> {
        self.counted(counter, step).or_else(|| self.if_free(counter, step))
    }

    /// Returns the value of a counter of this place after a start or an end. Returns `None` if the
    /// counter has another place, or its count is at a limit.
    #[inline]
    pub(super) fn counted(self, counter: u64, step: Step) -> Option<u64> {
        let changed = match step {
            Step::Start => counter.wrapping_add(1),
            Step::End => counter.wrapping_sub(1),
        };
        // Beyond its limit, the count would change the tag.
        (changed ^ self.tag() < COUNTS).then_some(changed)
    }

    /// Returns the first value of a counter that has no calls and belongs to another place.
    fn if_free(self, counter: u64, step: Step) -> Option<u64> {
        let is_free = counter % COUNTS == NONE && counter ^ self.tag() >= COUNTS;
        is_free.then(|| self.taken_over(step))
    }

    /// Returns the value of a counter that this place takes over, after a start or an end.
    pub(super) fn taken_over(self, step: Step) -> u64 {
        let none = self.tag() + NONE;
        match step {
            Step::Start => none + 1,
            Step::End => none - 1,
        }
    }

    /// Returns how many slices before `present` the slice of the counter is. Returns zero for a
    /// later slice, and `None` if the counter has another owner.
    pub(super) fn age_of(self, counter: u64, present: u64) -> Option<u64> {
        let age = present.wrapping_sub(counter >> SLICE_SHIFT) % NUMBERS;
        let is_ours = (counter >> COUNT_BITS ^ self.owner) % OWNERS == 0;
        is_ours.then_some(if age <= OLDEST { age } else { 0 })
    }
}

/// Returns the starts minus the ends of a counter.
pub(super) fn count_of(counter: u64) -> i64 {
    let signed = |count| i64::try_from(count).unwrap_or(i64::MAX);
    signed(counter % COUNTS) - signed(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(slice: u64, owner: u64) -> Place {
        Place { slice, owner }
    }

    #[test]
    fn b19_a_counter_counts_its_own_slice_only() {
        let own = place(77, 3);
        let mut counter = own.changed(EMPTY, Step::Start).unwrap();
        counter = own.changed(counter, Step::Start).unwrap();
        assert_eq!(count_of(counter), 2);
        for other in [place(77 + 32, 3), place(77, 4)] {
            assert_eq!(other.changed(counter, Step::Start), None);
            assert_eq!(other.changed(counter, Step::End), None);
        }
        counter = own.changed(counter, Step::End).unwrap();
        counter = own.changed(counter, Step::End).unwrap();
        let later = place(77 + 32, 3).changed(counter, Step::End).unwrap();
        assert_eq!(count_of(later), -1);
        assert_eq!(own.changed(later, Step::Start), None);
    }

    #[test]
    fn b19_a_full_counter_refuses_and_never_changes_its_slice() {
        for (step, most) in [(Step::Start, NONE - 1), (Step::End, NONE)] {
            let own = place(12_345, 9);
            let mut counter = EMPTY;
            for _ in 0..most {
                counter = own.changed(counter, step).unwrap();
            }
            assert_eq!(count_of(counter).unsigned_abs(), most);
            assert_eq!(own.changed(counter, step), None);
            assert_eq!(own.age_of(counter, 12_345), Some(0));
        }
    }

    #[test]
    fn b19_the_age_of_a_slice_is_exact_until_the_numbers_wrap_around() {
        let begun = 5 << 40;
        let own = place(begun, 1);
        let counter = own.changed(EMPTY, Step::Start).unwrap();
        for age in [0, 1, 31, 32, 33, 1 << 20, OLDEST] {
            assert_eq!(own.age_of(counter, begun + age), Some(age));
        }
        for early in [1, 32, 1 << 20] {
            assert_eq!(own.age_of(counter, begun - early), Some(0), "the clock went back");
        }
        assert_eq!(place(begun, 2).age_of(counter, begun), None);
    }
}
