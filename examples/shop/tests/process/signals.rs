//! SIGHUP reads the overrides again. SIGTERM ends the service without cutting requests short.

use std::time::Duration;
use std::{env, fs, process};

use axum::Router;
use axum::routing::post;
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
async fn a_hangup_without_a_file_does_not_end_the_service() {
    let shop = Shop::start(&[]);
    shop.signal("HUP");
    shop.line_with("there is nothing to load");
    assert_eq!(sent(shop.get("/health/live")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_in_flight_ends_before_the_service_does() {
    let payments = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", payments.local_addr().unwrap());
    let charge = || sleep(Duration::from_millis(300));
    let routes = Router::new().route("/charges", post(charge));
    tokio::spawn(axum::serve(payments, routes).into_future());

    let shop = Shop::start(&[("PAYMENTS_URL", &url), ("DRAIN", "200ms")]);
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
    assert!(gone.send().await.unwrap_err().is_connect());
}
