//! Finds the text of a failed output, for breakers and retries that remember it.

use std::fmt::Display;

use crate::breaker::Permit;
use crate::retry::{AttemptEnd, RetryDriver};
use crate::signal::{Classification, Fallible};

// B20
/// Finds the `Display` of the error of an output. Method resolution takes the method of this type
/// if the error has a `Display`, and otherwise, through `Deref`, the method of [`TextOfAny`]. A
/// generic error counts as having a `Display` only if it is bound by `Display`.
#[derive(Debug)]
pub struct Text<'a, O>(TextOfAny<'a, O>);

#[derive(Debug)]
pub struct TextOfAny<'a, O>(&'a O);

impl<'a, O> std::ops::Deref for Text<'a, O> {
    type Target = TextOfAny<'a, O>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, O> Text<'a, O> {
    #[inline]
    pub fn new(output: &'a O) -> Self {
        Self(TextOfAny(output))
    }
}

impl<'a, O: Fallible<Error: Display>> Text<'a, O> {
    /// Returns the error of the output as a `Display`.
    #[inline]
    pub fn resilient_text(&self) -> Option<&'a dyn Display> {
        let output: &'a O = self.0.0;
        output.failure().map(|error| error as &dyn Display)
    }
}

impl<'a, O> TextOfAny<'a, O> {
    /// Returns `None`, because the output has no error with a `Display`.
    #[inline]
    pub fn resilient_text(&self) -> Option<&'a dyn Display> {
        None
    }
}

/// Reports the class of an output, `None` for a success. `text` describes the error if the class
/// does not.
#[inline]
pub fn report(permit: Permit<'_>, class: Option<Classification>, text: Option<&dyn Display>) {
    permit.report_described(class, text);
}

/// Makes the end of an attempt that failed. `text` describes the error if the class does not, and
/// the retry remembers errors.
#[inline]
#[must_use]
pub fn failed(
    retry: &RetryDriver<'_>,
    class: Classification,
    text: Option<&dyn Display>,
) -> AttemptEnd<'static> {
    AttemptEnd::Failed(class.described_by(text.filter(|_| retry.remembers_errors())))
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fmt;

    use super::*;
    use crate::retry::RetryPolicy;

    /// Returns the text that the expansion finds.
    macro_rules! text_of {
        ($output:expr) => {
            Text::new(&$output).resilient_text().map(ToString::to_string)
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
        let kept = |policy: &RetryPolicy, class: Classification| match failed(
            &RetryDriver::start(policy),
            class,
            Some(&"of the error"),
        ) {
            AttemptEnd::Failed(class) => text(class),
            _ => None,
        };
        let silent = RetryPolicy::builder().remember_errors(false).build().unwrap();
        assert_eq!(kept(&RetryPolicy::DEFAULT, Classification::transient()), of_error);
        assert_eq!(kept(&RetryPolicy::DEFAULT, given), Some("given".to_owned()));
        assert_eq!(kept(&silent, Classification::transient()), None);
    }
}
