//! Pooled connections that are dead say nothing about the health of the server.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use resilient::breaker::{CallCounts, CircuitState};
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, BreakerConfig, Method, Phase, ReqwestTransport, Response,
};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::raw::{Raw, RequestPlace, Step, ok};
use crate::support::within;

const POOLED: usize = 20;

/// Makes calls at the same time.
async fn calls(api: &ApiClient, method: &Method, count: usize) -> Vec<Result<Response, ApiError>> {
    let mut running = JoinSet::new();
    for _ in 0..count {
        running.spawn(api.request(method.clone(), "x").into_future());
    }
    within("the calls", running.join_all()).await
}

/// Starts a server and opens `connections` connections to it, which are idle afterwards. From then
/// on, the server runs `script`.
async fn pooled(
    connections: usize,
    script: impl Fn(RequestPlace) -> Vec<Step> + Send + Sync + 'static,
) -> (Raw, Arc<AtomicBool>) {
    let is_warm = Arc::new(AtomicBool::new(false));
    let barrier = Arc::new(Barrier::new(connections));
    let warm = Arc::clone(&is_warm);
    let server = Raw::serve_places(move |place| {
        if warm.load(SeqCst) {
            script(place)
        } else {
            // No connection is free before all connections are open.
            vec![Step::Meet(Arc::clone(&barrier)), ok("1"), Step::Next]
        }
    });
    (server.await, is_warm)
}

async fn warm_up(api: &ApiClient, server: &Raw, is_warm: &AtomicBool, connections: usize) {
    for result in calls(api, &Method::GET, connections).await {
        result.unwrap();
    }
    assert_eq!(server.connections.accepted(), connections);
    is_warm.store(true, SeqCst);
}

fn totals(api: &ApiClient) -> CallCounts {
    api.circuit_breaker().snapshot().totals
}

/// Resets the connections that were there before the test.
fn reset_pooled(place: RequestPlace) -> Vec<Step> {
    if place.connection < POOLED { vec![Step::Reset] } else { vec![ok("1"), Step::Next] }
}

#[tokio::test]
async fn twenty_gets_on_pooled_connections_that_are_reset_all_succeed_without_a_failure() {
    twenty_gets_all_succeed(|builder| builder).await;
}

#[cfg(feature = "tower")]
#[tokio::test]
async fn a_request_that_is_sent_again_gets_a_fresh_connection_through_layers() {
    let limit = tower::limit::ConcurrencyLimitLayer::new(POOLED);
    twenty_gets_all_succeed(|builder| builder.layer(limit.clone()).layer(limit)).await;
}

async fn twenty_gets_all_succeed(configure: impl FnOnce(ApiClientBuilder) -> ApiClientBuilder) {
    let (server, is_warm) = pooled(POOLED, reset_pooled).await;
    let api = configure(ApiClient::builder(&server.url)).build().unwrap();
    warm_up(&api, &server, &is_warm, POOLED).await;
    let results = calls(&api, &Method::GET, POOLED).await;
    let errors: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(errors.is_empty(), "{} errors: {errors:?}", errors.len());
    // None of them needed a retry, so none took a token of the budget.
    assert!(results.iter().flatten().all(|response| response.attempts() == 1));
    assert_eq!(server.count(), 3 * POOLED, "each request came once more on a new connection");
    let totals = totals(&api);
    assert_eq!((totals.success, totals.failure), (2 * POOLED as u64, 0), "{totals:?}");
}

#[cfg(feature = "tower")]
#[tokio::test]
async fn twenty_gets_through_a_tower_layer_also_get_a_fresh_connection() {
    // More dead connections than calls, so that a second send on a pooled one would meet another.
    let dead = 3 * POOLED;
    let reset = move |place: RequestPlace| {
        if place.connection < dead { vec![Step::Reset] } else { vec![ok("1"), Step::Next] }
    };
    let (server, is_warm) = pooled(dead, reset).await;
    let layer = tower::layer::util::Identity::new();
    let api = ApiClient::builder(&server.url).layer(layer).no_retry().build().unwrap();
    warm_up(&api, &server, &is_warm, dead).await;
    for result in calls(&api, &Method::GET, POOLED).await {
        result.unwrap();
    }
    assert_eq!(totals(&api).failure, 0);
}

#[tokio::test]
async fn a_post_on_a_pooled_connection_that_is_reset_is_sent_once_and_is_no_failure() {
    let (server, is_warm) = pooled(POOLED, reset_pooled).await;
    let api = ApiClient::builder(&server.url).build().unwrap();
    warm_up(&api, &server, &is_warm, POOLED).await;
    for result in calls(&api, &Method::POST, POOLED).await {
        let error = result.unwrap_err();
        let is_lost = matches!(error, ApiError::Connection { phase: Phase::Send, .. });
        assert!(is_lost && error.attempts() == 1, "{error:?}");
    }
    assert_eq!(server.count(), 2 * POOLED);
    let totals = totals(&api);
    assert_eq!((totals.success, totals.failure), (POOLED as u64, 0), "{totals:?}");
}

/// The settings of the client cannot be used twice, for example because a file has disappeared.
#[tokio::test]
async fn settings_that_panic_when_the_client_is_rebuilt_fail_no_call_and_no_circuit() {
    let (server, is_warm) = pooled(1, |place| match place.connection {
        0 => vec![Step::Reset],
        _ => vec![ok("1"), Step::Next],
    })
    .await;
    let is_built = AtomicBool::new(false);
    let api = ApiClient::builder(&server.url)
        .configure(move |builder| {
            assert!(!is_built.swap(true, SeqCst), "the file is gone");
            builder
        })
        .build()
        .unwrap();
    warm_up(&api, &server, &is_warm, 1).await;
    calls(&api, &Method::GET, 1).await.remove(0).unwrap();
    api.circuit_breaker().trip().unwrap();
    api.circuit_breaker().close();
    calls(&api, &Method::GET, 1).await.remove(0).unwrap();
}

#[tokio::test]
async fn a_connection_that_is_reset_before_its_first_response_is_a_failure() {
    let server = Raw::always(vec![Step::Reset]).await;
    let api = ApiClient::builder(&server.url).no_retry().build().unwrap();
    for result in calls(&api, &Method::GET, 3).await {
        result.unwrap_err();
    }
    assert_eq!(totals(&api).failure, 3);
}

/// Opens the circuit by a partition, which drops all packets of the connections that exist during
/// it, for ever. Returns the result of the first probe after it. Most dead connections stay in the
/// pool, unless the client drops them.
async fn first_probe_after_a_partition(builder: fn(&str) -> ApiClientBuilder) -> FirstProbe {
    const FAILURES: usize = 10;
    let healed_at = Arc::new(AtomicUsize::new(usize::MAX));
    let healed = Arc::clone(&healed_at);
    let script = move |place: RequestPlace| {
        let is_dead = place.connection < healed.load(SeqCst);
        if is_dead { vec![Step::Stall] } else { vec![ok("1"), Step::Next] }
    };
    let (server, is_warm) = pooled(POOLED + FAILURES, script).await;
    let breaker = BreakerConfig::builder()
        .failure_threshold(u32::try_from(FAILURES).unwrap())
        .recovery_time(Duration::from_millis(20))
        .build()
        .unwrap();
    let api = builder(&server.url)
        .no_retry()
        .timeout(Duration::from_secs(1))
        .circuit_breaker(breaker)
        .build()
        .unwrap();
    warm_up(&api, &server, &is_warm, POOLED + FAILURES).await;
    for result in calls(&api, &Method::GET, FAILURES).await {
        assert!(result.unwrap_err().is_timeout());
    }
    assert_ne!(api.circuit_breaker().state(), CircuitState::Closed);
    healed_at.store(server.connections.accepted(), SeqCst);
    let probe = async {
        loop {
            let result = api.get::<u32>("x").await;
            if !result.as_ref().is_err_and(ApiError::is_circuit_open) {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let result = within("the first probe", probe).await;
    FirstProbe { result, is_closed: api.circuit_breaker().state() == CircuitState::Closed }
}

#[derive(Debug)]
struct FirstProbe {
    result: Result<u32, ApiError>,
    is_closed: bool,
}

#[tokio::test]
async fn the_first_probe_after_a_partition_closes_the_circuit_despite_dead_pooled_connections() {
    let probe = first_probe_after_a_partition(|url| ApiClient::builder(url)).await;
    assert!(probe.result.is_ok() && probe.is_closed, "{probe:?}");
}

#[tokio::test]
async fn a_client_that_the_caller_gave_keeps_its_dead_connections() {
    let given = |url: &str| {
        let transport = ReqwestTransport::given(reqwest::Client::new());
        ApiClient::builder(url).transport(transport)
    };
    let probe = first_probe_after_a_partition(given).await;
    assert!(!probe.is_closed && probe.result.unwrap_err().is_timeout());
}
