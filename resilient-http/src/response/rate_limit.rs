//! The rate limits that servers report.

use std::time::Duration;

/// The longest wait for a limit that refills. A limit per minute has refilled by a sixth by then.
const LONGEST_REFILL: Duration = Duration::from_secs(10);

/// A rate limit of the server, from the headers of a response.
///
/// The limits are read from the headers `RateLimit` and `RateLimit-Policy`, which an IETF draft
/// defines. Without these, they are read from the headers with one field each: `ratelimit-*`, else
/// `x-ratelimit-*`, else those of a provider, such as `anthropic-ratelimit-*`. The word after or
/// before the field is the name of the limit: `x-ratelimit-remaining-tokens`,
/// `anthropic-ratelimit-tokens-remaining`.
///
/// ```
/// use resilient_http::{HeaderMap, HeaderValue, RateLimit};
/// use std::time::Duration;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-ratelimit-remaining-requests", HeaderValue::from_static("59"));
/// headers.insert("x-ratelimit-limit-tokens", HeaderValue::from_static("150000"));
/// headers.insert("x-ratelimit-remaining-tokens", HeaderValue::from_static("0"));
/// headers.insert("x-ratelimit-reset-tokens", HeaderValue::from_static("6m0s"));
///
/// let tightest = RateLimit::parse(&headers).unwrap();
/// assert_eq!(tightest.name.as_deref(), Some("tokens"));
/// assert_eq!(tightest.remaining, Some(0));
/// assert_eq!(tightest.reset, Some(Duration::from_secs(360)));
/// assert_eq!(RateLimit::parse_all(&headers).len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RateLimit {
    /// What is limited: `requests`, `tokens`, or the name of the server's policy. `None` if the
    /// server reports one limit without a name. The name has at most 64 bytes.
    pub name: Option<String>,
    /// The number of requests, or of other units, in one window.
    pub limit: Option<u64>,
    /// The number of requests or units that remain in the current window.
    pub remaining: Option<u64>,
    /// The time until the limit resets, counted from the arrival of the response. A timestamp is
    /// compared with the server's own clock in the header `date`, or with the local clock if there
    /// is no such header. A time in the past means zero.
    ///
    /// A limit with one header for each field and a name, such as the `requests` and `tokens` of
    /// `OpenAI` and Anthropic, refills all the time, and `reset` is the time until it is full.
    pub reset: Option<Duration>,
    /// The length of the window, if the server reports it.
    pub window: Option<Duration>,
    /// Whether the limit refills all the time, so that a part of it is available before `reset`.
    pub(crate) refills: bool,
}

impl RateLimit {
    /// Returns the limit of which the smallest share remains. A limit of unknown size is tight only
    /// if nothing remains of it.
    pub(crate) fn tightest(limits: Vec<Self>) -> Option<Self> {
        limits.into_iter().min_by(|a, b| {
            let shares = a.remaining_share().total_cmp(&b.remaining_share());
            let remaining = |it: &Self| it.remaining.unwrap_or(u64::MAX);
            shares.then_with(|| remaining(a).cmp(&remaining(b)))
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "shares are only compared")]
    fn remaining_share(&self) -> f64 {
        match (self.remaining, self.limit) {
            (Some(0), _) => 0.0,
            (Some(remaining), Some(limit)) if limit > 0 => remaining as f64 / limit as f64,
            _ => 1.0,
        }
    }

    /// Returns the time until a request may succeed, as far as the exhausted limits say, or `None`
    /// if no exhausted limit has a known reset.
    pub(crate) fn exhausted_until(limits: &[Self]) -> Option<Duration> {
        let exhausted = limits.iter().filter(|limit| limit.remaining == Some(0));
        let wait = |limit: &Self| {
            let reset = limit.reset?;
            // A wait until the limit is full would stop a client that may go on at once, by a day
            // if the limit is one per day.
            Some(if limit.refills { reset.min(LONGEST_REFILL) } else { reset })
        };
        exhausted.filter_map(wait).max()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        headers.collect()
    }

    fn read(list: &[(&'static str, &'static str)]) -> Option<RateLimit> {
        RateLimit::parse(&headers(list))
    }

    /// Returns the time of a field.
    fn secs(seconds: u64) -> Option<Duration> {
        Duration::from_secs(seconds).into()
    }

    #[test]
    fn the_headers_of_the_draft_are_read_and_the_tightest_limit_is_returned() {
        let limit = read(&[
            ("ratelimit-policy", r#""burst";q=100;w=60,"day";q=1000;w=86400"#),
            ("ratelimit", r#""burst";r=50;t=30, "day";r=3;t=7200"#),
            ("x-ratelimit-remaining", "0"),
        ])
        .unwrap();
        assert_eq!((limit.limit, limit.remaining), (Some(1000), Some(3)));
        assert_eq!((limit.reset, limit.window), (secs(7200), secs(86400)));
        assert_eq!(limit.name.as_deref(), Some("day"));
    }

    #[test]
    fn the_older_headers_are_read() {
        for names in [
            ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
            ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
            ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset-after"],
            ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"],
        ] {
            let limit = read(&[(names[0], "100, 100;w=60"), (names[1], "7.0"), (names[2], "12")]);
            let limit = limit.unwrap();
            assert_eq!((limit.limit, limit.remaining), (Some(100), Some(7)), "{names:?}");
            assert_eq!((limit.reset, limit.name), (secs(12), None), "{names:?}");
        }
    }

    #[test]
    fn the_limits_of_requests_and_tokens_are_read() {
        let openai = headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "149"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("x-ratelimit-used", "1"),
        ]);
        let all = RateLimit::parse_all(&openai);
        let names: Vec<_> = all.iter().map(|limit| limit.name.as_deref()).collect();
        assert_eq!(names, [Some("requests"), Some("tokens")]);
        assert_eq!((all[0].limit, all[0].remaining, all[0].reset), (Some(60), Some(59), secs(1)));
        assert_eq!(RateLimit::parse(&openai).unwrap(), all[1]);
        assert_eq!((all[1].remaining, all[1].reset), (Some(149), secs(360)));
    }

    #[test]
    fn the_limits_of_anthropic_are_read_against_the_clock_of_the_server() {
        let anthropic = headers(&[
            ("date", "Fri, 15 Jan 2027 08:00:00 GMT"),
            ("anthropic-ratelimit-requests-limit", "1000"),
            ("anthropic-ratelimit-requests-remaining", "999"),
            ("anthropic-ratelimit-requests-reset", "2027-01-15T08:00:06Z"),
            ("anthropic-ratelimit-input-tokens-limit", "80000"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2027-01-15T08:00:30Z"),
        ]);
        let all = RateLimit::parse_all(&anthropic);
        let names: Vec<_> = all.iter().map(|limit| limit.name.as_deref()).collect();
        assert_eq!(names, [Some("input-tokens"), Some("requests")]);
        assert_eq!(RateLimit::parse(&anthropic).unwrap(), all[0]);
        assert_eq!((all[0].limit, all[0].reset), (Some(80000), secs(30)));
        assert_eq!((all[1].remaining, all[1].reset), (Some(999), secs(6)));
    }

    #[test]
    fn the_wait_for_a_limit_that_refills_is_at_most_ten_seconds() {
        let until = |reset| {
            RateLimit::exhausted_until(&RateLimit::parse_all(&headers(&[
                ("x-ratelimit-limit-requests", "500"),
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", reset),
            ])))
        };
        assert_eq!(until("2s"), secs(2));
        assert_eq!(until("59.88s"), secs(10));
        assert_eq!(until("24h0m0s"), secs(10));
        let window = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "59")];
        let window = RateLimit::parse_all(&headers(&window));
        assert_eq!(RateLimit::exhausted_until(&window), secs(59));
    }

    #[test]
    fn a_timestamp_is_compared_with_the_clock_of_the_server() {
        let limit = read(&[
            ("date", "Fri, 15 Jan 2027 08:00:00 GMT"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1800000040"),
        ]);
        assert_eq!(limit.unwrap().reset, secs(40));
    }

    #[test]
    fn the_longest_reset_of_the_exhausted_limits_counts() {
        let limits = RateLimit::parse_all(&headers(&[(
            "ratelimit",
            r#""a";r=0;t=5, "b";r=0;t=9, "c";r=1;t=60, "d";r=0"#,
        )]));
        assert_eq!(limits.len(), 4);
        assert_eq!(RateLimit::exhausted_until(&limits), secs(9));
        assert_eq!(RateLimit::exhausted_until(&[]), None);
    }

    #[test]
    fn invalid_headers_are_ignored_and_names_are_bounded() {
        assert_eq!(read(&[("ratelimit", ";;,=,\"x"), ("x-ratelimit-limit", "many")]), None);
        assert_eq!(read(&[("x-ratelimit-", "1"), ("ratelimit-limit-", "-1")]), None);
        assert_eq!(read(&[]), None);
        let long = format!("\"{}\";r=1", "x".repeat(500));
        let long = HeaderMap::from_iter([(
            HeaderName::from_static("ratelimit"),
            HeaderValue::from_str(&long).unwrap(),
        )]);
        assert_eq!(RateLimit::parse(&long).unwrap().name.unwrap().len(), 64);
        // The first valid value of several is used.
        let mut several = HeaderMap::new();
        for value in ["many", "3", "5"] {
            several.append("x-ratelimit-remaining", HeaderValue::from_static(value));
        }
        assert_eq!(RateLimit::parse(&several).unwrap().remaining, Some(3));
    }
}
