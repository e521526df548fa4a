//! The defaults of two families of APIs, as data.

use std::time::Duration;

use resilient::RetryPolicy;

use super::auth_kind::AuthKind;
use super::settings::{RetrySettings, Settings};
use crate::request::{Idempotency, LimitOverride};

/// The defaults of a provider's API. Each can be overridden.
///
/// | | [`OPENAI`](Self::OPENAI) | [`ANTHROPIC`](Self::ANTHROPIC) |
/// |---|---|---|
/// | as text | `openai` | `anthropic` |
/// | base URL | `https://api.openai.com/v1` | `https://api.anthropic.com/v1` |
/// | path | `chat/completions` | `messages` |
/// | key | bearer token | `x-api-key` |
/// | headers | | `anthropic-version: 2023-06-01` |
/// | timeout | 300 s | 300 s |
/// | delays | 500 ms, doubled up to 8 s, full jitter | the same |
/// | retried | 408, 409, 429, 500, 502, 503, 504 | and 529: overloaded |
/// | never retried | `insufficient_quota` | `billing_error` |
/// | may be sent twice | yes | yes |
///
/// Calls may be sent twice although they are `POST`s: the cost is at most an unread response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    name: &'static str,
    base_url: &'static str,
    path: &'static str,
    sends_x_api_key: bool,
    headers: &'static [(&'static str, &'static str)],
    timeout: Duration,
    delays: (Duration, Duration),
    retried: &'static [u16],
    permanent: &'static [&'static str],
}

impl Preset {
    /// The API of `OpenAI`, and compatible ones with their own base URL.
    pub const OPENAI: Self = Self {
        name: "openai",
        base_url: "https://api.openai.com/v1",
        path: "chat/completions",
        sends_x_api_key: false,
        headers: &[],
        timeout: Duration::from_secs(300),
        delays: (Duration::from_millis(500), Duration::from_secs(8)),
        retried: &[408, 409, 429, 500, 502, 503, 504],
        permanent: &["insufficient_quota"],
    };

    /// The API of Anthropic.
    pub const ANTHROPIC: Self = Self {
        name: "anthropic",
        base_url: "https://api.anthropic.com/v1",
        path: "messages",
        sends_x_api_key: true,
        headers: &[("anthropic-version", "2023-06-01")],
        timeout: Duration::from_secs(300),
        delays: (Duration::from_millis(500), Duration::from_secs(8)),
        retried: &[408, 409, 429, 500, 502, 503, 504, 529],
        permanent: &["billing_error"],
    };

    const ALL: [Self; 2] = [Self::OPENAI, Self::ANTHROPIC];

    /// The preset of this name, as written in configuration files.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name == name)
    }

    /// The name of the preset.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn settings(self) -> Settings {
        let own = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let (base_delay, max_delay) = self.delays;
        Settings {
            base_url: Some(self.base_url.to_owned()),
            path: Some(self.path.to_owned()),
            auth: self.sends_x_api_key.then_some(AuthKind::XApiKey),
            headers: own(self.headers),
            timeout: Some(LimitOverride(Some(self.timeout))),
            retry: Some(RetrySettings::Changes(
                RetryPolicy::builder()
                    .base_delay(base_delay)
                    .max_delay(max_delay),
            )),
            idempotency: Some(Idempotency::Yes),
            retry_statuses: Some(self.retried.to_vec()),
            permanent_codes: Some(self.permanent.iter().map(|&code| code.to_owned()).collect()),
            ..Settings::default()
        }
    }
}
