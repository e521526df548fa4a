//! The server and the caller can restrict the use of the cache, as in RFC 9111.

use std::time::{Duration, SystemTime};

use resilient_http::{Bytes, CacheConfig, CallOptions, EndpointConfigs, ErrorKind, Reply, Served};
use serde_json::{Value, json};

use crate::declared::{Any, declared, opens_after, over, says};

const MINUTE: Duration = Duration::from_secs(60);

fn with_headers(
    n: usize,
    status: u16,
    headers: &[(&'static str, String)],
) -> http::Response<Bytes> {
    let mut response = says(status, n.to_string());
    for (name, value) in headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

/// Makes an endpoint whose responses have these headers, and the number of the request as a body.
fn responding(config: CacheConfig, headers: &[(&'static str, &str)]) -> Any {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    over(&declared("http://localhost").cache(config), move |n, _| with_headers(n, 200, &headers))
}

/// Returns whether a second call gets the response of the first call.
async fn is_cached(any: &Any) -> bool {
    assert_eq!(any.call(&json!({})).await.unwrap(), 0);
    any.call(&json!({})).await.unwrap() == 0
}

#[tokio::test(start_paused = true)]
async fn what_the_server_forbids_to_store_or_to_use_again_is_not_cached() {
    for headers in [
        &[("cache-control", "no-store")][..],
        &[("cache-control", "no-cache")],
        &[("cache-control", "max-age=0")],
        &[("cache-control", "s-maxage=0, max-age=60")],
        &[("cache-control", "private")],
        &[("cache-control", "public"), ("cache-control", "private=\"x\"")],
        &[("cache-control", "max-age=60"), ("age", "60")],
        &[("cache-control", "max-age=tomorrow")],
        &[("expires", "0")],
        &[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")],
        &[("vary", "*")],
        &[("vary", "accept"), ("vary", "origin, * ")],
    ] {
        let any = responding(CacheConfig::new().stale_if_open(MINUTE), headers);
        assert!(!is_cached(&any).await, "{headers:?}");
        // It is not kept for an outage either.
        any.circuit_breaker().trip().unwrap();
        let error = any.call(&json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CircuitOpen, "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_does_not_forbid_is_cached() {
    for headers in [
        &[][..],
        &[("cache-control", "max-age=60")],
        &[("cache-control", "public, immutable")],
        &[("cache-control", "max-age=60"), ("age", "59")],
        // `max-age` wins over `expires`.
        &[("cache-control", "max-age=60"), ("expires", "0")],
        &[("vary", "accept, authorization")],
        &[("age", "a")],
        &[("set-cookie", "a=b")],
        &[("pragma", "x")],
    ] {
        assert!(is_cached(&responding(CacheConfig::new(), headers)).await, "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_complete_successes_with_a_cacheable_status_are_cached() {
    for status in 200..=299 {
        let config = declared("http://localhost").cache(CacheConfig::new());
        let any = over(&config, move |n, _| with_headers(n, status, &[]));
        assert_eq!(is_cached(&any).await, [200, 203, 204].contains(&status), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_can_shorten_the_time_and_not_lengthen_it() {
    let expires = |seconds: u64| {
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds))
    };
    let (date, later) = (expires(0), expires(10));
    for (headers, fresh_for) in [
        (&[("cache-control", "max-age=10")][..], 10),
        (&[("cache-control", "max-age=100")], 60),
        (&[("cache-control", "max-age=100"), ("age", "70")], 30),
        (&[("cache-control", "max-age=50, s-maxage=20")], 20),
        (&[("date", date.as_str()), ("expires", later.as_str())], 10),
        (&[("date", &date), ("expires", &later), ("age", "4")], 6),
    ] {
        let any = responding(CacheConfig::new().ttl(MINUTE), headers);
        assert!(is_cached(&any).await, "{headers:?}");
        tokio::time::advance(Duration::from_millis(fresh_for * 1000 - 1)).await;
        assert_eq!(any.call(&json!({})).await.unwrap(), 0, "{headers:?}");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(any.call(&json!({})).await.unwrap(), 1, "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_response_counts_from_its_server() {
    let any = responding(CacheConfig::new(), &[("age", "100")]).typed::<Value, Reply<Value>>();
    any.call(&json!({})).await.unwrap();
    tokio::time::advance(Duration::from_secs(7)).await;
    let reply = any.call(&json!({})).await.unwrap();
    assert_eq!(reply.response.served(), Served::Cached { age: Duration::from_secs(107) });
}

#[tokio::test(start_paused = true)]
async fn a_response_that_must_be_revalidated_is_not_used_in_an_outage() {
    for (control, is_served) in [
        ("max-age=10", true),
        ("max-age=10, must-revalidate", false),
        ("max-age=10, proxy-revalidate", false),
        ("s-maxage=10", false),
    ] {
        let config = declared("http://localhost")
            .circuit_breaker(&opens_after(1))
            .cache(CacheConfig::new().ttl(MINUTE).stale_if_open(MINUTE));
        let any = over(&config, move |n, _| {
            with_headers(n, 200, &[("cache-control", control.to_owned())])
        });
        assert!(is_cached(&any).await, "{control}");
        any.circuit_breaker().trip().unwrap();
        tokio::time::advance(Duration::from_secs(69)).await;
        let stale = any.call(&json!({})).await;
        assert_eq!(stale.is_ok(), is_served, "{control}");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(any.call(&json!({})).await.is_err(), "the time is that of the server: {control}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_restrict_the_cache_by_its_own_header() {
    let any = responding(CacheConfig::new().stale_if_open(10 * MINUTE), &[]);
    let asking = |control: &str| CallOptions::new().header("cache-control", control);
    let call = async |control: &str| any.call_with(&json!({}), &asking(control)).await;
    assert!(is_cached(&any).await);
    // The response of a call with `no-store` is not stored.
    assert_eq!(call("no-store").await.unwrap(), 1);
    assert_eq!(any.call(&json!({})).await.unwrap(), 0);
    // The response of a call that wants a new one is stored for all.
    assert_eq!(call("no-cache").await.unwrap(), 2);
    assert_eq!(any.call(&json!({})).await.unwrap(), 2);
    assert_eq!(call("max-age=0").await.unwrap(), 3);
    assert_eq!(any.call(&json!({})).await.unwrap(), 3);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(call("max-age=30").await.unwrap(), 3);
    assert_eq!(call("max-age=29").await.unwrap(), 4);
    // In an outage, the caller's limit applies, too.
    any.circuit_breaker().force_open();
    tokio::time::advance(6 * MINUTE).await;
    assert_eq!(call("max-age=300").await.unwrap_err().kind(), ErrorKind::CircuitOpen);
    assert_eq!(call("max-age=400").await.unwrap(), 4);
}

#[test]
fn a_cache_that_could_store_nothing_is_refused_when_it_is_declared() {
    for config in [
        CacheConfig::new().ttl(Duration::ZERO),
        CacheConfig::new().max_bytes(0),
        CacheConfig::new().ttl(Duration::MAX),
        CacheConfig::new().stale_if_open(Duration::MAX),
    ] {
        let error = declared("http://localhost").cache(config).build().unwrap_err();
        assert!(error.to_string().starts_with("`cache` "), "{error}");
    }
    assert!(EndpointConfigs::from_toml(&document("ttl = \"0s\", stale_if_open = \"1h\"")).is_ok());
    for cache in [
        "ttl = \"0s\"",
        "max_bytes = 0",
        "ttl = \"0s\", stale_if_open = \"0s\"",
        "ttl = \"none\"",
        "stale_if_open = \"none\"",
        "ttl = \"2y\"",
        "max_bytes = -1",
    ] {
        let error = EndpointConfigs::from_toml(&document(cache)).unwrap_err();
        assert_eq!(error.line(), Some(6), "{cache}: {error}");
    }
}

fn document(cache: &str) -> String {
    let lines = ["[endpoint.rates]", "provider = \"bank\"", "path = \"rates\"", "auth = \"none\""];
    format!("{}\nbase_url = \"http://localhost\"\ncache = {{ {cache} }}\n", lines.join("\n"))
}
