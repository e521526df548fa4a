//! Stands in for futures that need a timer, and causes a compile error where a call awaits one.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a future that needs a timer is made with. No type implements it without the feature
/// `tokio`.
#[diagnostic::on_unimplemented(
    message = "async retries and time limits need the feature `tokio` of `resilient-attributes`",
    label = "this needs the feature `tokio`",
    note = "in `Cargo.toml`, remove `default-features = false`, or add \"tokio\" to the features; \
            `#[retry]` on a plain function and `#[circuit_breaker]` work without it"
)]
pub trait Timer {
    /// Returns the output of the future.
    fn output<O>() -> O;
}

/// The type whose name the compile error shows, because it is no [`Timer`].
#[derive(Debug)]
pub enum MissingFeature {}

/// A future that needs a timer. It is a future only if `T` is a timer.
#[derive(Debug)]
pub struct WithTimer<O, T = MissingFeature>(PhantomData<fn() -> (O, T)>);

impl<O> WithTimer<O> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O, T: Timer> Future for WithTimer<O, T> {
    type Output = O;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<O> {
        Poll::Ready(T::output())
    }
}
