//! Classifies HTTP responses, and the trailers of gRPC calls.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, StatusCode};
use resilient::Classification;

use crate::grpc_codes::{Pushback, of_status};
use crate::retry_after;

/// The code `Unknown` of gRPC.
const UNKNOWN: i32 = 2;

/// Classifies a response by its status and by the wait that its headers ask for: see
/// [`retry_after`]. Returns `None` if the server is healthy and the status is not worth a retry.
///
/// | status | breaker | retry |
/// |---|---|---|
/// | 408, 500, 502, 503, 504 | failure | yes |
/// | 429 | ignored | yes |
/// | other status from 500 to 599 | failure | no |
/// | any other status | success: the server responded | no |
///
/// The response does not know the method. A retry may repeat a `POST` that took effect, so retry
/// only requests that may be sent twice.
///
/// ```
/// use http::{HeaderMap, HeaderValue, StatusCode};
/// use std::time::Duration;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", HeaderValue::from_static("7"));
/// let class = resilient_classify::http(StatusCode::SERVICE_UNAVAILABLE, &headers).unwrap();
/// assert!(class.retry);
/// assert_eq!(class.retry_after, Some(Duration::from_secs(7)));
/// assert!(resilient_classify::http(StatusCode::NOT_FOUND, &headers).is_none());
/// ```
#[must_use]
pub fn http(status: StatusCode, headers: &HeaderMap) -> Option<Classification> {
    let class = http_status(status)?;
    Some(match retry_after(headers, SystemTime::now()) {
        Some(hint) => class.after(hint),
        None => class,
    })
}

/// Classifies a status as [`http()`] does, without a hint.
#[must_use]
pub fn http_status(status: StatusCode) -> Option<Classification> {
    let class = match status {
        StatusCode::TOO_MANY_REQUESTS => Classification::throttled(),
        StatusCode::REQUEST_TIMEOUT
        | StatusCode::INTERNAL_SERVER_ERROR
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Classification::transient(),
        status if status.is_server_error() => Classification::permanent(),
        _ => return None,
    };
    Some(class.with_text(format_args!("status {}", status.as_u16())))
}

/// Classifies the trailers of a gRPC call, or the headers of a response that has only headers, by
/// `grpc-status` and the hints. Returns `None` if the server is healthy and the
/// status is not worth a retry.
///
/// | `grpc-status` | breaker | retry |
/// |---|---|---|
/// | 4 (deadline exceeded), 14 (unavailable) | failure | yes |
/// | 2 (unknown), 13 (internal), 15 (data loss), missing, no number | failure | no |
/// | 8 (resource exhausted) | ignored | yes |
/// | 10 (aborted) | success: the server works and saw a conflict | yes |
/// | 1 (cancelled) | ignored: a caller wanted it | no |
/// | 1, with the message `Timeout expired`: a time limit of tonic | failure | yes |
/// | any other | success: the server responded | no |
///
/// The hint is `grpc-retry-pushback-ms`. If it is negative or no number, the server wants no retry.
/// With the feature `tonic`, a longer `google.rpc.RetryInfo` in `grpc-status-details-bin` is the
/// hint.
///
/// ```
/// use http::HeaderMap;
///
/// let mut trailers = HeaderMap::new();
/// trailers.insert("grpc-status", "14".parse()?);
/// assert!(resilient_classify::grpc(&trailers).unwrap().retry);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[must_use]
pub fn grpc(trailers: &HeaderMap) -> Option<Classification> {
    let status = trailers.get("grpc-status").and_then(|value| value.to_str().ok());
    let code = status.and_then(|text| text.parse().ok());
    let mut class = of_status(code.unwrap_or(UNKNOWN), &message(trailers));
    if class == Classification::answered() {
        return None;
    }
    #[cfg(feature = "tonic")]
    {
        class.retry_after = crate::tonic_errors::retry_info_in(trailers);
    }
    let pushback = Pushback::of(trailers.get("grpc-retry-pushback-ms").map(HeaderValue::as_bytes));
    class = pushback.apply(class);
    Some(match code {
        Some(code) => class.with_text(format_args!("grpc-status {code}")),
        None => class.with_text("no grpc-status"),
    })
}

/// Returns the message of a status. gRPC encodes characters as a URL does; of those, only the space
/// matters here.
fn message(trailers: &HeaderMap) -> String {
    let value = trailers.get("grpc-message").and_then(|value| value.to_str().ok());
    value.unwrap_or_default().replace("%20", " ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderName;
    use resilient::Outcome;

    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let fields = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        fields.collect()
    }

    fn meaning(class: Option<Classification>) -> Option<(Outcome, bool)> {
        class.map(|class| (class.health, class.retry))
    }

    #[test]
    fn each_status_has_the_class_of_the_table() {
        for status in 100..=999 {
            let expected = match status {
                408 | 500 | 502 | 503 | 504 => Some((Outcome::Failure, true)),
                429 => Some((Outcome::Ignored, true)),
                500..=599 => Some((Outcome::Failure, false)),
                _ => None,
            };
            let code = StatusCode::from_u16(status).unwrap();
            assert_eq!(meaning(http_status(code)), expected, "{status}");
        }
        let class = http_status(StatusCode::BAD_GATEWAY).unwrap();
        assert_eq!(class.text().unwrap().as_str(), "status 502");
    }

    #[test]
    fn a_success_has_no_hint_and_an_error_has_one() {
        let class = |status| {
            let status = StatusCode::from_u16(status).unwrap();
            http(status, &map(&[("retry-after", "2")]))
        };
        assert_eq!(class(200), None);
        assert_eq!(class(404), None);
        let hint = Some(Duration::from_secs(2));
        assert_eq!(class(429).unwrap().retry_after, hint);
        assert_eq!(class(503).unwrap().retry_after, hint);
    }

    #[test]
    fn each_grpc_status_has_the_class_of_the_table() {
        for (status, expected) in [
            ("0", None),
            ("1", Some((Outcome::Ignored, false))),
            ("2", Some((Outcome::Failure, false))),
            ("3", None),
            ("4", Some((Outcome::Failure, true))),
            ("5", None),
            ("6", None),
            ("7", None),
            ("8", Some((Outcome::Ignored, true))),
            ("9", None),
            ("10", Some((Outcome::Success, true))),
            ("11", None),
            ("12", None),
            ("13", Some((Outcome::Failure, false))),
            ("14", Some((Outcome::Failure, true))),
            ("15", Some((Outcome::Failure, false))),
            ("16", None),
            ("17", Some((Outcome::Failure, false))),
            ("-1", Some((Outcome::Failure, false))),
            ("soon", Some((Outcome::Failure, false))),
            ("99999999999", Some((Outcome::Failure, false))),
        ] {
            let class = grpc(&map(&[("grpc-status", status)]));
            assert_eq!(meaning(class), expected, "{status}");
        }
        let missing = grpc(&HeaderMap::new()).unwrap();
        assert_eq!(missing.text().unwrap().as_str(), "no grpc-status");
    }

    #[test]
    fn a_pushback_is_a_hint_or_forbids_the_retry() {
        let class = |pushback| {
            grpc(&map(&[("grpc-status", "14"), ("grpc-retry-pushback-ms", pushback)])).unwrap()
        };
        assert_eq!(class("40").retry_after, Some(Duration::from_millis(40)));
        assert!(class("0").retry);
        for none in ["-1", "", "soon", "1.5", "99999999999999999999"] {
            assert_eq!((class(none).retry, class(none).retry_after), (false, None), "{none:?}");
        }
        let healthy = [("grpc-status", "5"), ("grpc-retry-pushback-ms", "40")];
        assert_eq!(grpc(&map(&healthy)), None);
    }
}
