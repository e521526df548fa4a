//! The functions of `log` for programs without the feature `tracing`: they log nothing.

use std::time::Duration;

use crate::event::Event;
use crate::signal::{CircuitOpen, ConfigError, StopReason, TimeLimit};

pub(crate) const ENABLED: bool = cfg!(feature = "metrics");

pub(crate) fn event(_: &Event) {}
pub(crate) fn rejected(_: &CircuitOpen) {}
pub(crate) fn retrying(_: u32, _: Duration) {}
pub(crate) fn waiting(_: &CircuitOpen, _: u32, _: Duration) {
    super::count_wait();
}
pub(crate) fn gave_up(_: u32, _: StopReason, _: Option<&str>) {}
pub(crate) fn timed_out(_: TimeLimit, _: u32) {}
pub(crate) fn recovered(_: u32) {}
pub(crate) fn fell_back() {}
#[cfg(feature = "tokio")]
pub(crate) fn blocks_a_runtime() {}
pub(crate) fn invalid_policy(_: &ConfigError) {}
