//! The arguments of attempts: copies, and helpers that fix their types.

/// A copy of an argument for one attempt.
#[diagnostic::on_unimplemented(
    message = "`#[retry]` needs a fresh copy of this argument for every attempt, and `{Self}` is \
               not `Clone`",
    label = "moved by the body, so every attempt needs one of its own",
    note = "take `&{Self}` or `Arc<{Self}>`, derive `Clone`, or write `#[retry(borrow(…))]` if the \
            body only borrows it"
)]
pub trait Fresh {
    /// Returns a fresh copy.
    #[must_use]
    fn fresh(&self) -> Self;
}

impl<T: Clone> Fresh for T {
    #[inline]
    fn fresh(&self) -> Self {
        self.clone()
    }
}

/// A copy of an argument whose type holds other types. The attribute `do_not_recommend` hides the
/// blanket implementation from compile errors. So the error names the whole argument and not a type
/// inside it.
#[diagnostic::on_unimplemented(
    message = "`#[retry]` needs a fresh copy of this argument for every attempt, and `{Self}` is \
               not `Clone`",
    label = "moved by the body, so every attempt needs one of its own",
    note = "take `&{Self}` or `Arc<{Self}>`, derive `Clone` for what it holds, or write \
            `#[retry(borrow(…))]` if the body only borrows it"
)]
pub trait FreshWhole {
    /// Returns a fresh copy.
    #[must_use]
    fn fresh(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> FreshWhole for T {
    #[inline]
    fn fresh(&self) -> Self {
        self.clone()
    }
}

/// Takes a value in a branch that never runs, so that the enclosing block owns the value.
#[inline]
pub fn consume<T>(_: T) {}

/// Takes a value in a branch that never runs. The code after the branch can still use the value.
#[cold]
pub fn never_reached<T>(_: T) -> ! {
    unreachable!("the attributes write it into branches that never run")
}

/// Takes an argument that the body does not use, in a branch that never runs: see [`consume`]. The
/// expansion assigns to the result. In an assignment, clippy does not warn that a name with a
/// leading underscore is used.
#[inline]
pub fn unused<T>(_: T) -> &'static mut [(); 0] {
    &mut []
}

/// Returns `None`, so that the expansion's branch for `Some` never runs. The compiler needs this
/// branch: it gives the enclosing block the type of its output, and moves into the block the values
/// that the body consumes.
#[inline]
#[must_use]
pub fn never<O>() -> Option<O> {
    None
}

/// Stands for the output of a branch that never runs, and gives the other branch its type.
#[cold]
pub fn never_taken<O>() -> O {
    unreachable!("the attributes write it into branches that never run")
}

/// Returns the argument, which the signature requires to be a future.
#[inline]
pub fn future<F: Future>(future: F) -> F {
    future
}
