//! Classifies an output according to its type.

use std::borrow::Borrow;
use std::error::Error;
use std::io;

use crate::signal::{Classification, Classify, Fallible, every_failure};

/// Defines a chain of wrappers. Each dereferences to the next one, and the last one holds the
/// output.
macro_rules! chain {
    ($($(#[$doc:meta])* $outer:ident holds $inner:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $outer<'a, O>($inner<'a, O>);

        impl<'a, O> std::ops::Deref for $outer<'a, O> {
            type Target = $inner<'a, O>;

            #[inline]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<'a, O> From<&'a O> for $outer<'a, O> {
            #[inline]
            fn from(output: &'a O) -> Self {
                Self($inner::from(output))
            }
        }
    )+};
}

chain! {
    // R8
    /// Classifies an output by the first of these rules that fits its type:
    ///
    /// 1. The error implements [`Classify`], which decides.
    /// 2. The error is an `io::Error`, refers to a `dyn Error` or implements `Error`: if it wraps
    ///    the rejection by another function's breaker or another function's passed time limit,
    ///    that decides.
    /// 3. Every `Err` and every `None` is a failure.
    ///
    /// Method resolution tries the inherent methods of this type, which need `Classify`, and then,
    /// through `Deref`, the methods of the next wrapper. Method resolution ignores lifetimes: with
    /// a bound `'static` here, an error that borrows would cause a compile error, instead of a step
    /// to the next wrapper.
    Judge holds JudgeIo;
    JudgeIo holds JudgeShared;
    JudgeShared holds JudgeDyn;
    JudgeDyn holds JudgeError;
    JudgeError holds JudgeOutput;
    JudgeOutput holds JudgeAny;
}

#[derive(Debug)]
pub struct JudgeAny<'a, O>(&'a O);

impl<'a, O> From<&'a O> for JudgeAny<'a, O> {
    #[inline]
    fn from(output: &'a O) -> Self {
        Self(output)
    }
}

impl<'a, O> Judge<'a, O> {
    #[inline]
    pub fn new(output: &'a O) -> Self {
        Self::from(output)
    }
}

impl<'a, O> JudgeAny<'a, O> {
    #[inline]
    fn output(&self) -> &'a O {
        self.0
    }
}

/// Defines the methods of a wrapper whose output is a `Result` with an error of this type.
/// `resilient_class` returns the class of a failed output. The long name avoids conflicts: any
/// trait may add a method `class` to any type. `resilient_health` returns the class for a breaker
/// without a retry. `resilient_class_if_known` also accepts an output whose type does not
/// distinguish success from failure.
macro_rules! judge {
    ($($wrapper:ident, $bound:path: $classify:expr;)+) => {$(
        impl<T, E: $bound> $wrapper<'_, Result<T, E>> {
            #[inline]
            pub fn resilient_class(&self) -> Option<Classification> {
                self.resilient_class_if_known()
            }

            #[inline]
            pub fn resilient_health(&self) -> Option<Classification> {
                self.resilient_class_if_known()
            }

            #[inline]
            pub fn resilient_class_if_known(&self) -> Option<Classification> {
                self.output().as_ref().err().map($classify)
            }
        }
    )+};
}

judge! {
    Judge, Classify: E::classify;
    JudgeIo, Borrow<io::Error>: |error| Classification::of_error(error.borrow());
    JudgeShared, AsRef<dyn Error + Send + Sync>: |error| Classification::of_error(error.as_ref());
    JudgeDyn, AsRef<dyn Error>: |error| Classification::of_error(error.as_ref());
    JudgeError, Error: |error| Classification::of_sources(error);
}

impl<O: Fallible> JudgeOutput<'_, O> {
    #[inline]
    pub fn resilient_health(&self) -> Option<Classification> {
        self.resilient_class()
    }

    #[inline]
    pub fn resilient_class(&self) -> Option<Classification> {
        every_failure(self.output())
    }

    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Classification> {
        self.resilient_class()
    }
}

impl<O> JudgeAny<'_, O> {
    /// Causes a compile error that names `Fallible`. Method resolution chooses this method only if
    /// no other method applies, because `O` does not implement the trait.
    pub fn resilient_class(&self) -> Option<Classification>
    where
        O: Fallible,
    {
        every_failure(self.0)
    }

    /// Causes a compile error that names the key of `#[circuit_breaker]` alone.
    pub fn resilient_health(&self) -> Option<Classification>
    where
        O: CountedOutput,
    {
        None
    }

    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Classification> {
        None
    }
}

/// An output that a breaker can count.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell success from failure",
    label = "neither a `Result` nor an `Option`",
    note = "return a `Result` or an `Option`, say what a failure is with \
            `failure_when = |output| …`, or implement `resilient::outcome::Fallible` for it"
)]
pub trait CountedOutput {}

#[diagnostic::do_not_recommend]
impl<O: Fallible> CountedOutput for O {}
