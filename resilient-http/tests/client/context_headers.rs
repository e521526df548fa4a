//! The headers that tell the server how long the caller waits, and which attempt this is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use resilient::deadline::{self, CallerContext};
use resilient::retries::Jitter;
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, ApiKey, Auth, BuildErrorKind, Bytes, MockTransport,
    RetryPolicy, TimeoutPhase,
};
use tokio::time::sleep;

use crate::support::api::{Api, Seen, answer, json, status};
use crate::support::settings::client;
use crate::support::within;

const TIME: &str = "x-envoy-expected-rq-timeout-ms";
const ATTEMPT: &str = "x-envoy-attempt-count";
const SECOND: Duration = Duration::from_secs(1);

/// Returns the milliseconds in the header for the time left.
fn time(seen: &Seen) -> u64 {
    seen.header(TIME).expect("the header").parse().unwrap()
}

fn with_headers(url: &str) -> ApiClientBuilder {
    client(url).deadline_header(TIME).attempt_header(ATTEMPT)
}

#[tokio::test]
async fn d09_by_default_no_header_is_sent() {
    let server = Api::statuses(&[503, 200]).await;
    let api = client(&server.url).build().unwrap();
    within("the call", api.get::<resilient_http::Response>("x")).await.unwrap();
    for seen in server.seen() {
        let names = [TIME, ATTEMPT, "grpc-timeout"];
        assert!(names.iter().all(|name| seen.header(name).is_none()), "{seen:?}");
    }
}

#[tokio::test]
async fn d09_each_attempt_sends_its_time_and_its_number_from_the_second_on() {
    let server = Api::statuses(&[503, 503, 200]).await;
    let api = with_headers(&server.url).build().unwrap();
    within("the call", api.get::<resilient_http::Response>("x")).await.unwrap();
    let seen = server.seen();
    // The limit of an attempt is 20 seconds, and starts again for each.
    assert!(seen.iter().all(|seen| (10_000..=19_995).contains(&time(seen))), "{seen:?}");
    let numbers: Vec<_> = seen.iter().map(|seen| seen.header(ATTEMPT)).collect();
    assert_eq!(numbers, [None, Some("2"), Some("3")]);
}

#[tokio::test]
async fn d09_a_redirected_request_has_both_headers() {
    let server = Api::serve(|n, seen| match seen.target.as_str() {
        "/x" if n == 0 => status(503),
        "/x" => answer(307, &[("location", "/y")], ""),
        _ => json("1"),
    })
    .await;
    let api = with_headers(&server.url).build().unwrap();
    assert_eq!(within("the call", api.get::<u32>("x")).await.unwrap(), 1);
    let seen = server.seen();
    assert_eq!(seen[2].target, "/y");
    assert_eq!(seen[2].header(ATTEMPT), Some("2"));
    // Both requests belong to one attempt, so the second has no more time than the first.
    assert!(time(&seen[2]) <= time(&seen[1]) && time(&seen[2]) > 10_000, "{seen:?}");
}

#[tokio::test]
async fn d09_the_headers_do_not_go_to_other_origins() {
    let (own, other) = (Api::statuses(&[200]).await, Api::statuses(&[503, 200]).await);
    let api = with_headers(&own.url).allow_origin(&other.url).build().unwrap();
    let url = format!("{}/x", other.url);
    within("the call", api.get::<resilient_http::Response>(&url)).await.unwrap();
    for seen in other.seen() {
        assert_eq!((seen.header(TIME), seen.header(ATTEMPT)), (None, None));
    }
    assert_eq!(other.count(), 2);
}

#[tokio::test]
async fn d09_a_call_without_time_limits_sends_only_an_ambient_deadline() {
    let server = Api::statuses(&[200]).await;
    let api = with_headers(&server.url).timeout(None).deadline(None).build().unwrap();
    let call = || api.get::<resilient_http::Response>("x");
    within("the call", call()).await.unwrap();
    let scope = deadline::scope(30 * SECOND, async { call().await });
    within("the call", scope).await.unwrap().unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].header(TIME), None);
    assert!((20_000..=29_995).contains(&time(&seen[1])), "{seen:?}");
}

#[tokio::test]
async fn d09_a_stream_sends_no_time() {
    let server = Api::statuses(&[503, 200]).await;
    let api = with_headers(&server.url).build().unwrap();
    let request = api.get::<()>("x").prepare().unwrap();
    drop(within("the call", api.stream(&request)).await.unwrap());
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.header(TIME).is_none()), "{seen:?}");
    assert_eq!(seen[1].header(ATTEMPT), Some("2"));
}

/// The time and the attempt number that a request carried.
type Sent = (Option<String>, Option<String>);

/// A transport on the paused clock that responds with these statuses and records the headers.
fn recording(statuses: &'static [u16]) -> (ApiClientBuilder, Arc<Mutex<Vec<Sent>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let of_transport = Arc::clone(&seen);
    let text = |headers: &HeaderMap, name| {
        headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap().to_owned())
    };
    let respond = move |request: http::Request<Bytes>| {
        let mut seen = of_transport.lock().unwrap();
        let headers = request.headers();
        let time = text(headers, TIME).or_else(|| text(headers, "grpc-timeout"));
        let attempt = text(headers, ATTEMPT);
        seen.push((time, attempt.or_else(|| text(headers, "grpc-previous-rpc-attempts"))));
        let status = statuses[(seen.len() - 1).min(statuses.len() - 1)];
        let mut response = http::Response::new("1".into());
        *response.status_mut() = status.try_into().unwrap();
        Ok(response)
    };
    let policy = RetryPolicy::builder().jitter(Jitter::None).base_delay(2 * SECOND);
    let api = ApiClient::builder("http://localhost")
        .transport(MockTransport::new(respond))
        .retry(policy.build().unwrap())
        .deadline_header(TIME)
        .attempt_header(ATTEMPT);
    (api, seen)
}

fn both(time: &str, attempt: Option<&str>) -> Sent {
    (Some(time.to_owned()), attempt.map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn d09_the_least_of_attempt_call_and_ambient_deadline_is_sent_less_the_margin() {
    let (api, seen) = recording(&[503, 503, 200]);
    let api = api.timeout(4 * SECOND).deadline(9 * SECOND).build().unwrap();
    // The delays are 2 and 4 seconds: the third attempt has three seconds of its call left.
    assert_eq!(api.get::<u32>("x").await.unwrap(), 1);
    let expected = [both("3995", None), both("3995", Some("2")), both("2995", Some("3"))];
    assert_eq!(*seen.lock().unwrap(), expected);

    let (api, seen) = recording(&[200]);
    let api = api.deadline_margin(Duration::from_millis(100)).build().unwrap();
    let scope = deadline::scope(3 * SECOND, async {
        sleep(SECOND).await;
        api.get::<u32>("x").await
    });
    assert_eq!(scope.await.unwrap().unwrap(), 1);
    assert_eq!(*seen.lock().unwrap(), [both("1900", None)]);
}

#[tokio::test(start_paused = true)]
async fn d09_the_headers_of_grpc_have_the_format_of_grpc() {
    let (api, seen) = recording(&[503, 200]);
    let api = api.deadline_header("grpc-timeout").attempt_header("grpc-previous-rpc-attempts");
    let api = api.build().unwrap();
    api.get::<u32>("x").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [both("9995000u", None), both("9995000u", Some("1"))]);
}

#[tokio::test(start_paused = true)]
async fn d09_a_call_with_no_time_left_sends_nothing_and_ends_as_timed_out() {
    let (api, seen) = recording(&[503]);
    let api = api.build().unwrap();
    let scope = deadline::scope(Duration::from_millis(5), async { api.get::<u32>("x").await });
    let error = scope.await.unwrap().unwrap_err();
    let ApiError::Timeout { phase, after, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*phase, *after), (TimeoutPhase::Deadline, Duration::from_millis(5)));
    assert_eq!((error.attempts(), error.is_retryable()), (1, false));
    assert_eq!(seen.lock().unwrap().len(), 0);
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.ignored, totals.failure), (1, 0));
    let scope = deadline::scope(Duration::from_millis(6), async { api.get::<u32>("x").await });
    assert!(scope.await.unwrap().is_err());
    assert_eq!(*seen.lock().unwrap(), [both("1", None)]);
}

#[tokio::test(start_paused = true)]
async fn d09_the_number_of_a_loop_around_the_call_travels_on() {
    let (api, seen) = recording(&[200]);
    let api = api.build().unwrap();
    let caller = CallerContext::new().attempt(3);
    assert_eq!(caller.scope(async { api.get::<u32>("x").await }).await.unwrap().unwrap(), 1);
    assert_eq!(*seen.lock().unwrap(), [both("9995", Some("3"))]);
}

#[tokio::test(start_paused = true)]
async fn d09_retries_of_the_client_are_left_to_a_caller_that_retries() {
    let (api, seen) = recording(&[503]);
    let api = api.build().unwrap();
    let caller = CallerContext::new().attempt(2).collapse_retries(true);
    assert!(caller.scope(async { api.get::<u32>("x").await }).await.unwrap().is_err());
    assert_eq!(*seen.lock().unwrap(), [both("9995", Some("2"))]);
}

#[test]
fn d09_headers_and_margins_that_cannot_work_are_refused() {
    let api = || client("http://localhost");
    let key = || Auth::api_key("x-key", ApiKey::secret("secret"));
    for (builder, kind) in [
        (api().deadline_header("a b"), BuildErrorKind::Header),
        (api().attempt_header(""), BuildErrorKind::Header),
        (api().deadline_header("content-length"), BuildErrorKind::Header),
        (api().attempt_header("Host"), BuildErrorKind::Header),
        (api().deadline_header("idempotency-key"), BuildErrorKind::Header),
        (api().deadline_header("x-time").header("X-Time", "1"), BuildErrorKind::Header),
        (api().deadline_header("x-a").attempt_header("x-a"), BuildErrorKind::Header),
        (api().auth(key()).attempt_header("x-key"), BuildErrorKind::Header),
        (with_headers("http://localhost").deadline_margin(20 * SECOND), BuildErrorKind::Setting),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), kind);
    }
    // Without the header, the margin has no effect.
    assert!(api().deadline_margin(Duration::MAX).build().is_ok());
    assert!(with_headers("http://localhost").deadline_margin(Duration::ZERO).build().is_ok());
}
