//! Finds the classification of an output by its type.

use crate::signal::{Classification, Classify, Fallible, every_failure};

/// Classifies an output: by [`Classify`] if the error implements it; otherwise every `Err` or
/// `None` is a failure.
///
/// Method resolution tries the inherent methods of this type first, which need `Classify`; then,
/// through `Deref`, those of [`JudgeOutput`]; then those of [`JudgeAny`].
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
    /// The class of a failed output. The name is long because a trait may give any type a method
    /// `class`.
    #[inline]
    pub fn resilient_class(&self) -> Option<Classification> {
        self.resilient_class_if_known()
    }

    /// The class of an output whose type may not distinguish success from failure.
    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Classification> {
        self.0.0.0.as_ref().err().map(E::classify)
    }
}

impl<O: Fallible> JudgeOutput<'_, O> {
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
    /// Only there for its bound, which says what is missing.
    pub fn resilient_class(&self) -> Option<Classification>
    where
        O: Fallible,
    {
        every_failure(self.0)
    }

    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Classification> {
        None
    }
}
