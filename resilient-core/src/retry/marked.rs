//! An attempt of a plain function, which runs on the thread of its call.

use super::scope::Entered;
use crate::telemetry::EnteredHere;

/// A guard that lives as long as an attempt of a plain function runs. Meanwhile the thread is in
/// the span of the attempt, and loops inside the attempt detect that they are nested.
#[derive(Debug)]
#[must_use]
pub struct Marked {
    _scope: Option<Entered>,
    _span: EnteredHere,
}

impl Marked {
    #[inline]
    pub(super) fn new(scope: Option<Entered>, span: EnteredHere) -> Self {
        Self { _scope: scope, _span: span }
    }
}
