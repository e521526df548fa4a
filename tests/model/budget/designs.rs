//! The budget of this library, and published designs of other budgets. The simulation compares
//! them. Each design follows the description of its authors.

use resilient::RetryBudget;
use resilient::budget::BudgetConfig;

/// A retry budget of a client.
pub(crate) trait Purse {
    fn begin(&mut self) {}
    fn failed(&mut self) {}
    /// Returns whether the budget allows a retry, and takes the cost of the retry. The retry starts
    /// now.
    fn pays(&mut self) -> bool;
    /// Records that a call succeeded. `paid` is true if the last attempt of the call was a retry.
    fn succeeded(&mut self, paid: bool);
}

/// A client without a budget: only the policy limits the retries.
pub(crate) struct NoBudget;

impl Purse for NoBudget {
    fn pays(&mut self) -> bool {
        true
    }

    fn succeeded(&mut self, _: bool) {}
}

/// Uses this library's budget through its public interface.
impl Purse for RetryBudget {
    fn pays(&mut self) -> bool {
        self.try_reserve().map(resilient::budget::Reservation::spend).is_some()
    }

    fn succeeded(&mut self, paid: bool) {
        RetryBudget::succeeded(self, paid);
    }
}

pub(crate) fn ours() -> RetryBudget {
    RetryBudget::new("dependency", BudgetConfig::default())
}

/// Creates a budget that is full at the start, as in the standard mode of the AWS SDKs.
pub(crate) fn full_at_the_start() -> RetryBudget {
    let config = BudgetConfig::builder().initial_tokens(500).build();
    RetryBudget::new("dependency", config.expect("in range"))
}

/// gRPC's proposal A6 with its typical numbers. The field counts thousandths of a token, and the
/// bucket has ten tokens. A failure takes one token, and a success adds a tenth of a token. If five
/// or fewer tokens are left, the client does not retry.
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

/// Finagle's budget without its reserve and expiry. It allows retries for a fifth of the calls. The
/// field counts fifths of a retry: a call adds one, and a retry takes five.
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
