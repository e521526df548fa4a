//! Failures that breakers remember, and the log of the last failures of a breaker or a retry.

use std::fmt;
use std::time::{Duration, Instant};

use super::{ErrorText, RoundedTime, getters};

/// A failure that a breaker remembers. `Display` writes its text and how long the call
/// took: `connection refused, after 2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureRecord {
    at: Instant,
    /// In nanoseconds, or `UNKNOWN`.
    took: u64,
    /// Empty if there is no text.
    text: ErrorText,
}

impl FailureRecord {
    const UNKNOWN: u64 = u64::MAX;

    pub(crate) fn new(at: Instant, took: Option<Duration>, text: Option<ErrorText>) -> Self {
        let longest = Self::UNKNOWN - 1;
        let nanos =
            |took: Duration| u64::try_from(took.as_nanos()).map_or(longest, |it| it.min(longest));
        Self { at, took: took.map_or(Self::UNKNOWN, nanos), text: text.unwrap_or_default() }
    }

    getters! {
        |self|
        /// When the failure was counted, by the clock of the breaker.
        at: Instant = self.at;
        /// How long the call took, up to 584 years. `None` if nothing measured the call: a breaker
        /// measures its probes, and with `slow_call` all calls.
        took: Option<Duration> =
            (self.took != Self::UNKNOWN).then(|| Duration::from_nanos(self.took));
        /// The text about the error. `None` if the error has none, or with
        /// `remember_errors = false`.
        text: Option<&ErrorText> = Some(&self.text).filter(|text| !text.is_empty());
    }

    #[must_use]
    pub(crate) fn without_text(self) -> Self {
        Self { text: ErrorText::default(), ..self }
    }
}

impl fmt::Display for FailureRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().map_or("no text", ErrorText::as_str))?;
        match self.took() {
            Some(took) => write!(f, ", after {}", RoundedTime(took)),
            None => Ok(()),
        }
    }
}

/// The number of failures that a breaker or a retry remembers.
const REMEMBERED: usize = 4;

// B20
/// The last failures, oldest first. They take no memory before the first one.
#[derive(Debug)]
pub(crate) struct FailureLog<R = FailureRecord>(Option<Box<Ring<R>>>);

#[derive(Debug)]
struct Ring<R> {
    records: [R; REMEMBERED],
    /// The number of failures so far. It determines the place of the next one.
    pushed: u64,
}

impl<R> Default for FailureLog<R> {
    fn default() -> Self {
        Self(None)
    }
}

impl<R: Copy> FailureLog<R> {
    pub(crate) fn push(&mut self, record: R) {
        let new = || Box::new(Ring { records: [record; REMEMBERED], pushed: 0 });
        let ring = self.0.get_or_insert_with(new);
        ring.records[ring.place(ring.pushed)] = record;
        ring.pushed = ring.pushed.wrapping_add(1);
    }

    /// Returns the failures, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = R> + '_ {
        self.0.iter().flat_map(|ring| {
            let first = ring.pushed.saturating_sub(REMEMBERED as u64);
            (first..ring.pushed).map(|nth| ring.records[ring.place(nth)])
        })
    }

    pub(crate) fn last(&self) -> Option<R> {
        self.iter().last()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.0.iter_mut().flat_map(|ring| &mut ring.records)
    }
}

impl FailureLog {
    /// Removes the texts, because `remember_errors` was switched off.
    pub(crate) fn forget_texts(&mut self) {
        for record in self.iter_mut() {
            *record = record.without_text();
        }
    }
}

impl<R> Ring<R> {
    /// Returns the index of the nth failure.
    fn place(&self, nth: u64) -> usize {
        // The remainder is smaller than the number of records, which is a `usize`.
        usize::try_from(nth % self.records.len() as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b20_the_last_four_failures_are_remembered_and_the_oldest_is_first() {
        let start = Instant::now();
        let mut log = FailureLog::default();
        assert_eq!(log.last(), None);
        for nth in 0..11_u64 {
            let (at, took) = (start + Duration::from_secs(nth), Duration::from_millis(nth));
            log.push(FailureRecord::new(at, Some(took), Some(ErrorText::of(&nth))));
            let texts: Vec<u64> =
                log.iter().map(|it| it.text().unwrap().as_str().parse().unwrap()).collect();
            assert_eq!(texts, (nth.saturating_sub(3)..=nth).collect::<Vec<_>>());
            assert_eq!(log.last().map(|it| (it.at(), it.took())), Some((at, Some(took))));
        }
        log.forget_texts();
        assert!(log.iter().all(|record| record.text().is_none()) && log.iter().count() == 4);
    }

    #[test]
    fn a_record_shows_what_is_known() {
        let record = |took, text: &str| {
            FailureRecord::new(Instant::now(), took, Some(ErrorText::of(text))).to_string()
        };
        assert_eq!(record(Some(Duration::from_secs(2)), "reset"), "reset, after 2s");
        assert_eq!(record(None, "reset"), "reset");
        assert_eq!(record(None, ""), "no text");
    }

    #[test]
    fn a_time_that_does_not_fit_is_the_longest_one() {
        let record = FailureRecord::new(Instant::now(), Some(Duration::MAX), None);
        assert_eq!(record.took(), Some(Duration::from_nanos(u64::MAX - 1)));
    }
}
