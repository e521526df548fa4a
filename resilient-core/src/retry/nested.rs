//! A loop inside an attempt of another one: retries multiply.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use super::scope;
use crate::event::{Event, EventKind};
use crate::telemetry;

/// What a loop does inside an attempt of another one. Three retries inside three are sixteen calls of a dependency that is
/// failing already.
///
/// The outer loop is seen from its second attempt on, by what runs in the same task: not by what it spawns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NestedMode {
    /// Goes on, and says so once for each place in the code: [`EventKind::NestedRetry`](crate::event::EventKind::NestedRetry), which
    /// is a warning of the feature `tracing`.
    #[default]
    Warn,
    /// Makes a single attempt, and leaves retries to the outer loop.
    Collapse,
    /// Goes on, and is not seen by loops inside it.
    Allow,
}

/// Told of, one for each place in the code.
static TOLD: Mutex<BTreeSet<(&'static str, u32, u32)>> = Mutex::new(BTreeSet::new());

/// Whether a loop that begins to retry now has to leave it to one around it; if that is not wanted, it is told.
pub(super) fn is_collapsed(nested: NestedMode, place: &'static Location<'static>) -> bool {
    if nested == NestedMode::Allow || !scope::current().in_retry {
        return false;
    }
    let place_of_code = (place.file(), place.line(), place.column());
    if nested == NestedMode::Warn
        && TOLD
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(place_of_code)
    {
        telemetry::notify_global(&Event::of_retry(place, EventKind::NestedRetry));
    }
    nested == NestedMode::Collapse
}
