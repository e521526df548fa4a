//! The part of a call's state that does not change while the call runs.

use std::sync::Arc;
use std::time::Instant;

use crate::retry::budget::RetryBudget;
use crate::retry::call_options::CallOptions;
use crate::retry::limits::Limits;
use crate::retry::named::{RetryCell, RetryRecord};
use crate::retry::nested::NestedMode;
use crate::retry::policy::RetryPolicy;
use crate::signal::{Name, StopReason};

/// The part of a call's state that does not change during the call. Cold functions take it by
/// value, so that the hot path can keep it in registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) policy: &'a RetryPolicy,
    /// Leads to the name under which the call is counted. `None` if the retry has no name.
    pub(super) cell: Option<&'a RetryCell>,
    pub(super) options: Option<&'a CallOptions<'a>>,
    pub(super) started: Option<Instant>,
    pub(super) needs_timer: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn record(&self) -> Option<&'a Arc<RetryRecord>> {
        self.cell.and_then(RetryCell::record)
    }

    pub(super) fn name(&self) -> Option<&'a Name> {
        self.record().map(|record| record.name())
    }

    pub(super) fn retry_name(&self) -> Option<&'a str> {
        self.name().map(|name| &**name)
    }

    #[inline]
    pub(super) fn text_setting(&self) -> TextSetting<'a> {
        TextSetting { policy: self.policy, cell: self.cell }
    }

    pub(super) fn limits(&self) -> Option<&'a Limits> {
        self.options.map(|options| &options.limits)
    }

    pub(super) fn nested(&self) -> NestedMode {
        self.options.map(|options| options.nested).unwrap_or_default()
    }

    pub(super) fn budget(&self) -> Option<&'a RetryBudget> {
        self.options.and_then(|options| options.budget)
    }

    /// Returns the budget if the call ends because the budget has too few tokens.
    pub(super) fn budget_at_fault(&self, reason: StopReason) -> Option<&'a RetryBudget> {
        self.budget().filter(|_| reason == StopReason::Budget)
    }

    /// Reports a success to the budget. `is_paid` says whether the budget paid for the last
    /// attempt: see [`RetryBudget::succeeded`](crate::retry::RetryBudget::succeeded).
    #[inline]
    pub(super) fn pay_in(&self, is_paid: bool) {
        if let Some(budget) = self.budget() {
            budget.succeeded(is_paid);
        }
    }
}

/// What decides whether a call remembers texts about errors. It fits into two registers, so that
/// cold code can take it by value and ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextSetting<'a> {
    policy: &'a RetryPolicy,
    cell: Option<&'a RetryCell>,
}

impl TextSetting<'_> {
    /// Returns whether the texts about errors are remembered, under the override of the name.
    pub(crate) fn remembers_errors(self) -> bool {
        let overlay = self.cell.and_then(RetryCell::record).and_then(|record| record.overlay());
        let overridden = overlay.and_then(|overlay| overlay.settings.remember_errors);
        overridden.unwrap_or(self.policy.remember_errors)
    }
}
