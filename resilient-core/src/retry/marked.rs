//! An attempt of a plain function, which runs on the thread of its call.

use crate::deadline::Entered;
use crate::telemetry::EnteredHere;

/// A guard that lives as long as an attempt of a plain function runs. Meanwhile the thread is in
/// the span of the attempt, and loops inside the attempt detect that they are nested.
#[cfg(feature = "tracing")]
#[derive(Debug)]
pub struct Marked {
    _scope: Option<Entered>,
    _span: EnteredHere,
}

/// A guard that lives as long as an attempt of a plain function runs. Without spans it is only the
/// scope of the attempt: a struct around the scope costs a call ten instructions.
#[cfg(not(feature = "tracing"))]
pub type Marked = Option<Entered>;

#[cfg(feature = "tracing")]
#[inline]
pub(super) fn marked(scope: Option<Entered>, span: EnteredHere) -> Marked {
    Marked { _scope: scope, _span: span }
}

#[cfg(not(feature = "tracing"))]
#[inline]
pub(super) fn marked(scope: Option<Entered>, _: EnteredHere) -> Marked {
    scope
}
