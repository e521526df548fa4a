//! How far the retries of one call have got.

use std::time::Duration;

use crate::retry::budget::Reservation;
use crate::retry::observed::Observed;
use crate::retry::schedule::Schedule;

/// How far the retries of one call have got.
#[derive(Debug)]
pub(super) struct Progress {
    /// An attempt was made and failed, rather than rejected.
    pub(super) has_failed: bool,
    /// The loop must not go on, since it runs inside another one.
    pub(super) collapsed: bool,
    /// Retries that were granted so far.
    pub(super) retries: u32,
    pub(super) last_delay: Duration,
    /// What the next attempt costs, until it starts.
    pub(super) reserved: Option<Reservation>,
    /// The present attempt was paid for.
    pub(super) is_paid: bool,
    pub(super) schedule: Schedule,
    pub(super) observed: Observed,
}
