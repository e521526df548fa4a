//! What is known of two families of APIs, as data.

use std::time::Duration;

use resilient::RetryPolicy;

use super::auth_kind::AuthKind;
use super::settings::{Bound, Retry, Settings};
use crate::idempotency::Idempotency;

/// What is known of a provider's API: each of these is a setting that may be set otherwise.
///
/// | | [`OPENAI`](Self::OPENAI) | [`ANTHROPIC`](Self::ANTHROPIC) |
/// |---|---|---|
/// | as text | `openai` | `anthropic` |
/// | base URL | `https://api.openai.com/v1` | `https://api.anthropic.com/v1` |
/// | path | `chat/completions` | `messages` |
/// | key | bearer | `x-api-key` |
/// | headers | | `anthropic-version: 2023-06-01` |
/// | timeout | 300 s | 300 s |
/// | delays | 500 ms, doubled up to 8 s, full jitter | the same |
/// | tried again | 408, 409, 429, 500, 502, 503, 504 | and 529: overloaded |
/// | never tried again | `insufficient_quota` | `billing_error` |
/// | may be sent twice | yes | yes |
///
/// Both have their calls sent twice, although they are `POST`s: what that may cost is an answer that nobody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    name: &'static str,
    base_url: &'static str,
    path: &'static str,
    auth: Kind,
    headers: &'static [(&'static str, &'static str)],
    timeout: Duration,
    delays: (Duration, Duration),
    retried: &'static [u16],
    permanent: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bearer,
    XApiKey,
}

impl Preset {
    /// The API of `OpenAI`, and of the many that speak like it: give their base URL.
    pub const OPENAI: Self = Self {
        name: "openai",
        base_url: "https://api.openai.com/v1",
        path: "chat/completions",
        auth: Kind::Bearer,
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
        auth: Kind::XApiKey,
        headers: &[("anthropic-version", "2023-06-01")],
        timeout: Duration::from_secs(300),
        delays: (Duration::from_millis(500), Duration::from_secs(8)),
        retried: &[408, 409, 429, 500, 502, 503, 504, 529],
        permanent: &["billing_error"],
    };

    const ALL: [Self; 2] = [Self::OPENAI, Self::ANTHROPIC];

    /// The one of this name, as configuration files write it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name == name)
    }

    /// Its name.
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
            auth: Some(match self.auth {
                Kind::Bearer => AuthKind::Bearer,
                Kind::XApiKey => AuthKind::XApiKey,
            }),
            headers: own(self.headers),
            timeout: Some(Bound(Some(self.timeout))),
            retry: Some(Retry::Settings(
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
