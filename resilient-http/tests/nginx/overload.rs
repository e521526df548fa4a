//! A server that limits the rate of requests.

use std::fs;
use std::future::IntoFuture;

use resilient_http::{ApiClient, Response};
use resilient_test_servers::{Nginx, NginxConfig};

use crate::bare::errors_of;
use crate::health::assert_never_open;
use crate::support::{until, within};

/// The calls that the server accepts at once.
const BURST: usize = 10;

/// Accepts `BURST` requests and then one every 100 ms. Refuses the others with this status and
/// `Retry-After: 1`.
fn limited(status: u16) -> Option<Nginx> {
    let directives = format!(
        "access_log statuses status;
        root .;
        location / {{
            limit_req zone=calls burst={} nodelay;
            limit_req_status {status};
            error_page {status} @refused;
            try_files /ok =404;
        }}
        location @refused {{ internal; add_header retry-after 1 always; return {status}; }}",
        BURST - 1
    );
    let config = NginxConfig::new()
        .file("ok", "ok")
        .http("limit_req_zone $server_port zone=calls:1m rate=10r/s;")
        .http("log_format status '$status';")
        .server("", &directives);
    Nginx::start(&config)
}

async fn all_succeed(callers: usize, status: u16) {
    let Some(nginx) = limited(status) else { return };
    let api = ApiClient::builder(format!("http://127.0.0.1:{}", nginx.port(0))).build().unwrap();
    let call = |_| api.get::<Response>("x").into_future();
    let errors = within("the calls", errors_of(callers, callers, call)).await;
    assert!(errors.is_empty(), "{} of {callers} failed: {}", errors.len(), errors[0]);
    let read = || fs::read_to_string(nginx.folder().join("statuses")).unwrap();
    let accepted = || read().lines().filter(|line| *line == "200").count();
    until("nginx wrote its log", || accepted() >= callers).await;
    let refused = read().lines().count() - accepted();
    let at_first = callers - BURST;
    assert!(refused <= at_first + 5, "{refused} refusals, of these {at_first} at first");
    assert_never_open(&api, u64::try_from(callers).unwrap());
}

#[tokio::test]
async fn forty_callers_of_ten_calls_a_second_all_succeed_with_the_defaults() {
    all_succeed(40, 429).await;
}

/// A 503 is a failure, so its retries take tokens of the budget, which pays for 20 at first.
#[tokio::test]
async fn twenty_five_callers_succeed_with_the_defaults_if_the_server_refuses_with_503() {
    all_succeed(25, 503).await;
}
