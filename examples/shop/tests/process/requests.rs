//! What customers and operators get from a healthy service.

use std::collections::HashSet;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::child::{Shop, kettle, sent};

#[tokio::test]
async fn an_order_that_is_sent_twice_is_one_order() {
    let shop = Shop::start(&[]);
    let (status, first) = sent(shop.order("key-1", &kettle())).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert_eq!(sent(shop.order("key-1", &kettle())).await, (StatusCode::OK, first.clone()));
    let order: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&order["sku"], &order["cents"]), (&json!("kettle"), &json!(7_800)));
    let found = sent(shop.get(&format!("/orders/{}", order["id"]))).await;
    assert_eq!(found, (StatusCode::OK, first));
    let (_, other) = sent(shop.order("key-2", &kettle())).await;
    assert_ne!(serde_json::from_str::<Value>(&other).unwrap()["id"], order["id"]);
}

#[tokio::test]
async fn requests_with_one_key_at_the_same_time_are_one_order() {
    let shop = Shop::start(&[]);
    let mut requests = JoinSet::new();
    for _ in 0..16 {
        requests.spawn(sent(shop.order("key", &kettle())));
    }
    let responses: HashSet<_> = requests.join_all().await.into_iter().collect();
    assert_eq!(responses.len(), 1, "{responses:?}");
    assert!(responses.iter().all(|(status, _)| *status == StatusCode::OK), "{responses:?}");
}

#[tokio::test]
async fn a_refusal_says_why_and_counts_against_no_dependency() {
    let shop = Shop::start(&[]);
    sent(shop.order("taken", &kettle())).await;
    let with = |name: &str, value: &str| {
        let mut order = kettle();
        order[name] = json!(value);
        order
    };
    for round in 0..3 {
        let key = |name: &str| format!("{name}-{round}");
        for (request, status, why) in [
            (shop.order("taken", &with("sku", "lamp")), 422, "belongs to another order"),
            (shop.order(&key("sold out"), &with("sku", "lamp")), 409, "sold out"),
            (shop.order(&key("unknown"), &with("sku", "sofa")), 404, "no such article"),
            (shop.order(&key("card"), &with("card", "tok_declined")), 402, "declined"),
            (shop.get("/orders/999"), 404, "no such order"),
            (shop.get("/stock/sofa"), 404, "no such article"),
            (shop.get("/stock/..%2Fstock%2Fkettle"), 404, "no such article"),
            (shop.get("/stock/%2E%2E%2Fstock%2Fkettle%3F"), 404, "no such article"),
        ] {
            let (is, text) = sent(request).await;
            assert_eq!(is.as_u16(), status, "{text}");
            assert!(text.contains(why), "{text}");
        }
    }
    let (status, states) = sent(shop.get("/health/ready")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(states.matches("\"closed\"").count(), 4, "{states}");
    let (_, metrics) = sent(shop.get("/metrics")).await;
    for breaker in ["database", "inventory", "payments"] {
        let failures =
            format!("resilient_breaker_calls_total{{breaker=\"{breaker}\",result=\"failure\"}} 0");
        assert!(metrics.contains(&failures), "{metrics}");
    }
}

#[tokio::test]
async fn what_is_in_stock_is_served_with_and_without_a_cache() {
    let port_of_nobody = "redis://127.0.0.1:1";
    for variables in [&[][..], &[("REDIS_URL", port_of_nobody)]] {
        let shop = Shop::start(variables);
        for _ in 0..8 {
            let stock = sent(shop.get("/stock/kettle")).await;
            assert_eq!(stock, (StatusCode::OK, "40".to_owned()));
        }
        let (_, states) = sent(shop.get("/health/ready")).await;
        assert_eq!(states.contains("\"cache\":\"open\""), !variables.is_empty(), "{states}");
    }
}

#[tokio::test]
async fn the_token_of_the_card_is_not_logged() {
    let shop = Shop::start(&[("RUST_LOG", "trace,hyper_util=info"), ("PAYMENTS_URL", NOWHERE)]);
    let (status, _) = sent(shop.order("key", &kettle())).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    let (_, log) = shop.end();
    assert!(log.iter().any(|line| line.contains("order not placed")), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("tok_canary")), "{log:#?}");
}

/// Nobody listens on this port.
const NOWHERE: &str = "http://127.0.0.1:1";
