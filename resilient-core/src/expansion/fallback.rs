//! The functions and traits that the expansion of `#[fallback]` calls.

use std::future::{Ready, ready};

/// An output that a fallback can replace.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell success from failure",
    label = "`#[fallback]` replaces a failed `Result` or `Option`, and this is neither",
    note = "return a `Result` or an `Option`"
)]
pub trait Replaced: Sized {
    /// The value of a success.
    type Value;
    /// The error of a failure.
    type Error;

    /// Returns a successful output unchanged.
    ///
    /// # Errors
    ///
    /// Returns the error of a failed output.
    fn unless_failed(self) -> Result<Self, Self::Error>;

    /// Makes a success.
    fn of_value(value: Self::Value) -> Self;

    /// Makes a failure.
    fn of_error(error: Self::Error) -> Self;
}

impl<T, E> Replaced for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn unless_failed(self) -> Result<Self, E> {
        self.map(Ok)
    }

    #[inline]
    fn of_value(value: T) -> Self {
        Ok(value)
    }

    #[inline]
    fn of_error(error: E) -> Self {
        Err(error)
    }
}

impl<T> Replaced for Option<T> {
    type Value = T;
    type Error = ();

    #[inline]
    fn unless_failed(self) -> Result<Self, ()> {
        self.map(Some).ok_or(())
    }

    #[inline]
    fn of_value(value: T) -> Self {
        Some(value)
    }

    #[inline]
    fn of_error((): ()) -> Self {
        None
    }
}

/// Returns a successful output unchanged.
///
/// # Errors
///
/// Returns the error of a failed output.
#[inline]
pub fn unless_failed<O: Replaced>(output: O) -> Result<O, O::Error> {
    output.unless_failed()
}

/// Applies `value = …`.
#[inline]
pub fn fallback_value<O: Replaced>(value: O::Value) -> O {
    O::of_value(value)
}

/// Turns an error that the fallback does not replace back into a failed output.
#[inline]
pub fn not_replaced<O: Replaced>(error: O::Error) -> O {
    O::of_error(error)
}

/// Applies `with = …`.
#[inline]
pub fn fallback<O: Replaced>(error: O::Error, with: impl FnOnce(O::Error) -> O) -> O {
    with(error)
}

/// Applies `with = async …`.
#[inline]
pub fn fallback_async<O, F>(
    error: O::Error,
    with: impl FnOnce(O::Error) -> F,
) -> impl Future<Output = O>
where
    O: Replaced,
    F: Future<Output = O>,
{
    with(error)
}

/// Calls `with = path`. The function may return an output or a future of an output.
#[inline]
pub fn fallback_by<O, R, M>(
    error: O::Error,
    with: impl FnOnce(O::Error) -> R,
) -> impl Future<Output = O>
where
    O: Replaced,
    R: Answer<O, M>,
{
    with(error).answer()
}

/// The return value of a fallback function: an output, or a future of an output. The marker `M`
/// distinguishes the two cases.
#[diagnostic::on_unimplemented(
    message = "this fallback returns `{Self}`, and the function `{O}`",
    label = "returns neither the function's output nor a future of it",
    note = "`with = …` makes a whole output of the error: `Ok(…)` of a value, not the value itself"
)]
pub trait Answer<O, M> {
    /// The future that the expansion awaits.
    type Future: Future<Output = O>;

    /// Returns the future of the output.
    fn answer(self) -> Self::Future;
}

/// The marker of a function that returns an output.
#[derive(Debug)]
pub struct AtOnce;

/// The marker of a function that returns a future of an output.
#[derive(Debug)]
pub struct Later;

impl<O> Answer<O, AtOnce> for O {
    type Future = Ready<O>;

    #[inline]
    fn answer(self) -> Ready<O> {
        ready(self)
    }
}

impl<O, F: Future<Output = O>> Answer<O, Later> for F {
    type Future = F;

    #[inline]
    fn answer(self) -> F {
        self
    }
}

/// Copies an argument for the body, so that the fallback can use the argument afterwards.
#[diagnostic::on_unimplemented(
    message = "`#[fallback]` names this argument after the body has moved it, and `{Self}` is \
            not `Clone`",
    label = "moved by the body, so the fallback needs one of its own",
    note = "take `&{Self}` or `Arc<{Self}>`, or derive `Clone`"
)]
pub trait Spare {
    /// Returns a copy.
    #[must_use]
    fn fresh(&self) -> Self;
}

impl<T: Clone> Spare for T {
    #[inline]
    fn fresh(&self) -> Self {
        self.clone()
    }
}

/// Copies an argument like [`Spare`], for a type that holds other types. The attribute
/// `do_not_recommend` hides the blanket implementation from compile errors, so that the error names
/// the whole argument.
#[diagnostic::on_unimplemented(
    message = "`#[fallback]` names this argument after the body has moved it, and `{Self}` is \
            not `Clone`",
    label = "moved by the body, so the fallback needs one of its own",
    note = "take `&{Self}` or `Arc<{Self}>`, or derive `Clone` for what it holds"
)]
pub trait SpareWhole {
    /// Returns a copy.
    #[must_use]
    fn fresh(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> SpareWhole for T {
    #[inline]
    fn fresh(&self) -> Self {
        self.clone()
    }
}
