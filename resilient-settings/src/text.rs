//! Values of settings that can also be given as text.

use std::time::Duration;

use crate::{TextError, Value, parse_duration, parse_share};

/// The calls over which rates and counts are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// This many of the most recent counted calls, whatever their age: from 1 to 1 000 000.
    Calls(u32),
    /// The calls within this time, which is longer than zero. The window is divided into buckets
    /// and forgets one bucket at a time. The first bucket starts when the breaker enters its state.
    Time(Duration),
}

impl Window {
    /// Returns the value as the rules compare it.
    #[must_use]
    pub const fn value(self) -> Value {
        match self {
            Self::Calls(calls) => Value::Count(calls),
            Self::Time(time) => Value::Time(time),
        }
    }
}

impl From<u32> for Window {
    fn from(calls: u32) -> Self {
        Self::Calls(calls)
    }
}

impl From<Duration> for Window {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

/// A value of a setting: the value itself, or the text that attributes and files accept for it.
///
/// Text for a duration is like `"250ms"` or `"1m 30s"`; text for a share is like `"50%"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of a setting of type `{T}`",
    label = "expected `{T}`, or text such as \"2s\" for a duration and \"20%\" for a share"
)]
pub trait IntoSetting<T> {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// Returns a [`TextError`] if the text cannot be read as the value.
    fn into_setting(self) -> Result<T, TextError>;
}

macro_rules! into_setting {
    ($($from:ty => $to:ty: $read:expr;)*) => {
        $(impl IntoSetting<$to> for $from {
            fn into_setting(self) -> Result<$to, TextError> {
                let read: fn(Self) -> Result<$to, TextError> = $read;
                read(self)
            }
        })*
    };
}

into_setting! {
    Duration => Duration: Ok;
    &str => Duration: parse_duration;
    f64 => f64: Ok;
    &str => f64: parse_share;
    &str => Window: |text| parse_duration(text).map(Window::Time);
}

impl<T: Into<Window>> IntoSetting<Window> for T {
    fn into_setting(self) -> Result<Window, TextError> {
        Ok(self.into())
    }
}
