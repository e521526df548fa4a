//! For model checkers only: a counter for threads that start and end during the model.

use super::StripedCounters;
use super::thread_stripe::{SHARED, StripeOwners};

#[derive(Debug)]
#[allow(missing_docs, reason = "for models only")]
pub struct HandOver {
    owners: StripeOwners,
    counters: StripedCounters,
}

#[allow(missing_docs, reason = "for models only")]
impl HandOver {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for models only")]
    pub fn new() -> Self {
        Self {
            // One stripe is taken from the start, so that one of two threads may find no free
            // stripe.
            owners: StripeOwners::with_taken(1),
            counters: StripedCounters::new(),
        }
    }

    /// Acts as a thread that starts, counts one call, and ends.
    pub fn count_one(&self) {
        let stripe = self.owners.take();
        self.counters.add_clean_in(stripe);
        if stripe != SHARED {
            self.owners.release(stripe);
        }
    }

    #[must_use]
    pub fn sum(&self) -> u64 {
        self.counters.clean()
    }
}
