//! The state that all handles and reservations of one budget share.

use super::bucket::Bucket;
use super::config::LiveBudgetSettings;
use super::counts::Counters;
use crate::platform::Mutex;
use crate::signal::Name;
use crate::telemetry::BudgetWatch;

pub(super) struct SharedBudget {
    pub(super) name: Name,
    pub(super) bucket: Bucket,
    pub(super) counts: Counters,
    pub(super) watch: BudgetWatch,
    /// The current settings. Only queries and changes lock them; calls do not.
    pub(super) settings: Mutex<LiveBudgetSettings>,
}

impl SharedBudget {
    pub(super) fn give_back(&self, cost: u32) {
        self.bucket.put(cost);
        self.counts.returned.count();
    }
}
