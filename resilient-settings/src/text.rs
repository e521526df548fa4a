//! Values that can also be given as text.

use std::time::Duration;

use crate::{TextError, parse_duration, parse_share};

/// The calls that rates and counts are computed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The last counted calls, however old they are: 1 to 1 000 000.
    Calls(u32),
    /// The calls of the last so much time, which is longer than zero. The window is divided into
    /// buckets and forgets one bucket at a time; the first bucket starts with the breaker's state.
    Time(Duration),
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
/// Durations are text like `"250ms"` or `"1m 30s"`, shares text like `"50%"`.
pub trait IntoSetting<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// [`TextError`], if this is text that cannot be read as the value.
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
    Window => Window: Ok;
    u32 => Window: |calls| Ok(Window::Calls(calls));
    Duration => Window: |time| Ok(Window::Time(time));
    &str => Window: |text| parse_duration(text).map(Window::Time);
}
