//! Each endpoint caches its responses for the configured time, and uses them only under the
//! documented conditions.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use resilient_http::{
    ApiKey, AuthKind, Bytes, CacheConfig, Caching, CallOptions, Endpoint, ErrorKind, Reply,
    ResponseCache, Served,
};
use serde_json::{Value, json};

use crate::declared::{Any, declared, opens_after, over, says};
use crate::support::api::{Api, answer};
use crate::support::within;

const MINUTE: Duration = Duration::from_secs(60);

fn counting(cache: CacheConfig) -> Any {
    over(&declared("http://localhost").cache(cache), |n, _| says(200, n.to_string()))
}

#[tokio::test(start_paused = true)]
async fn a_response_is_cached_for_its_time_and_not_longer() {
    let any = counting(CacheConfig::new().ttl(MINUTE));
    assert_eq!(any.call(&json!({})).await.unwrap(), 0);
    tokio::time::advance(Duration::from_millis(59_999)).await;
    assert_eq!(any.call(&json!({})).await.unwrap(), 0);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(any.call(&json!({})).await.unwrap(), 1);
    let counts = any.cache().unwrap().counts();
    assert_eq!((counts.hits, counts.misses), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_response_tells_whether_it_was_cached() {
    let any = counting(CacheConfig::new()).typed::<Value, Reply<u32>>();
    let reply = any.call(&json!({})).await.unwrap();
    assert_eq!((reply.response.served(), reply.response.attempts()), (Served::Fresh, 1));
    tokio::time::advance(MINUTE).await;
    let reply = any.call(&json!({})).await.unwrap();
    assert_eq!(
        (reply.response.served(), reply.response.attempts()),
        (Served::Cached { age: MINUTE }, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn each_different_request_has_its_own_cached_response() {
    let config =
        declared("http://localhost").path("models/{m}").param("m", "a").cache(CacheConfig::new());
    let any = over(&config, |n, _| says(200, n.to_string()));
    let options: [fn() -> CallOptions; 7] = [
        CallOptions::new,
        || CallOptions::new().param("m", "b"),
        || CallOptions::new().field("x", 1),
        || CallOptions::new().header("x-tenant", "1"),
        || CallOptions::new().header("x-tenant", "2"),
        || CallOptions::new().header("authorization", "Bearer of-another"),
        || CallOptions::new().idempotency_key("order-7"),
    ];
    for _ in 0..2 {
        for (n, options) in options.iter().enumerate() {
            let said = any.call_with(&json!({}), &options()).await.unwrap();
            assert_eq!(said, n);
        }
    }
    // Time limits do not matter for the cache, so this call gets the cached response.
    let options = CallOptions::new().timeout(MINUTE);
    assert_eq!(any.call_with(&json!({}), &options).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_can_refresh_or_skip_the_cache() {
    let any = counting(CacheConfig::new());
    assert_eq!(any.call(&json!({})).await.unwrap(), 0);
    let skip = CallOptions::new().caching(Caching::Skip);
    assert_eq!(any.call_with(&json!({}), &skip).await.unwrap(), 1);
    assert_eq!(any.call(&json!({})).await.unwrap(), 0);
    let refresh = CallOptions::new().caching(Caching::Refresh);
    assert_eq!(any.call_with(&json!({}), &refresh).await.unwrap(), 2);
    assert_eq!(any.call(&json!({})).await.unwrap(), 2);
    any.cache().unwrap().clear();
    assert_eq!(any.call(&json!({})).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn failures_and_unreadable_responses_are_not_cached() {
    let config = declared("http://localhost").cache(CacheConfig::new());
    let any = over(&config, |n, _| match n {
        0 => says(404, ""),
        1 => says(200, "{"),
        n => says(200, n.to_string()),
    });
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(any.call(&json!({})).await.unwrap(), 2);
    assert_eq!(any.call(&json!({})).await.unwrap(), 2);
    // The cached response is a number, which cannot be read as this type.
    let error = any.typed::<Value, Vec<u8>>().call(&json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 0));
    assert_eq!(error.status().unwrap().as_u16(), 200);
}

#[tokio::test]
async fn a_response_with_no_store_is_not_cached() {
    let server = Api::serve(|n, _| {
        let control = [("cache-control", "private, No-Store")];
        let headers: &[(&str, &str)] = if n < 2 { &control } else { &[] };
        answer(200, headers, n.to_string())
    })
    .await;
    let config = declared(&server.url).cache(CacheConfig::new());
    let any = crate::declared::endpoint(&config);
    for expected in [0, 1, 2, 2] {
        let said = within("the call", any.call(&json!({}))).await.unwrap();
        assert_eq!(said, expected);
    }
}

/// Makes an endpoint whose server succeeds once and then always fails.
fn once_up(cache: CacheConfig) -> Any {
    let config = declared("http://localhost").circuit_breaker(&opens_after(2)).cache(cache);
    over(&config, |n, _| match n {
        0 => says(200, "\"old\""),
        _ => says(500, ""),
    })
}

#[tokio::test(start_paused = true)]
async fn with_stale_if_open_an_open_circuit_serves_the_stale_response() {
    let any = once_up(CacheConfig::new().ttl(MINUTE).stale_if_open(10 * MINUTE));
    any.call(&json!({})).await.unwrap();
    tokio::time::advance(2 * MINUTE).await;
    // The failures of the first call open the circuit. This call already gets the stale response.
    let replies = any.typed::<Value, Reply<String>>();
    for _ in 0..3 {
        let reply = replies.call(&json!({})).await.unwrap();
        assert_eq!(reply.value, "old");
        let Served::Stale { age } = reply.response.served() else { panic!("{reply:?}") };
        assert!(age >= 2 * MINUTE);
    }
    assert_eq!(any.circuit_breaker().state(), resilient::breaker::CircuitState::Open);
    assert_eq!(any.cache().unwrap().counts().stale, 3);
    // The cache has no response to a request that was never made.
    let error = any.call(&json!({"other": 1})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    // A call with `Caching::Refresh` does not accept a stale response.
    let refresh = CallOptions::new().caching(Caching::Refresh);
    let error = any.call_with(&json!({}), &refresh).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    // After `stale_if_open`, the endpoint no longer uses the stale response.
    tokio::time::advance(10 * MINUTE).await;
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn without_stale_if_open_no_stale_response_is_served() {
    let any = once_up(CacheConfig::new().ttl(MINUTE));
    any.call(&json!({})).await.unwrap();
    tokio::time::advance(MINUTE).await;
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_served_only_while_the_circuit_is_open() {
    let config = declared("http://localhost")
        .circuit_breaker(&opens_after(1000))
        .cache(CacheConfig::new().ttl(Duration::ZERO).stale_if_open(MINUTE));
    let any = over(&config, |n, _| match n {
        0 => says(200, "1"),
        n if n < 4 => says(500, ""),
        _ => says(404, ""),
    });
    any.call(&json!({})).await.unwrap();
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    // While the circuit is open, the call gets the stale response. While it is half-open, the call
    // is a probe and fails with the server's 404.
    any.circuit_breaker().trip().unwrap();
    assert_eq!(any.call(&json!({})).await.unwrap(), 1);
    any.circuit_breaker().half_open().unwrap();
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn endpoints_in_one_cache_share_its_space_and_no_responses() {
    let cache = ResponseCache::new(&CacheConfig::new()).unwrap();
    let of = |key: &str, says_what: &'static str| -> Any {
        let config =
            declared("http://localhost").auth(AuthKind::Bearer).api_key(ApiKey::secret(key));
        let transport = resilient_http::MockTransport::new(move |_| Ok(says(200, says_what)));
        Endpoint::builder(config.build().unwrap())
            .transport(transport)
            .cache(cache.clone())
            .build()
            .unwrap()
    };
    let (alpha, beta) = (of("k1", "\"alpha\""), of("k2", "\"beta\""));
    for _ in 0..2 {
        assert_eq!(alpha.call(&json!({})).await.unwrap(), "alpha");
        assert_eq!(beta.call(&json!({})).await.unwrap(), "beta");
    }
    // A clone of an endpoint uses the same cache.
    assert_eq!(alpha.clone().call(&json!({})).await.unwrap(), "alpha");
    assert_eq!((cache.counts().misses, cache.counts().hits), (2, 3));
    assert!(cache.bytes() > 0);
}

#[tokio::test(start_paused = true)]
async fn the_size_of_a_cache_is_bounded() {
    let cache = CacheConfig::new().max_bytes(100_000);
    let config = declared("http://localhost").cache(cache);
    let any = over(&config, |n, _| match n {
        0 => says(200, format!("\"{}\"", "x".repeat(200_000))),
        _ => says(200, format!("\"{}\"", "x".repeat(1000))),
    });
    for n in 0..1000 {
        any.call(&json!({ "n": n })).await.unwrap();
    }
    let bytes = any.cache().unwrap().bytes();
    assert!(bytes <= 100_000, "{bytes}");
    // The first response was larger than the whole cache, so it was not cached.
    any.call(&json!({"n": 0})).await.unwrap();
    assert_eq!(any.cache().unwrap().counts().hits, 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_endpoint_serves_no_cached_response() {
    let any = counting(CacheConfig::new());
    any.call(&json!({})).await.unwrap();
    any.close();
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_times_out_as_the_circuit_opens_gets_the_stale_response() {
    let transport = crate::gated::Gated::new(|_| says(200, "1"));
    let config = declared("http://localhost")
        .circuit_breaker(&opens_after(1))
        .timeout(Duration::from_secs(1))
        .cache(CacheConfig::new().ttl(Duration::ZERO).stale_if_open(MINUTE));
    let any: Any =
        Endpoint::builder(config.build().unwrap()).transport(transport.clone()).build().unwrap();
    transport.let_through(1);
    any.call(&json!({})).await.unwrap();
    // From now on, the server hangs. The timeout opens the circuit, and the call gets the stale
    // response.
    assert_eq!(any.call(&json!({})).await.unwrap(), 1);
    assert_eq!((transport.asked(), any.cache().unwrap().counts().stale), (2, 1));
    // The circuit is opened by hand during the call. When the deadline then passes, the call gets
    // the stale response.
    any.circuit_breaker().close();
    let options = CallOptions::new().timeout(None).deadline(Duration::from_secs(1));
    let (call, request) = (any.clone(), json!({}));
    let running = tokio::spawn(async move { call.call_with(&request, &options).await });
    crate::support::until("it is asked", || transport.asked() == 3).await;
    any.circuit_breaker().trip().unwrap();
    assert_eq!(running.await.unwrap().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_in_which_the_hook_finds_an_error_is_not_cached() {
    let config = declared("http://localhost").cache(CacheConfig::new());
    let transport = resilient_http::MockTransport::new({
        let sent = std::sync::atomic::AtomicUsize::new(0);
        move |_| {
            let is_first = sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            let body = if is_first { r#"{"error":"overloaded"}"# } else { "7" };
            Ok(http::Response::new(body.into()))
        }
    });
    let any = Any::builder(config.build().unwrap())
        .transport(transport)
        .fail_when(|response| {
            let body: Value = response.json().ok()?;
            body.get("error").map(|_| resilient_http::Classification::permanent())
        })
        .build()
        .unwrap();
    let error = any.call(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Judged);
    assert_eq!(error.message().as_deref(), Some("overloaded"));
    assert_eq!(any.client().circuit_breaker().snapshot().totals.failure, 1);
    assert_eq!(any.call(&json!({})).await.unwrap(), 7);
    assert_eq!(any.call(&json!({})).await.unwrap(), 7);
}

/// Memory that knows whether it is still in use.
struct Buffer(Vec<u8>, #[expect(dead_code, reason = "it counts the uses")] Arc<()>);

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn neither_a_cached_response_nor_an_error_keeps_the_read_buffer_of_the_connection() {
    for status in [200, 418] {
        let in_use = Arc::new(());
        let other = Arc::clone(&in_use);
        let config = declared("http://localhost").cache(CacheConfig::new());
        let any = over(&config, move |_, _| {
            let text = [b"7v".to_vec(), vec![0; 100_000]].concat();
            let buffer = Bytes::from_owner(Buffer(text, Arc::clone(&other)));
            let value = HeaderValue::from_maybe_shared(buffer.slice(1..2)).unwrap();
            let mut response = says(status, buffer.slice(..1));
            response.headers_mut().insert("x-value", value);
            response
        });
        let ended = any.call(&json!({})).await;
        let error = ended.as_ref().err().and_then(|error| error.headers());
        assert_eq!((ended.is_ok(), error.is_some()), (status == 200, status == 418));
        assert_eq!(Arc::strong_count(&in_use), 2, "the test and the transport have one each");
        if status == 200 {
            let cached = any.typed::<Value, Reply<u32>>().call(&json!({})).await.unwrap();
            assert_eq!(
                (cached.value, &cached.response.headers()["x-value"]),
                (7, &"v".parse().unwrap())
            );
            assert_eq!(any.cache().unwrap().counts().hits, 1);
        } else {
            assert_eq!(error.unwrap()["x-value"], "v");
        }
    }
}
