//! The types of `span` for programs without the feature `tracing`: there is no span.

use crate::signal::Name;

#[derive(Debug)]
pub(crate) struct CallSpan;

#[expect(clippy::unused_self, reason = "there is no span")]
impl CallSpan {
    #[cfg(feature = "tokio")]
    pub(crate) const NONE: Self = Self;

    #[inline]
    pub(crate) fn of_breaker<'a>(_: impl FnOnce() -> &'a Name) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn of_retry<'a>(_: impl FnOnce() -> Option<&'a str>) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn of_attempt(_: &Self, _: impl FnOnce() -> (u32, u32)) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn enter(&self) -> Entered {
        Entered
    }

    #[inline]
    pub(crate) fn entered(self) -> EnteredHere {
        Entered
    }

    #[inline]
    pub(crate) fn end(&self, _: impl FnOnce() -> (u32, &'static str)) {}
}

#[derive(Debug)]
pub(crate) struct LazySpan;

#[expect(clippy::unused_self, reason = "there is no span")]
impl LazySpan {
    pub(crate) const NEW: Self = Self;

    #[inline]
    pub(crate) fn get_or_make(&mut self, _: impl FnOnce() -> CallSpan) -> &CallSpan {
        &CallSpan
    }
}

pub(crate) type EnteredHere = Entered;

#[derive(Debug)]
pub(crate) struct Entered;
