//! A loop inside an attempt of another loop. Their retries multiply.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use crate::deadline::{Nesting, current};
use crate::event::{Event, EventKind};
use crate::signal::Name;
use crate::telemetry;

/// What a loop does inside an attempt of another loop. If both loops allow three retries, they make
/// up to sixteen calls to a dependency that is already failing.
///
/// A nested loop detects the outer loop only from the second attempt of the outer loop on, and only
/// if both loops run in the same task. A loop in a task that the attempt spawned detects no outer
/// loop, unless the task is [carried](crate::deadline::carry).
///
/// The mode also says what the loop does if its [caller in another
/// process](crate::deadline::CallerContext::collapse_retries) retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NestedMode {
    /// The loop retries. The source location of each nested loop is reported once, with the event
    /// [`EventKind::NestedRetry`] and, with the feature `tracing`, a warning. If retries are left
    /// to a caller in another process, the loop makes a single attempt.
    #[default]
    Warn,
    /// The loop makes a single attempt and leaves retries to the outer loop, or to the caller in
    /// another process.
    Collapse,
    /// The loop retries, and loops inside its attempts do not detect it.
    Allow,
}

/// The source locations that have been reported.
static REPORTED: Mutex<BTreeSet<(&'static str, u32, u32)>> = Mutex::new(BTreeSet::new());

// R14
/// Returns whether a loop must leave its retries to an outer loop, or to the caller in another
/// process. If the loop is in a retry and `nested` is `Warn`, reports its source location, once.
pub(super) fn is_collapsed(
    nested: NestedMode,
    name: Option<&Name>,
    place: &'static Location<'static>,
) -> bool {
    match current().nesting {
        _ if nested == NestedMode::Allow => return false,
        Nesting::Alone => return false,
        // D6
        Nesting::LeftToCaller => return true,
        Nesting::InRetry => {}
    }
    let place_of_code = (place.file(), place.line(), place.column());
    if nested == NestedMode::Warn
        && REPORTED.lock().unwrap_or_else(PoisonError::into_inner).insert(place_of_code)
    {
        let name = name.cloned().unwrap_or_else(|| Name::from(place.to_string()));
        telemetry::notify_global(&Event::of_retry(name, EventKind::NestedRetry { place }));
    }
    nested == NestedMode::Collapse
}
