//! The rate limits that servers report. The client exposes the limits and does not act on them.

use std::time::Duration;

use http::HeaderMap;

/// The server's rate limit, from the headers of a response.
///
/// The limit is read from the headers `RateLimit` and `RateLimit-Policy`, which an IETF draft
/// defines. Without these headers, it is read from `ratelimit-*`; without `ratelimit-*`, from
/// `x-ratelimit-*`. If a header lists several limits, the limit with the fewest remaining requests
/// is used. The client waits only because of `Retry-After`, never because of a rate limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RateLimit {
    /// The number of requests, or of other units, in one window.
    pub limit: Option<u64>,
    /// The number of requests or units that remain in the current window.
    pub remaining: Option<u64>,
    /// The time until the window resets, if the server reports it as a duration. A timestamp
    /// (seconds since 1970) is ignored.
    pub reset: Option<Duration>,
    /// The length of the window, if the server reports it.
    pub window: Option<Duration>,
}

const STANDARD: [&str; 3] = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];
const LEGACY: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// The longest reset in seconds, which is 366 days. A larger number is ignored, because it is a
/// timestamp (seconds since 1970).
const LONGEST_RESET: u64 = 366 * 24 * 60 * 60;

impl RateLimit {
    /// Reads the headers, and returns `None` if they contain no rate limit.
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> Option<Self> {
        // Most responses have no such header, and one search is faster than all the look-ups.
        if !headers.keys().any(|name| name.as_str().contains("ratelimit")) {
            return None;
        }
        Self::draft(headers)
            .or_else(|| Self::separate(headers, &STANDARD))
            .or_else(|| Self::separate(headers, &LEGACY))
    }

    /// Reads headers such as `RateLimit: "default";r=50;t=30` and
    /// `RateLimit-Policy: "default";q=100;w=60`.
    fn draft(headers: &HeaderMap) -> Option<Self> {
        let state = members(headers, "ratelimit");
        let (name, parameters) = state
            .iter()
            .filter(|(_, parameters)| number(parameters, "r").is_some())
            .min_by_key(|(_, parameters)| number(parameters, "r"))?;
        let policies = members(headers, "ratelimit-policy");
        let policy = policies.iter().find(|(policy, _)| policy == name);
        let of_policy = |key| policy.and_then(|(_, parameters)| number(parameters, key));
        Some(Self {
            limit: of_policy("q"),
            remaining: number(parameters, "r"),
            reset: number(parameters, "t").map(Duration::from_secs),
            window: of_policy("w").map(Duration::from_secs),
        })
    }

    fn separate(headers: &HeaderMap, names: &[&str; 3]) -> Option<Self> {
        let [limit, remaining, reset] = names.map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            // In `100, 100;w=60`, the first number is the limit in force.
            let first = value.split([',', ';']).next()?.trim();
            first.parse::<u64>().ok()
        });
        let found = Self {
            limit,
            remaining,
            reset: reset.filter(|seconds| *seconds <= LONGEST_RESET).map(Duration::from_secs),
            window: None,
        };
        (found != Self::default()).then_some(found)
    }
}

type Parameters = Vec<(String, String)>;

/// Returns the name and the parameters of each member of a structured-field list. It supports only
/// the syntax that these headers use.
fn members(headers: &HeaderMap, name: &str) -> Vec<(String, Parameters)> {
    let lines = headers.get_all(name).iter();
    lines
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|member| {
            let mut pieces = member.split(';').map(str::trim);
            let name = pieces.next().unwrap_or_default().trim_matches('"');
            let parameters = pieces
                .filter_map(|piece| piece.split_once('='))
                .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
                .collect();
            (name.to_owned(), parameters)
        })
        .collect()
}

fn number(parameters: &Parameters, key: &str) -> Option<u64> {
    let (_, value) = parameters.iter().find(|(name, _)| name == key)?;
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&'static str, &'static str)]) -> Option<RateLimit> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        RateLimit::parse(&headers.collect())
    }

    #[test]
    fn the_headers_of_the_draft_are_read_and_the_tightest_limit_is_returned() {
        let limit = read(&[
            ("ratelimit-policy", r#""burst";q=100;w=60,"day";q=1000;w=86400"#),
            ("ratelimit", r#""burst";r=50;t=30, "day";r=3;t=7200"#),
        ])
        .unwrap();
        assert_eq!((limit.limit, limit.remaining), (Some(1000), Some(3)));
        assert_eq!(limit.reset, Some(Duration::from_secs(7200)));
        assert_eq!(limit.window, Some(Duration::from_secs(86400)));
    }

    #[test]
    fn the_older_headers_are_read() {
        for prefix in ["", "x-"] {
            let name = |rest: &str| -> &'static str {
                Box::leak(format!("{prefix}ratelimit-{rest}").into_boxed_str())
            };
            let limit = read(&[
                (name("limit"), "100, 100;w=60"),
                (name("remaining"), "7"),
                (name("reset"), "12"),
            ])
            .unwrap();
            assert_eq!((limit.limit, limit.remaining), (Some(100), Some(7)));
            assert_eq!(limit.reset, Some(Duration::from_secs(12)));
        }
    }

    #[test]
    fn a_timestamp_is_not_read_as_a_duration_and_invalid_headers_are_ignored() {
        let limit = read(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "1800000000")]);
        assert_eq!(limit.unwrap().reset, None);
        assert_eq!(read(&[("ratelimit", ";;,=,\"x"), ("x-ratelimit-limit", "many")]), None);
        assert_eq!(read(&[]), None);
    }
}
