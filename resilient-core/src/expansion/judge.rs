//! Classifies an output according to its type.

use crate::signal::{Classification, Classify, Fallible, every_failure};

/// Classifies an output. If the error implements [`Classify`], its class counts; otherwise every
/// `Err` and every `None` is a failure.
///
/// Method resolution first tries the inherent methods of this type, which need `Classify`. Through
/// `Deref`, it then tries the methods of [`JudgeOutput`], and last the methods of [`JudgeAny`].
#[derive(Debug)]
pub struct Judge<'a, O>(JudgeOutput<'a, O>);

#[derive(Debug)]
pub struct JudgeOutput<'a, O>(JudgeAny<'a, O>);

#[derive(Debug)]
pub struct JudgeAny<'a, O>(&'a O);

impl<'a, O> Judge<'a, O> {
    #[inline]
    pub fn new(output: &'a O) -> Self {
        Self(JudgeOutput(JudgeAny(output)))
    }
}

impl<'a, O> std::ops::Deref for Judge<'a, O> {
    type Target = JudgeOutput<'a, O>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, O> std::ops::Deref for JudgeOutput<'a, O> {
    type Target = JudgeAny<'a, O>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T, E: Classify> Judge<'_, Result<T, E>> {
    /// Returns the class of a failed output. The long name avoids conflicts: any trait may add a
    /// method `class` to any type.
    #[inline]
    pub fn resilient_class(&self) -> Option<Classification> {
        self.resilient_class_if_known()
    }

    /// Returns the class of a failed output, for a breaker that shares it with no retry.
    #[inline]
    pub fn resilient_health(&self) -> Option<Classification> {
        self.resilient_class_if_known()
    }

    /// Returns the class of an output. The output's type need not distinguish success from failure.
    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Classification> {
        self.0.0.0.as_ref().err().map(E::classify)
    }
}

impl<O: Fallible> JudgeOutput<'_, O> {
    #[inline]
    pub fn resilient_health(&self) -> Option<Classification> {
        self.resilient_class()
    }

    #[inline]
    pub fn resilient_class(&self) -> Option<Classification> {
        every_failure(self.0.0)
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
    note = "say what a failure is with `failure_when = |output| …`, or implement \
            `resilient::outcome::Fallible` for it"
)]
pub trait CountedOutput {}

#[diagnostic::do_not_recommend]
impl<O: Fallible> CountedOutput for O {}
