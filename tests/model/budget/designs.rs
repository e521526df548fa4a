//! The budget as a loop uses it, and the published designs that it was chosen from, each as its source describes it.

use resilient::RetryBudget;
use resilient::budget::BudgetConfig;

/// What a client asks before each retry.
pub(crate) trait Purse {
    /// A call begins.
    fn begin(&mut self) {}
    /// An attempt failed.
    fn failed(&mut self) {}
    /// Whether there is to be a retry, which then starts.
    fn pays(&mut self) -> bool;
    /// A call succeeded. `paid` is whether its last attempt was a retry.
    fn succeeded(&mut self, paid: bool);
}

/// As many retries as the policy has.
pub(crate) struct NoBudget;

impl Purse for NoBudget {
    fn pays(&mut self) -> bool {
        true
    }

    fn succeeded(&mut self, _: bool) {}
}

/// Ours, through its own interface.
impl Purse for RetryBudget {
    fn pays(&mut self) -> bool {
        self.try_reserve()
            .map(resilient::budget::Reservation::spend)
            .is_some()
    }

    fn succeeded(&mut self, paid: bool) {
        RetryBudget::succeeded(self, paid);
    }
}

pub(crate) fn ours() -> RetryBudget {
    RetryBudget::new("dependency", BudgetConfig::default())
}

/// The standard mode of the AWS SDKs.
pub(crate) fn full_at_the_start() -> RetryBudget {
    let config = BudgetConfig::builder().initial_tokens(500).build();
    RetryBudget::new("dependency", config.expect("in range"))
}

/// gRPC's proposal A6 with its typical numbers, in thousandths of a token: each failure takes one, each success brings a
/// tenth, and there is no retry at half of ten or below.
pub(crate) struct Grpc(u32);

impl Grpc {
    const MOST: u32 = 10_000;

    pub(crate) fn new() -> Self {
        Self(Self::MOST)
    }
}

impl Purse for Grpc {
    fn failed(&mut self) {
        self.0 = self.0.saturating_sub(1_000);
    }

    fn pays(&mut self) -> bool {
        self.0 > Self::MOST / 2
    }

    fn succeeded(&mut self, _: bool) {
        self.0 = (self.0 + 100).min(Self::MOST);
    }
}

/// Finagle's share of a fifth, in fifths of a retry, without its reserve and without forgetting: each call brings one, each
/// retry takes five.
pub(crate) struct ShareOfCalls(u32);

impl ShareOfCalls {
    pub(crate) fn new() -> Self {
        Self(0)
    }
}

impl Purse for ShareOfCalls {
    fn begin(&mut self) {
        self.0 += 1;
    }

    fn pays(&mut self) -> bool {
        let rest = self.0.checked_sub(5);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn succeeded(&mut self, _: bool) {}
}
