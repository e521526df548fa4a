//! SIGHUP reads the overrides again. SIGTERM ends the service without cutting requests short.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use std::{env, fs, process};

use axum::Router;
use axum::routing::{post, put};
use reqwest::StatusCode;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::child::{Shop, kettle, sent};

#[tokio::test]
async fn a_hangup_loads_the_overrides_and_a_refused_file_changes_nothing() {
    let file = env::temp_dir().join(format!("shop-overrides-{}.toml", process::id()));
    fs::write(&file, "[breakers.payments]\nfailure_threshold = 9\n").unwrap();
    let shop = Shop::start(&[("OVERRIDES", file.to_str().unwrap())]);
    assert_eq!(sent(shop.order("one", &kettle())).await.0, StatusCode::OK);

    fs::write(&file, "[breakers.payments]\nmode = \"forced_open\"\n").unwrap();
    shop.signal("HUP");
    assert!(shop.line_with("overrides loaded").contains("payments"));
    assert_eq!(sent(shop.order("two", &kettle())).await.0, StatusCode::SERVICE_UNAVAILABLE);

    fs::write(&file, "[breakers.payments]\nmode = \"forced_opne\"\n").unwrap();
    shop.signal("HUP");
    assert!(shop.line_with("overrides refused").contains("line 2"));
    assert_eq!(sent(shop.order("two", &kettle())).await.0, StatusCode::SERVICE_UNAVAILABLE);

    fs::write(&file, "").unwrap();
    shop.signal("HUP");
    shop.line_with("overrides loaded");
    assert_eq!(sent(shop.order("two", &kettle())).await.0, StatusCode::OK);
    fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_process_whose_database_an_operator_closes_wants_no_traffic() {
    let file = env::temp_dir().join(format!("shop-database-{}.toml", process::id()));
    fs::write(&file, "[breakers.\"*\"]\nmode = \"forced_open\"\n").unwrap();
    let shop = Shop::start(&[("OVERRIDES", file.to_str().unwrap())]);
    assert_eq!(sent(shop.get("/health/ready")).await.0, StatusCode::SERVICE_UNAVAILABLE);

    // An open circuit of another dependency is only shown.
    fs::write(&file, "[breakers.payments]\nmode = \"forced_open\"\n").unwrap();
    shop.signal("HUP");
    shop.line_with("overrides loaded");
    assert_eq!(sent(shop.get("/health/ready")).await.0, StatusCode::OK);
    fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_hangup_stops_the_retries_that_a_prefix_names() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let refuse = put(async move || {
        count.fetch_add(1, SeqCst);
        StatusCode::SERVICE_UNAVAILABLE
    });
    let inventory = serve(Router::new().route("/reservations/{order}", refuse)).await;
    let file = env::temp_dir().join(format!("shop-retries-{}.toml", process::id()));
    fs::write(&file, "").unwrap();
    let variables = [("OVERRIDES", file.to_str().unwrap()), ("INVENTORY_URL", &inventory)];
    let shop = Shop::start(&variables);
    let attempts = async |key| {
        assert_eq!(sent(shop.order(key, &kettle())).await.0, StatusCode::BAD_GATEWAY);
        asked.swap(0, SeqCst)
    };
    assert_eq!(attempts("one").await, 4);

    let document = "[retries.\"inventory.*\"]\nmax_retries = 0\n";
    fs::write(&file, document).unwrap();
    shop.signal("HUP");
    shop.line_with("overrides loaded");
    assert_eq!(attempts("two").await, 1);
    fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_hangup_without_a_file_does_not_end_the_service() {
    let shop = Shop::start(&[]);
    shop.signal("HUP");
    shop.line_with("there is nothing to load");
    assert_eq!(sent(shop.get("/health/live")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_in_flight_ends_before_the_service_does() {
    let charge = || sleep(Duration::from_millis(300));
    let url = serve(Router::new().route("/charges", post(charge))).await;
    let shop = Shop::start(&[("PAYMENTS_URL", &url), ("DRAIN", "1s")]);
    let in_flight = tokio::spawn(sent(shop.order("key", &kettle())));
    sleep(Duration::from_millis(100)).await;
    shop.signal("TERM");
    shop.line_with("draining");
    assert_eq!(sent(shop.get("/health/ready")).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(in_flight.await.unwrap().0, StatusCode::OK);
    let gone = shop.get("/health/live");
    let (status, log) = shop.end();
    assert!(status.success(), "{status}");
    assert!(log.last().is_some_and(|line| line.contains("ended")), "{log:#?}");
    gone.send().await.unwrap_err();
}

/// Serves an upstream, and returns its URL.
async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, routes).into_future());
    url
}
