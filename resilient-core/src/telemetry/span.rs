//! The feature `tracing`: the spans of calls and attempts.
//!
//! Spans are at DEBUG, because every healthy call would have them. If no subscriber wants DEBUG, a
//! call pays for one load and a comparison. A panic of a subscriber is contained.

use std::fmt;
use std::panic::AssertUnwindSafe;

use tracing::level_filters::LevelFilter;
use tracing::span::{Entered as Borrowed, EnteredSpan};
use tracing::{Level, Span};

use super::targets::{BREAKER, RETRY};
use crate::platform::contain;
use crate::signal::Name;

/// The span of a call or of an attempt, or nothing if no subscriber wants it. It takes one word.
pub(crate) struct CallSpan(Option<Box<AssertUnwindSafe<Span>>>);

impl CallSpan {
    #[cfg(feature = "tokio")]
    pub(crate) const NONE: Self = Self(None);

    /// Makes the span of a call through a breaker.
    #[inline]
    pub(crate) fn of_breaker<'a>(name: impl FnOnce() -> &'a Name) -> Self {
        Self::if_wanted(|| {
            let name = name();
            tracing::debug_span!(
                target: BREAKER, "circuit_breaker", breaker = &**name, key = name.key()
            )
        })
    }

    /// Makes the span of a call under a retry, from its first attempt to its last.
    #[inline]
    pub(crate) fn of_retry<'a>(name: impl FnOnce() -> Option<&'a str>) -> Self {
        Self::if_wanted(|| {
            let (retry, empty) = (name(), tracing::field::Empty);
            tracing::debug_span!(
                target: RETRY, "retry", retry, attempts = empty, result = empty
            )
        })
    }

    /// Makes the span of an attempt, as a child of the span of its call.
    #[inline]
    pub(crate) fn of_attempt(call: &Self, number: impl FnOnce() -> (u32, u32)) -> Self {
        Self::if_wanted(|| {
            let _entered = call.enter();
            let (attempt, max_attempts) = number();
            tracing::debug_span!(target: RETRY, "attempt", attempt, max_attempts)
        })
    }

    #[inline]
    fn if_wanted(make: impl FnOnce() -> Span) -> Self {
        if Level::DEBUG <= LevelFilter::current() { Self::made(make) } else { Self(None) }
    }

    #[cold]
    fn made(make: impl FnOnce() -> Span) -> Self {
        let span = contain(make).filter(|span| !span.is_disabled());
        Self(span.map(|span| Box::new(AssertUnwindSafe(span))))
    }

    /// Enters the span until the result is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> Entered<Borrowed<'_>> {
        Entered(self.0.as_ref().and_then(|span| contain(|| span.enter())))
    }

    /// Enters the span on this thread until the result is dropped, which ends the span.
    #[inline]
    pub(crate) fn entered(mut self) -> EnteredHere {
        Entered(self.0.take().and_then(|span| contain(|| span.0.entered())))
    }

    /// Records how the call of a retry ended.
    #[inline]
    pub(crate) fn end(&self, how: impl FnOnce() -> (u32, &'static str)) {
        if let Some(span) = &self.0 {
            let (attempts, result) = how();
            contain(|| span.0.record("attempts", attempts).record("result", result));
        }
    }
}

impl Drop for CallSpan {
    #[inline]
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            contain(|| drop(span));
        }
    }
}

impl fmt::Debug for CallSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallSpan").field(&self.0.is_some()).finish()
    }
}

/// A span that is made when it is first needed, so that its parent is the span around it then.
#[derive(Debug)]
pub(crate) struct LazySpan(Option<CallSpan>);

impl LazySpan {
    pub(crate) const NEW: Self = Self(None);

    #[inline]
    pub(crate) fn get_or_make(&mut self, make: impl FnOnce() -> CallSpan) -> &CallSpan {
        self.0.get_or_insert_with(make)
    }
}

/// The span of a call that runs and ends on this thread.
pub(crate) type EnteredHere = Entered<EnteredSpan>;

/// A span that this thread has entered. The thread leaves it when this value is dropped.
#[must_use = "the thread leaves the span when this is dropped"]
pub(crate) struct Entered<E>(Option<E>);

impl<E> Drop for Entered<E> {
    #[inline]
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            contain(|| drop(span));
        }
    }
}

impl<E> fmt::Debug for Entered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entered").field(&self.0.is_some()).finish()
    }
}
