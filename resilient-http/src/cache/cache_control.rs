//! The header `cache-control` of a request or a response (RFC 9111), as far as a cache needs it
//! that asks the server again instead of revalidating a response.

use std::time::Duration;

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// The directives that restrict the use of the cache.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CacheControl {
    /// `no-store`, or `private`, which forbids a cache with several users to store the response.
    pub(super) no_store: bool,
    pub(super) no_cache: bool,
    /// A stale response must not be used.
    pub(super) must_revalidate: bool,
    /// The shortest of the times that the directives give.
    pub(super) max_age: Option<Duration>,
}

impl CacheControl {
    /// Reads the directives. A time that cannot be read counts as zero. Unknown directives, and the
    /// field names of `private="…"` and `no-cache="…"`, are ignored, as RFC 9111 allows.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        for value in headers.get_all(CACHE_CONTROL) {
            for (name, argument) in directives(&String::from_utf8_lossy(value.as_bytes())) {
                control.add(&name.to_ascii_lowercase(), argument);
            }
        }
        control
    }

    fn add(&mut self, name: &str, argument: &str) {
        match name {
            "no-store" | "private" => self.no_store = true,
            "no-cache" => self.no_cache = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" | "s-maxage" => {
                let time = seconds(argument).unwrap_or_default();
                self.max_age = Some(self.max_age.map_or(time, |other| other.min(time)));
                // RFC 9111 gives `s-maxage` this meaning, too.
                self.must_revalidate |= name == "s-maxage";
            }
            _ => {}
        }
    }

    /// Returns whether a request that says this accepts a response of this age without asking the
    /// server.
    pub(super) fn accepts(&self, age: Duration) -> bool {
        !self.no_cache && self.max_age.is_none_or(|most| age <= most && !most.is_zero())
    }
}

/// Reads a number of seconds. Digits that are too many for a number are a long time.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

/// Splits a header value into names and arguments. A comma in quotes does not separate directives.
fn directives(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(move |character| {
        let was_escaped = std::mem::replace(&mut is_escaped, is_quoted && character == '\\');
        is_quoted ^= character == '"' && !was_escaped;
        character == ',' && !is_quoted && !was_escaped
    });
    parts.map(|part| {
        let (name, argument) = part.split_once('=').unwrap_or((part, ""));
        (name.trim(), argument.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn control(values: &[&'static str]) -> CacheControl {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        CacheControl::of(&headers)
    }

    #[test]
    fn directives_are_found_in_every_form_and_in_every_line_of_the_header() {
        let both = CacheControl { no_cache: true, no_store: true, ..CacheControl::default() };
        for values in [
            &["no-cache, private"][..],
            &["No-Cache", ",, PRIVATE ,"],
            &["private=\"a, max-age=1, b\", no-cache=\"set-cookie\""],
            &["private=\"a\\\", max-age=1\",no-cache"],
            &["x=\"max-age=1, y\", private, extension=1, no-cache"],
        ] {
            assert_eq!(control(values), both, "{values:?}");
        }
        assert_eq!(control(&["public, immutable, no-stores, xno-store"]), CacheControl::default());
        assert!(control(&["foo=\"a\", no-store"]).no_store);
    }

    #[test]
    fn the_shortest_time_counts_and_a_time_that_cannot_be_read_is_zero() {
        for (text, expected) in [
            ("max-age=60", Some(60)),
            ("max-age=\"60\"", Some(60)),
            ("max-age = 60", Some(60)),
            ("s-maxage=600, max-age=60", Some(60)),
            ("max-age=60, s-maxage=0", Some(0)),
            ("max-age=60, max-age=30", Some(30)),
            ("max-age", Some(0)),
            ("max-age=-1", Some(0)),
            ("max-age=1.5", Some(0)),
            ("max-age=+5", Some(0)),
            ("max-age=99999999999999999999", Some(u64::from(u32::MAX))),
            ("public", None),
        ] {
            assert_eq!(control(&[text]).max_age, expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn a_request_accepts_a_response_up_to_its_age() {
        let accepts = |text, age| control(&[text]).accepts(Duration::from_secs(age));
        assert!(accepts("max-age=60", 60) && !accepts("max-age=60", 61));
        assert!(!accepts("max-age=0", 0) && !accepts("no-cache", 0));
        assert!(accepts("no-transform", 1_000_000));
    }
}
