//! The functions of `log` for programs without the feature `tracing`: they log nothing.

use std::time::Duration;

use crate::event::Event;
use crate::signal::{CircuitOpen, ConfigError, StopReason, TimeLimit};
use crate::telemetry::RetryLine;

pub(crate) const ENABLED: bool = cfg!(feature = "metrics");

pub(crate) fn event(_: &Event) {}
pub(crate) fn rejected(_: &CircuitOpen) {}
pub(crate) fn retrying(_: &RetryLine<'_>, _: Duration) {}
pub(crate) fn waiting(line: &RetryLine<'_>, _: &CircuitOpen, _: Duration) {
    super::count_wait(line);
}
pub(crate) fn gave_up(_: &RetryLine<'_>, _: StopReason) {}
pub(crate) fn timed_out(_: Option<&str>, _: TimeLimit, _: u32) {}
pub(crate) fn recovered(_: Option<&str>, _: u32) {}
pub(crate) fn fell_back() {}
#[cfg(feature = "tokio")]
pub(crate) fn blocks_a_runtime() {}
pub(crate) fn invalid_policy(_: &ConfigError) {}

#[derive(Debug, Default)]
pub(crate) struct BudgetWatch {}

#[expect(clippy::unused_self, reason = "nothing is logged")]
impl BudgetWatch {
    #[inline]
    pub(crate) fn refused(&self, _: &str, _: impl FnOnce() -> (u32, u32)) {}
    #[inline]
    pub(crate) fn granted(&self, _: &str, _: u32, _: impl FnOnce() -> (u32, u32)) {}
}
