//! An HTTP/2 server that ends connections and refuses streams is healthy.

use std::collections::BTreeMap;
use std::fs;
use std::future::IntoFuture;

use resilient_http::{ApiClient, ApiClientBuilder, Response};
use resilient_test_servers::{Nginx, NginxConfig};

use crate::bare::errors_of;
use crate::health::assert_healthy;
use crate::support::{until, within};

/// Speaks HTTP/2 without TLS. Writes the header `x-order` of each request into a file.
fn orders(directives: &str) -> Option<Nginx> {
    let directives =
        format!("access_log orders order; {directives}\n        location / {{ return 200 'ok'; }}");
    let config =
        NginxConfig::new().http("log_format order '$http_x_order';").server("http2", &directives);
    Nginx::start(&config)
}

fn client(nginx: &Nginx) -> ApiClientBuilder {
    let url = format!("http://127.0.0.1:{}", nginx.port(0));
    ApiClient::builder(url).configure(reqwest::ClientBuilder::http2_prior_knowledge)
}

/// Returns how often each order arrived.
async fn arrived(nginx: &Nginx, least: usize) -> BTreeMap<String, usize> {
    let read = || fs::read_to_string(nginx.folder().join("orders")).unwrap();
    until("nginx wrote its log", || read().lines().count() >= least).await;
    let mut counts = BTreeMap::new();
    for order in read().lines() {
        *counts.entry(order.to_owned()).or_default() += 1;
    }
    counts
}

fn not_once(orders: &BTreeMap<String, usize>) -> Vec<(&String, &usize)> {
    orders.iter().filter(|(_, count)| **count != 1).collect()
}

#[tokio::test]
async fn calls_survive_connections_that_end_after_a_thousand_requests_as_with_bare_reqwest() {
    // 1000 is the default of nginx.
    let Some(nginx) = orders("keepalive_requests 1000;") else { return };
    let url = format!("http://127.0.0.1:{}/x", nginx.port(0));
    let bare = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let call = |_| {
        let request = bare.get(&url).send();
        async { request.await?.error_for_status() }
    };
    let errors = within("bare reqwest", errors_of(3000, 50, call)).await;
    assert!(errors.is_empty(), "bare reqwest: {errors:?}");

    let api = client(&nginx).build().unwrap();
    let call = |_| api.get::<Response>("x").into_future();
    let errors = within("the calls", errors_of(3000, 50, call)).await;
    assert!(errors.is_empty(), "{} errors: {:?}", errors.len(), errors[0]);
    assert_healthy(&api, 3000);
}

#[tokio::test]
async fn a_post_that_a_goaway_refuses_is_sent_again_and_arrives_exactly_once() {
    // Each connection ends while requests are in flight. If it took fewer requests than are in
    // flight, a request could be refused again and again.
    let Some(nginx) = orders("keepalive_requests 50;") else { return };
    let api = client(&nginx).build().unwrap();
    let call = |n: usize| {
        let request = api.post::<Response>("orders").header("x-order", n.to_string());
        request.json(&n).into_future()
    };
    let errors = within("the calls", errors_of(1000, 20, call)).await;
    assert!(errors.is_empty(), "{} errors: {:?}", errors.len(), errors[0]);
    let orders = arrived(&nginx, 1000).await;
    assert_eq!(orders.len(), 1000);
    assert!(not_once(&orders).is_empty(), "not once: {:?}", not_once(&orders));
    assert_healthy(&api, 1000);
}

/// hyper loses the request that waits for a free stream when the connection ends.
#[tokio::test]
async fn connections_that_end_while_calls_wait_for_a_free_stream_are_no_failures() {
    let limits = "keepalive_requests 40; http2_max_concurrent_streams 4;";
    let Some(nginx) = orders(limits) else { return };
    let api = client(&nginx).build().unwrap();
    let call = |_| api.get::<Response>("x").into_future();
    let errors = within("the calls", errors_of(1000, 50, call)).await;
    assert!(errors.is_empty(), "{} errors: {:?}", errors.len(), errors[0]);
    assert_healthy(&api, 1000);

    let call = |n: usize| {
        let request = api.post::<Response>("orders").header("x-order", n.to_string());
        request.json(&n).into_future()
    };
    let errors = within("the calls", errors_of(1000, 50, call)).await;
    let orders = arrived(&nginx, 2000 - errors.len()).await;
    let twice: Vec<_> = orders.iter().filter(|(order, n)| *order != "-" && **n > 1).collect();
    assert!(twice.is_empty(), "twice: {twice:?}");
    assert_eq!(api.circuit_breaker().snapshot().totals.failure, 0, "{errors:?}");
}

#[tokio::test]
async fn a_post_that_is_refused_as_one_stream_too_many_is_sent_again_and_arrives_exactly_once() {
    let Some(nginx) = orders("http2_max_concurrent_streams 4;") else { return };
    for round in 0..10 {
        // A new client does not know the limit of the server yet.
        let api = client(&nginx).build().unwrap();
        let call = |n: usize| {
            let order = format!("{round}-{n}");
            api.post::<Response>("orders").header("x-order", order).json(&n).into_future()
        };
        let errors = within("the calls", errors_of(30, 30, call)).await;
        assert!(errors.is_empty(), "{} errors: {:?}", errors.len(), errors[0]);
        assert_healthy(&api, 30);
    }
    let orders = arrived(&nginx, 300).await;
    assert_eq!(orders.len(), 300);
    assert!(not_once(&orders).is_empty(), "not once: {:?}", not_once(&orders));
}
