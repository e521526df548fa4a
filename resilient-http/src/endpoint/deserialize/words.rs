//! Single values in the form that files use.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use resilient::retries::Jitter;
use resilient::settings::parse_duration;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::auth_kind::{AuthKind, ConfiguredKey};
use super::super::preset::Preset;
use super::json_value::JsonValue;
use crate::hold_back::OnRateLimit;
use crate::request::{Fields, Idempotency, IdempotencyKey, LimitOverride, fields_of};

/// The last status of HTTP.
const LAST_STATUS: u16 = 999;

/// A value that is written as one word. Errors do not show the value, which may be a misplaced key.
pub(super) struct Word<T>(pub(super) T);

pub(in crate::endpoint) trait FromWord: Sized {
    /// A description of the expected text. It must not contain double quotes, because errors hide
    /// all quoted text.
    const EXPECTED: &'static str;

    fn from_word(text: &str) -> Option<Self>;
}

impl<'de, T: FromWord> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)
            .map_err(|_| D::Error::custom(format_args!("must be {}", T::EXPECTED)))?;
        T::from_word(&text)
            .map(Word)
            .ok_or_else(|| D::Error::custom(format_args!("must be {}", T::EXPECTED)))
    }
}

pub(in crate::endpoint) fn word<'de, D: Deserializer<'de>, T: FromWord>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let word = Option::<Word<T>>::deserialize(deserializer)?;
    Ok(word.map(|Word(value)| value))
}

pub(in crate::endpoint) fn limit<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<LimitOverride>, D::Error> {
    Ok(word(deserializer)?.map(|Time(time)| LimitOverride(time)))
}

impl FromWord for Preset {
    const EXPECTED: &'static str = "`openai` or `anthropic`";

    fn from_word(text: &str) -> Option<Self> {
        Self::named(text)
    }
}

impl FromWord for AuthKind {
    const EXPECTED: &'static str = "`bearer`, `x-api-key`, `header:NAME` or `none`";

    fn from_word(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromWord for ConfiguredKey {
    const EXPECTED: &'static str = "`env:NAME`, `file:PATH` or `literal:…`";

    fn from_word(text: &str) -> Option<Self> {
        Some(Self { key: text.parse().ok()?, is_literal: text.starts_with("literal:") })
    }
}

/// A time limit. In a file, `none` means `None`.
pub(super) struct Time(pub(super) Option<Duration>);

impl FromWord for Time {
    const EXPECTED: &'static str =
        "a duration like `250ms`, `30s` or `1m 30s`, or `none`, in quotes";

    fn from_word(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self(None));
        }
        parse_duration(text).ok().map(Some).map(Self)
    }
}

/// A time that has an end.
#[cfg(feature = "cache")]
impl FromWord for Duration {
    const EXPECTED: &'static str = "a duration like `250ms`, `30s` or `1m 30s`, in quotes";

    fn from_word(text: &str) -> Option<Self> {
        parse_duration(text).ok()
    }
}

impl FromWord for Idempotency {
    const EXPECTED: &'static str = "`by_method`, `yes`, `no` or `key`";

    fn from_word(text: &str) -> Option<Self> {
        match text {
            "by_method" => Some(Self::Auto),
            "yes" => Some(Self::Yes),
            "no" => Some(Self::No),
            "key" => Some(Self::Key(IdempotencyKey::Auto)),
            _ => None,
        }
    }
}

impl FromWord for OnRateLimit {
    const EXPECTED: &'static str = "`wait`, `fail` or `ignore`";

    fn from_word(text: &str) -> Option<Self> {
        match text {
            "wait" => Some(Self::Wait),
            "fail" => Some(Self::Fail),
            "ignore" => Some(Self::Ignore),
            _ => None,
        }
    }
}

impl FromWord for Jitter {
    const EXPECTED: &'static str =
        "`full`, `equal`, `none`, `decorrelated`, `smooth` or a share like `20%`";

    fn from_word(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// One status or a range of statuses.
struct Statuses(RangeInclusive<u16>);

const STATUS_EXPECTED: &str = "a status, or a range of statuses such as `502-599`, in quotes";

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Statuses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(STATUS_EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Statuses, E> {
                let ends = text.split_once('-').map(|(from, to)| (from.parse(), to.parse()));
                match ends {
                    Some((Ok(from), Ok(to))) if from <= to && to <= LAST_STATUS => {
                        Ok(Statuses(from..=to))
                    }
                    _ => Err(E::custom(format_args!("must be {STATUS_EXPECTED}"))),
                }
            }

            fn visit_u64<E: Error>(self, status: u64) -> Result<Statuses, E> {
                // The check of the settings refuses numbers that are no status.
                let status = u16::try_from(status).unwrap_or(u16::MAX);
                Ok(Statuses(status..=status))
            }

            fn visit_i64<E: Error>(self, status: i64) -> Result<Statuses, E> {
                self.visit_u64(u64::try_from(status).unwrap_or_default())
            }
        }

        deserializer.deserialize_any(Read)
    }
}

pub(in crate::endpoint) fn statuses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<u16>>, D::Error> {
    let ranges = Option::<Vec<Statuses>>::deserialize(deserializer)?;
    Ok(ranges.map(|ranges| ranges.into_iter().flat_map(|Statuses(range)| range).collect()))
}

/// The value of a path parameter, which is text or a whole number.
struct Plain(String);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Plain;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Plain, E> {
                Ok(Plain(text.to_owned()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Plain, E> {
                Ok(Plain(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Plain, E> {
                Ok(Plain(number.to_string()))
            }
        }

        deserializer.deserialize_any(Read)
    }
}

pub(in crate::endpoint) fn params<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let params = BTreeMap::<String, Plain>::deserialize(deserializer)?.into_iter();
    Ok(params.map(|(name, Plain(value))| (name, value)).collect())
}

/// Reads headers. Names differ in more than their case, because a map would silently lose one of
/// the values.
pub(in crate::endpoint) fn headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let mut headers = BTreeMap::new();
    for (name, value) in BTreeMap::<String, String>::deserialize(deserializer)? {
        let name = name.to_ascii_lowercase();
        if headers.contains_key(&name) {
            let name = name.escape_debug();
            return Err(D::Error::custom(format!("the header `{name}` is set twice")));
        }
        headers.insert(name, value);
    }
    Ok(headers)
}

pub(in crate::endpoint) fn fields<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Fields, D::Error> {
    let fields = Option::<BTreeMap<String, JsonValue>>::deserialize(deserializer)?;
    fields_of(&fields.unwrap_or_default(), "`extra_body`").map_err(D::Error::custom)
}
