//! Stands in for `call_count` without the feature `metrics`, and counts nothing.

use std::marker::PhantomData;

use super::cell::RetryCell;
use crate::signal::StopReason;

#[derive(Debug)]
pub(crate) struct CallCount<'a>(PhantomData<&'a RetryCell>);

#[expect(clippy::unused_self, reason = "as with the feature")]
impl<'a> CallCount<'a> {
    #[inline]
    pub(crate) fn new(_: Option<&'a RetryCell>) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub(crate) fn succeeded(&mut self, _: bool) {}

    #[inline]
    pub(crate) fn failed(&mut self) {}

    #[inline]
    pub(crate) fn gave_up(&mut self, _: StopReason) {}

    pub(crate) fn waits(_: Option<&RetryCell>) {}
}
