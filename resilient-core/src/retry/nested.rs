//! A loop inside an attempt of another one: retries multiply.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use super::scope;
use crate::event::{Event, EventKind};
use crate::telemetry;

/// What a loop does inside an attempt of another loop. Three retries inside three make up to
/// sixteen calls to a dependency that is already failing.
///
/// An outer loop is visible from its second attempt on, to code that runs in the same task, not to
/// tasks that the attempt spawns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NestedMode {
    /// Retries, and reports it once for each place in the code: an event
    /// [`EventKind::NestedRetry`], and a warning with the feature `tracing`.
    #[default]
    Warn,
    /// Makes a single attempt and leaves retries to the outer loop.
    Collapse,
    /// Retries, and loops inside it do not see it.
    Allow,
}

/// The places in the code that have been reported.
static REPORTED: Mutex<BTreeSet<(&'static str, u32, u32)>> = Mutex::new(BTreeSet::new());

// R14
/// Whether a loop that begins to retry leaves retries to a loop around it. Reports a nested loop
/// once for each place in the code, unless the loop allows it.
pub(super) fn is_collapsed(nested: NestedMode, place: &'static Location<'static>) -> bool {
    if nested == NestedMode::Allow || !scope::current().in_retry {
        return false;
    }
    let place_of_code = (place.file(), place.line(), place.column());
    if nested == NestedMode::Warn
        && REPORTED.lock().unwrap_or_else(PoisonError::into_inner).insert(place_of_code)
    {
        telemetry::notify_global(&Event::of_retry(place, EventKind::NestedRetry));
    }
    nested == NestedMode::Collapse
}
