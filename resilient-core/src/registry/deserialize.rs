//! Reads overrides. Durations and shares may be text, and unknown keys are errors.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use resilient_settings::{IntoSetting, breaker_settings, fields};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::overrides::BreakerOverride;
use crate::breaker::{
    AbandonedOutcome, BreakerConfigBuilder, BreakerSettings, OperatorMode, OperatorNote, Window,
};

/// Maps the form of a setting to the type into which its value is deserialized.
macro_rules! read_as {
    (Count) => { u32 };
    (Factor) => { f64 };
    (Flag) => { bool };
    (Time) => { Written<Duration> };
    (Share) => { Written<f64> };
    (Window) => { Written<Window> };
    (AbandonedOutcome) => { AbandonedOutcome };
}

/// Converts the value that was read into the value of the setting.
macro_rules! read_value {
    (Time $read:expr) => {
        $read.map(|Written(time)| time)
    };
    (Share $read:expr) => {
        $read.map(|Written(share)| share)
    };
    (Window $read:expr) => {
        $read.map(|Written(window)| window)
    };
    ($form:ident $read:expr) => {
        $read
    };
}

/// Generates the structs of the sections from the table, with a key for each setting.
macro_rules! sections {
    ({} $($name:ident: $form:ident, $($doc:literal)+;)+) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Defaults {
            $($name: Option<read_as!($form)>,)+
        }

        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Section {
            mode: Option<OperatorMode>,
            mode_for: Option<Written<Duration>>,
            operator: Option<String>,
            reason: Option<String>,
            $($name: Option<read_as!($form)>,)+
        }

        impl From<Defaults> for BreakerConfigBuilder {
            fn from(read: Defaults) -> Self {
                Self::from(BreakerSettings { $($name: read_value!($form read.$name),)+ })
            }
        }

        impl TryFrom<Section> for BreakerOverride {
            type Error = &'static str;

            fn try_from(read: Section) -> Result<Self, Self::Error> {
                let note = note(read.operator, read.reason);
                if read.mode.is_none() && (read.mode_for.is_some() || !note.is_empty()) {
                    return Err("`mode_for`, `operator` and `reason` need a `mode`");
                }
                Ok(Self {
                    settings: Defaults { $($name: read.$name,)+ }.into(),
                    mode: read.mode,
                    mode_for: read.mode_for.map(|Written(time)| time),
                    note,
                })
            }
        }
    };
}

breaker_settings!(fields sections {});

impl<'de> Deserialize<'de> for BreakerConfigBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Defaults::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for BreakerOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Section::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

fn note(operator: Option<String>, reason: Option<String>) -> OperatorNote {
    let mut note = OperatorNote::new();
    if let Some(operator) = operator {
        note = note.by(operator);
    }
    if let Some(reason) = reason {
        note = note.because(reason);
    }
    note
}

/// A value in a document, which may be written as text.
struct Written<T>(T);

trait ReadSetting: Sized {
    const EXPECTED: &'static str;

    fn from_whole(_: i64) -> Option<Self> {
        None
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }
}

impl ReadSetting for Duration {
    const EXPECTED: &'static str = "a duration in quotes, like \"250ms\" or \"30s\"";
}

impl ReadSetting for f64 {
    const EXPECTED: &'static str =
        "a share: a number up to 1, like 0.5, or a percentage, like \"50%\"";

    fn from_whole(share: i64) -> Option<Self> {
        i32::try_from(share).ok().map(Self::from)
    }

    fn from_number(share: f64) -> Option<Self> {
        Some(share)
    }
}

impl ReadSetting for Window {
    const EXPECTED: &'static str =
        "a number of calls, like 100, or a duration in quotes, like \"60s\"";

    fn from_whole(calls: i64) -> Option<Self> {
        u32::try_from(calls).ok().map(Self::Calls)
    }
}

impl<'de, T: ReadSetting> Deserialize<'de> for Written<T>
where
    for<'a> &'a str: IntoSetting<T>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read(PhantomData)).map(Self)
    }
}

struct Read<T>(PhantomData<T>);

impl<T: ReadSetting> Visitor<'_> for Read<T>
where
    for<'a> &'a str: IntoSetting<T>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.into_setting()
            .map_err(|error| E::custom(format_args!("expected {}: {error}", T::EXPECTED)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        T::from_number(number).ok_or_else(|| E::invalid_type(Unexpected::Float(number), &self))
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<T, E> {
        T::from_whole(whole).ok_or_else(|| E::invalid_type(Unexpected::Signed(whole), &self))
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<T, E> {
        let found = i64::try_from(whole).ok().and_then(T::from_whole);
        found.ok_or_else(|| E::invalid_type(Unexpected::Unsigned(whole), &self))
    }
}
