//! Reads overrides. Durations and shares may be text, and unknown keys are errors.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use resilient_settings::{
    Form, Setting, TextError, breaker, breaker_settings, budget_settings, fields, parse_duration,
    parse_share, retry, retry_settings, suggest,
};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::{BreakerOverride, BudgetOverride, Overrides, RetryOverride};
use crate::breaker::{
    AbandonedOutcome, BreakerConfigBuilder, BreakerSettings, OperatorMode, OperatorNote, Window,
};
use crate::retry::{Backoff, BudgetConfigBuilder, Jitter, RetrySettings, WhenOpen};

/// Generates a struct with a key for each setting of a table.
macro_rules! keys {
    (
        { $keys:ident for $settings:ident }
        $($name:ident: $form:ident, $($doc:literal)+;)+
    ) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields, expecting = "a table of settings")]
        struct $keys {
            $($name: Option<Written<$form>>,)+
        }

        impl From<$keys> for $settings {
            fn from(read: $keys) -> Self {
                Self { $($name: read.$name.map(|Written(value)| value),)+ }
            }
        }
    };
}

/// Generates the section of a breaker, which has further keys beside the settings.
macro_rules! section {
    ({} $($name:ident: $form:ident, $($doc:literal)+;)+) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields, expecting = "a table of settings")]
        struct Section {
            mode: Option<Written<OperatorMode>>,
            mode_for: Option<Written<Time>>,
            operator: Option<String>,
            reason: Option<String>,
            keys: BTreeMap<String, BreakerOverride>,
            $($name: Option<Written<$form>>,)+
        }

        impl Section {
            /// Returns the override of the section, and the overrides of its keys.
            fn split<E: Error>(
                self,
            ) -> Result<(BreakerOverride, BTreeMap<String, BreakerOverride>), E> {
                let note = note(self.operator, self.reason);
                if self.mode.is_none() && (self.mode_for.is_some() || !note.is_empty()) {
                    return Err(E::custom("`mode_for`, `operator` and `reason` need a `mode`"));
                }
                let settings = BreakerKeys { $($name: self.$name,)+ };
                let own = BreakerOverride {
                    settings: BreakerSettings::from(settings).into(),
                    mode: self.mode.map(|Written(mode)| mode),
                    mode_for: self.mode_for.map(|Written(time)| time),
                    note,
                };
                Ok((own, self.keys))
            }
        }
    };
}

/// Generates the section of a retry, which has the settings of a policy and two time limits.
macro_rules! retry_section {
    ({} $($name:ident: $form:ident, $($doc:literal)+;)+) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields, expecting = "a table of settings")]
        struct RetrySection {
            deadline: Option<Written<Time>>,
            attempt_timeout: Option<Written<Time>>,
            $($name: Option<Written<$form>>,)+
        }

        impl From<RetrySection> for RetryOverride {
            fn from(read: RetrySection) -> Self {
                let mut settings = RetrySettings::NONE;
                $(settings.$name = read.$name.map(|Written(value)| value);)+
                Self {
                    settings: settings.into(),
                    deadline: read.deadline.map(|Written(time)| time),
                    attempt_timeout: read.attempt_timeout.map(|Written(time)| time),
                }
            }
        }
    };
}

breaker_settings!(fields keys { BreakerKeys for BreakerSettings });
breaker_settings!(fields section {});
budget_settings!(fields keys { BudgetKeys for BudgetConfigBuilder });
retry_settings!(fields retry_section {});

impl<'de> Deserialize<'de> for BreakerConfigBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BreakerKeys::deserialize(deserializer).map(|keys| BreakerSettings::from(keys).into())
    }
}

impl<'de> Deserialize<'de> for BudgetConfigBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BudgetKeys::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for BudgetOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BudgetConfigBuilder::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for RetryOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RetrySection::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for BreakerOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (own, keys) = Section::deserialize(deserializer)?.split()?;
        if keys.is_empty() { Ok(own) } else { Err(D::Error::custom("`keys` cannot stand here")) }
    }
}

/// The section of a breaker, with the sections of its keys.
struct NameSection {
    own: BreakerOverride,
    keys: BTreeMap<String, BreakerOverride>,
}

impl<'de> Deserialize<'de> for NameSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (own, keys) = Section::deserialize(deserializer)?.split()?;
        Ok(Self { own, keys })
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Document {
    defaults: BreakerConfigBuilder,
    breakers: BTreeMap<String, NameSection>,
    budgets: BTreeMap<String, BudgetOverride>,
    retries: BTreeMap<String, RetryOverride>,
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Document { defaults, breakers, budgets, retries } =
            Document::deserialize(deserializer)?;
        let mut overrides = Self { defaults, budgets, retries, ..Self::default() };
        for (name, NameSection { own, keys }) in breakers {
            // A section that only has keys overrides nothing of its name.
            if keys.is_empty() || own != BreakerOverride::default() {
                overrides.breakers.insert(name.clone(), own);
            }
            if !keys.is_empty() {
                overrides.keys.insert(name, keys);
            }
        }
        Ok(overrides)
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

/// A form of settings in a document.
trait WrittenForm {
    type Value;

    /// Describes the form.
    fn expected() -> String;

    fn from_whole(_: i64) -> Option<Self::Value> {
        None
    }

    fn from_number(_: f64) -> Option<Self::Value> {
        None
    }

    fn from_flag(_: bool) -> Option<Self::Value> {
        None
    }

    /// Reads text. Returns `None` if no text has this form.
    fn from_text(_: &str) -> Option<Result<Self::Value, String>> {
        None
    }
}

/// A value in a document.
struct Written<F: WrittenForm>(F::Value);

enum Count {}

impl WrittenForm for Count {
    type Value = u32;

    fn expected() -> String {
        "a whole number from 0 to 4294967295".to_owned()
    }

    fn from_whole(count: i64) -> Option<u32> {
        u32::try_from(count).ok()
    }
}

enum Factor {}

impl WrittenForm for Factor {
    type Value = f64;

    fn expected() -> String {
        "a number, like 2 or 1.5".to_owned()
    }

    fn from_whole(factor: i64) -> Option<f64> {
        i32::try_from(factor).ok().map(f64::from)
    }

    fn from_number(factor: f64) -> Option<f64> {
        Some(factor)
    }
}

enum Flag {}

impl WrittenForm for Flag {
    type Value = bool;

    fn expected() -> String {
        "`true` or `false`, without quotes".to_owned()
    }

    fn from_flag(flag: bool) -> Option<bool> {
        Some(flag)
    }
}

enum Time {}

impl WrittenForm for Time {
    type Value = Duration;

    fn expected() -> String {
        "a duration in quotes, like \"250ms\" or \"30s\"".to_owned()
    }

    fn from_text(text: &str) -> Option<Result<Duration, String>> {
        Some(parse_duration(text).map_err(|error| explained::<Self>(&error)))
    }
}

enum Share {}

impl WrittenForm for Share {
    type Value = f64;

    fn expected() -> String {
        "a share: a number up to 1, like 0.5, or a percentage, like \"50%\"".to_owned()
    }

    fn from_whole(share: i64) -> Option<f64> {
        i32::try_from(share).ok().map(f64::from)
    }

    fn from_number(share: f64) -> Option<f64> {
        Some(share)
    }

    fn from_text(text: &str) -> Option<Result<f64, String>> {
        Some(parse_share(text).map_err(|error| explained::<Self>(&error)))
    }
}

impl WrittenForm for Window {
    type Value = Self;

    fn expected() -> String {
        "a number of calls, like 100, or a duration in quotes, like \"60s\"".to_owned()
    }

    fn from_whole(calls: i64) -> Option<Self> {
        u32::try_from(calls).ok().map(Self::Calls)
    }

    fn from_text(text: &str) -> Option<Result<Self, String>> {
        Some(parse_duration(text).map(Self::Time).map_err(|error| explained::<Self>(&error)))
    }
}

/// Reads settings whose values are words of the table. The function converts a share, if the
/// setting may be one.
macro_rules! words {
    ($($words:ident: $setting:expr, $number:expr;)+) => {$(
        impl WrittenForm for $words {
            type Value = Self;

            fn expected() -> String {
                let setting: &Setting = &$setting;
                let words = suggest::list(setting.words());
                match setting.form {
                    Form::WordOrShare(_) => format!("one of {words}, or a share like \"20%\""),
                    _ => format!("one of {words}"),
                }
            }

            fn from_whole(whole: i64) -> Option<Self> {
                Share::from_whole(whole).and_then(Self::from_number)
            }

            fn from_number(number: f64) -> Option<Self> {
                let read: fn(f64) -> Option<Self> = $number;
                read(number)
            }

            fn from_text(text: &str) -> Option<Result<Self, String>> {
                Some(text.parse().map_err(|error: TextError| error.to_string()))
            }
        }
    )+};
}

words! {
    AbandonedOutcome: breaker::TABLE.settings[breaker::key::abandoned], |_| None;
    Backoff: retry::TABLE.settings[retry::key::backoff], |_| None;
    Jitter: retry::TABLE.settings[retry::key::jitter], |share| Some(Self::Proportional(share));
    WhenOpen: retry::TABLE.settings[retry::key::when_open], |_| None;
}

impl WrittenForm for OperatorMode {
    type Value = Self;

    fn expected() -> String {
        format!("one of {}", suggest::list(&Self::ALL.map(|mode| mode.state().as_str())))
    }

    fn from_text(text: &str) -> Option<Result<Self, String>> {
        let found = Self::ALL.into_iter().find(|mode| mode.state().as_str() == text);
        Some(found.ok_or_else(|| format!("`{text}` is no mode: must be {}", Self::expected())))
    }
}

/// Returns the message of text that cannot be read.
fn explained<F: WrittenForm>(error: &TextError) -> String {
    format!("expected {}: {error}", F::expected())
}

impl<'de, F: WrittenForm> Deserialize<'de> for Written<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read::<F>(PhantomData)).map(Self)
    }
}

struct Read<F>(PhantomData<F>);

impl<F: WrittenForm> Visitor<'_> for Read<F> {
    type Value = F::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&F::expected())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<F::Value, E> {
        match F::from_text(text) {
            Some(read) => read.map_err(E::custom),
            None => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<F::Value, E> {
        F::from_flag(flag).ok_or_else(|| E::invalid_type(Unexpected::Bool(flag), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<F::Value, E> {
        F::from_number(number).ok_or_else(|| E::invalid_type(Unexpected::Float(number), &self))
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<F::Value, E> {
        F::from_whole(whole).ok_or_else(|| E::invalid_type(Unexpected::Signed(whole), &self))
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<F::Value, E> {
        let found = i64::try_from(whole).ok().and_then(F::from_whole);
        found.ok_or_else(|| E::invalid_type(Unexpected::Unsigned(whole), &self))
    }
}
