//! The types that a time limit accepts, apart from text.

use std::time::Duration;

/// A time limit or `None`: any value that converts into `Option<Duration>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no time limit",
    label = "expected `Duration` or `Option<Duration>`",
    note = "write a time as text, as in \"2s\", or give a `Duration`, or an `Option` of one, \
            where `None` is no limit"
)]
pub trait GivenLimit {
    /// Whether the code declares a limit, which may be `None` in this call.
    const IS_DECLARED: bool = true;

    /// Returns the limit of this call.
    fn given(self) -> Option<Duration>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Option<Duration>>> GivenLimit for T {
    #[inline]
    fn given(self) -> Option<Duration> {
        self.into()
    }
}

/// The value of a time limit that the code does not declare.
pub const NO_LIMIT: Undeclared = Undeclared;

/// The type of [`NO_LIMIT`].
#[derive(Debug, Clone, Copy)]
pub struct Undeclared;

impl GivenLimit for Undeclared {
    const IS_DECLARED: bool = false;

    #[inline]
    fn given(self) -> Option<Duration> {
        None
    }
}
