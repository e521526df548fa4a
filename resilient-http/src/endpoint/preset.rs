//! The defaults of two families of APIs, as data.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::event_format::EventFormat;

/// Every 5xx except 501, which says that the server does not know the request.
const RETRIED_BY_SDKS: &[RangeInclusive<u16>] = &[408..=409, 429..=429, 500..=500, 502..=599];

/// The defaults of a provider's API. Each default can be overridden.
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
/// | retried | 408, 409, 429, and every 5xx but 501 | the same |
/// | never retried | `insufficient_quota` and the codes below | `billing_error` |
/// | may be sent twice | yes | yes |
/// | [streams](crate::Endpoint::stream) end | with `[DONE]` | with the response |
/// | streams fail | with an object `error` | with an event `error` |
///
/// Calls may be sent twice although they are `POST`s, because the only cost is an unread response.
///
/// The retried statuses are those of the official SDKs of both providers, without 501: the server
/// does not know the request, and another attempt does not change that. 529 means overloaded. A
/// wait does not help against an exhausted quota, so these codes of `OpenAI`, which come with a
/// 429, are not retried either: `credit_balance_exhausted`, `organization_spend_limit_exceeded`,
/// `project_spend_limit_exceeded`, `organization_usage_limit_exceeded`,
/// `billing_hard_limit_reached` and `billing_not_active`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    pub(super) name: &'static str,
    pub(super) base_url: &'static str,
    pub(super) path: &'static str,
    pub(super) sends_x_api_key: bool,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) timeout: Duration,
    pub(super) delays: (Duration, Duration),
    pub(super) retried: &'static [RangeInclusive<u16>],
    pub(super) permanent: &'static [&'static str],
    pub(super) events: EventFormat,
}

impl Preset {
    /// The API of `OpenAI`. Compatible APIs can use the preset with another base URL.
    pub const OPENAI: Self = Self {
        name: "openai",
        base_url: "https://api.openai.com/v1",
        path: "chat/completions",
        sends_x_api_key: false,
        headers: &[],
        timeout: Duration::from_secs(300),
        delays: (Duration::from_millis(500), Duration::from_secs(8)),
        retried: RETRIED_BY_SDKS,
        permanent: &[
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "billing_hard_limit_reached",
            "billing_not_active",
        ],
        events: EventFormat::OpenAi,
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
        retried: RETRIED_BY_SDKS,
        permanent: &["billing_error"],
        events: EventFormat::Anthropic,
    };

    const ALL: [Self; 2] = [Self::OPENAI, Self::ANTHROPIC];

    /// Returns the preset with this name. Configuration files use the same names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name == name)
    }

    /// Returns the name of the preset.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}
