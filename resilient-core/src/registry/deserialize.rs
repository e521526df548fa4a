//! Overrides as people write them: durations and shares as text, unknown keys refused.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::overrides::{BreakerOverride, BudgetOverride, Overrides};
use crate::breaker::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, OperatorMode, Window};

/// The keys of a section, each by the name of its setting.
macro_rules! keys {
    ($($key:ident: $form:ty,)*) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Defaults {
            $($key: Option<$form>,)*
        }

        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Section {
            mode: Option<OperatorMode>,
            $($key: Option<$form>,)*
        }

        impl From<Defaults> for BreakerConfigBuilder {
            fn from(defaults: Defaults) -> Self {
                let mut settings = BreakerConfig::builder();
                $(if let Some(value) = defaults.$key {
                    settings = settings.$key(<$form as Form>::value(value));
                })*
                settings
            }
        }

        impl From<Section> for BreakerOverride {
            fn from(section: Section) -> Self {
                Self {
                    settings: Defaults { $($key: section.$key,)* }.into(),
                    mode: section.mode,
                }
            }
        }
    };
}

keys! {
    failure_threshold: u32,
    window: WindowForm,
    window_buckets: u32,
    min_calls: u32,
    failure_rate: Share,
    failure_count: u32,
    slow_call: Time,
    slow_call_rate: Share,
    recovery_time: Time,
    recovery_factor: f64,
    max_recovery_time: Time,
    recovery_jitter: Share,
    half_open_max_calls: u32,
    half_open_successes: u32,
    half_open_failures: u32,
    probe_timeout: Time,
    abandoned: AbandonedOutcome,
    max_keys: u32,
}

/// What a setting is written as.
trait Form {
    type Value;

    fn value(self) -> Self::Value;
}

macro_rules! as_it_is {
    ($($type:ty),*) => {
        $(impl Form for $type {
            type Value = Self;

            fn value(self) -> Self {
                self
            }
        })*
    };
}

as_it_is!(u32, f64, AbandonedOutcome);

impl<'de> Deserialize<'de> for BreakerConfigBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Defaults::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for BreakerOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Section::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Document {
            defaults: BreakerConfigBuilder,
            breakers: BTreeMap<String, BreakerOverride>,
            budgets: BTreeMap<String, BudgetOverride>,
        }

        let Document {
            defaults,
            breakers,
            budgets,
        } = Document::deserialize(deserializer)?;
        Ok(Self {
            defaults,
            breakers,
            budgets,
        })
    }
}

fn duration<E: Error>(text: &str) -> Result<Duration, E> {
    humantime::parse_duration(text).map_err(|_| {
        E::invalid_value(
            Unexpected::Str(text),
            &"a duration like \"250ms\", \"30s\" or \"1m 30s\"",
        )
    })
}

/// A duration as text.
struct Time(Duration);

impl Form for Time {
    type Value = Duration;

    fn value(self) -> Duration {
        self.0
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in quotes, like \"250ms\" or \"30s\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                duration(text).map(Time)
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// A number from 0 to 1, or a percentage as text.
struct Share(f64);

impl Form for Share {
    type Value = f64;

    fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrPercentage;

        impl Visitor<'_> for NumberOrPercentage {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share: a number up to 1, like 0.5, or a percentage, like \"50%\"")
            }

            fn visit_f64<E>(self, share: f64) -> Result<Share, E> {
                Ok(Share(share))
            }

            fn visit_i64<E: Error>(self, share: i64) -> Result<Share, E> {
                i32::try_from(share)
                    .map(|share| Share(f64::from(share)))
                    .map_err(|_| E::invalid_value(Unexpected::Signed(share), &self))
            }

            fn visit_u64<E: Error>(self, share: u64) -> Result<Share, E> {
                u32::try_from(share)
                    .map(|share| Share(f64::from(share)))
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(share), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Share, E> {
                let number = text.strip_suffix('%').map(str::trim_end);
                // One conversion instead of a division keeps the nearest number.
                number
                    .filter(|number| number.bytes().all(|c| c.is_ascii_digit() || c == b'.'))
                    .and_then(|number| format!("{number}e-2").parse().ok())
                    .map(Share)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(NumberOrPercentage)
    }
}

/// A number of calls, or a duration as text.
struct WindowForm(Window);

impl Form for WindowForm {
    type Value = Window;

    fn value(self) -> Window {
        self.0
    }
}

impl<'de> Deserialize<'de> for WindowForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CallsOrTime;

        impl Visitor<'_> for CallsOrTime {
            type Value = WindowForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of calls, like 100, or a duration in quotes, like \"60s\"")
            }

            fn visit_i64<E: Error>(self, calls: i64) -> Result<WindowForm, E> {
                u32::try_from(calls)
                    .map(|calls| WindowForm(Window::Calls(calls)))
                    .map_err(|_| E::invalid_value(Unexpected::Signed(calls), &self))
            }

            fn visit_u64<E: Error>(self, calls: u64) -> Result<WindowForm, E> {
                u32::try_from(calls)
                    .map(|calls| WindowForm(Window::Calls(calls)))
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(calls), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<WindowForm, E> {
                duration(text).map(|time| WindowForm(Window::Time(time)))
            }
        }

        deserializer.deserialize_any(CallsOrTime)
    }
}
