//! Finds the text of a failed output, for breakers and retries that remember it.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use crate::breaker::{DisplayOf, Permit};
use crate::retry::{AttemptEnd, RetryDriver, TextSetting};
use crate::signal::{Classification, Fallible};

// B20
/// Finds the `Display` of the error of an output. Method resolution takes the method of this type
/// if the error has a `Display`, and otherwise, through `Deref`, the method of [`TextOfAny`]. A
/// generic error counts as having a `Display` only if it is bound by `Display`.
#[derive(Debug)]
pub struct Text<O>(TextOfAny<O>);

#[derive(Debug)]
pub struct TextOfAny<O>(PhantomData<fn(&O)>);

impl<O> std::ops::Deref for Text<O> {
    type Target = TextOfAny<O>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<O> Text<O> {
    /// The output is there for its type.
    #[inline]
    pub fn new(_: &O) -> Self {
        Self(TextOfAny(PhantomData))
    }
}

/// Describes failed outputs of a type. It is a function that returns the error of an output as a
/// `Display`.
pub struct Describe<O>(DisplayOf<O>);

impl<O: Fallible<Error: Display>> Text<O> {
    #[inline]
    pub fn resilient_text(&self) -> Describe<O> {
        Describe(|output| output.failure().map(|error| error as &dyn Display))
    }
}

impl<O> TextOfAny<O> {
    /// Describes outputs that have no error with a `Display`.
    #[inline]
    pub fn resilient_text(&self) -> Describe<O> {
        Describe(|_| None)
    }
}

// Derived implementations would need bounds on the output.
impl<O> Clone for Describe<O> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Describe<O> {}

impl<O> fmt::Debug for Describe<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Describe")
    }
}

impl<O> Describe<O> {
    /// Reports the class of an output, `None` for a success, and returns the output.
    #[inline]
    pub fn report(self, permit: Permit<'_>, class: Option<Classification>, output: O) -> O {
        permit.report_described(class, output, self.0)
    }

    /// Makes the end of an attempt that failed, and returns it with the output. The end has a text
    /// if the retry remembers errors.
    #[inline]
    pub fn failed(
        self,
        retry: &RetryDriver<'_>,
        class: Classification,
        output: O,
    ) -> (O, AttemptEnd<'static>) {
        described(retry.text_setting(), class, output, self.0)
    }
}

/// The output is passed by value: with a reference, a small output would be in memory on the hot
/// path, too.
#[cold]
#[inline(never)]
fn described<O>(
    setting: TextSetting<'_>,
    class: Classification,
    output: O,
    text: DisplayOf<O>,
) -> (O, AttemptEnd<'static>) {
    let class = if setting.remembers_errors() { class.described_by(text(&output)) } else { class };
    (output, AttemptEnd::Failed(class))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::retry::RetryPolicy;

    /// Returns the text that the expansion finds.
    macro_rules! text_of {
        ($output:expr) => {
            (Text::new(&$output).resilient_text().0)(&$output).map(ToString::to_string)
        };
    }

    #[derive(Debug)]
    struct Undisplayed;

    struct Secretive;

    impl Display for Secretive {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("shown")
        }
    }

    impl fmt::Debug for Secretive {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("`Debug` is never used")
        }
    }

    fn of_unbound<E>(output: &Result<u32, E>) -> Option<String> {
        text_of!(*output)
    }

    fn of_bound<E: Display>(output: &Result<u32, E>) -> Option<String> {
        text_of!(*output)
    }

    #[test]
    fn b20_only_a_display_describes_an_error() {
        let shown = Some("shown".to_owned());
        assert_eq!(text_of!(Err::<u32, _>(Secretive)), shown);
        assert_eq!(text_of!(Err::<u32, _>("shown")), shown);
        assert_eq!(text_of!(Err::<u32, Box<dyn Error + Send + Sync>>("shown".into())), shown);
        let text = String::from("shown");
        let borrowed: Result<u32, &String> = Err(&text);
        assert_eq!(text_of!(borrowed), shown);
        assert_eq!(of_bound(&Err(Secretive)), shown);
        assert_eq!(text_of!(Ok::<u32, Secretive>(1)), None);
        assert_eq!(text_of!(Err::<u32, _>(Undisplayed)), None);
        assert_eq!(of_unbound(&Err(Secretive)), None);
        assert_eq!(text_of!(None::<u32>), None);
        assert_eq!(text_of!(42), None);
    }

    #[test]
    fn b20_a_text_of_the_classifier_comes_first_and_a_success_has_none() {
        let text = |class: Classification| {
            let class = class.described_by(Some(&"of the error"));
            class.text().map(|text| text.as_str().to_owned())
        };
        let of_error = Some("of the error".to_owned());
        assert_eq!(text(Classification::transient()), of_error);
        assert_eq!(text(Classification::permanent()), of_error);
        assert_eq!(text(Classification::throttled()), of_error);
        assert_eq!(text(Classification::ignored()), None);
        assert_eq!(text(Classification::answered()), None);
        let given = Classification::transient().with_text("given");
        assert_eq!(text(given), Some("given".to_owned()));
        let kept = |policy: &RetryPolicy, class: Classification| {
            let output: Result<(), &str> = Err("of the error");
            let describe = Text::new(&output).resilient_text();
            match describe.failed(&RetryDriver::start(policy), class, output) {
                (Err("of the error"), AttemptEnd::Failed(class)) => {
                    class.text().map(ToString::to_string)
                }
                other => panic!("{other:?}"),
            }
        };
        let silent = RetryPolicy::builder().remember_errors(false).build().unwrap();
        assert_eq!(kept(&RetryPolicy::DEFAULT, Classification::transient()), of_error);
        assert_eq!(kept(&RetryPolicy::DEFAULT, given), Some("given".to_owned()));
        assert_eq!(kept(&silent, Classification::transient()), None);
    }
}
