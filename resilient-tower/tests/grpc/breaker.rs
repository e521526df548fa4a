//! A breaker around a channel: statuses in trailers, streams, hints and rejections.

use std::future::pending;

use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, CircuitOpen, Outcome};
use resilient_testkit::{closed, due, fragile, ms, secs};
use resilient_tower::{BreakerLayer, GrpcClientLayer};
use tokio_stream::StreamExt;
use tonic::transport::{Channel, Server};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tower::{Layer, ServiceBuilder};

use crate::support::{
    Client, Stock, channel, connect, counting, endpoint, ends, request, start, watched,
};

/// Returns a client under this breaker, as the documentation of `GrpcClient` builds it.
macro_rules! guarded {
    ($breaker:expr, $channel:expr) => {{
        let channel: Channel = $channel;
        let layers = ServiceBuilder::new()
            .layer(BreakerLayer::new($breaker.clone()).tonic())
            .layer(GrpcClientLayer::new());
        Client::new(layers.service(channel))
    }};
}

fn failing(make: impl Fn() -> Status + Send + Sync + 'static) -> Stock {
    counting(move |_| std::future::ready(Err(make())))
}

async fn count(breaker: &CircuitBreaker, stock: Stock) -> Result<u32, Status> {
    guarded!(breaker, connect(stock)).count(request(&[])).await
}

#[tokio::test(start_paused = true)]
async fn the_status_of_a_unary_call_decides() {
    for (code, expected) in [
        (Code::NotFound, [1, 0, 0, 0]),
        (Code::Unavailable, [0, 1, 0, 0]),
        (Code::Internal, [0, 1, 0, 0]),
        (Code::ResourceExhausted, [0, 0, 1, 0]),
        (Code::Cancelled, [0, 0, 1, 0]),
    ] {
        let (breaker, _clock) = closed(&fragile().failure_threshold(9));
        let status = count(&breaker, failing(move || Status::new(code, "as asked"))).await;
        assert_eq!((status.unwrap_err().code(), ends(&breaker)), (code, expected));
    }
    let (breaker, _clock) = closed(&fragile());
    assert_eq!(count(&breaker, counting(async |_| Ok(40))).await.unwrap(), 40);
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn b06_a_stream_is_in_flight_until_its_trailers() {
    for (last, expected) in [
        (Ok(3), [1, 0, 0, 0]),
        (Err(Code::Unavailable), [0, 1, 0, 0]),
        (Err(Code::NotFound), [1, 0, 0, 0]),
    ] {
        let (breaker, _clock) = due(&fragile());
        let stock = watched(move || {
            tokio_stream::iter([Ok(1), Ok(2), last.map_err(|code| Status::new(code, "as asked"))])
        });
        let mut messages = guarded!(breaker, connect(stock)).watch("kettle").await.unwrap();
        assert_eq!(messages.message().await.unwrap(), Some(1));
        assert_eq!((ends(&breaker), breaker.snapshot().probes_in_flight), ([0; 4], 1));
        while let Ok(Some(_)) = messages.message().await {}
        assert_eq!(ends(&breaker), expected, "{last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn b06_a_stream_that_the_client_drops_has_the_outcome_of_its_head() {
    let (breaker, _clock) = due(&fragile());
    let stock = watched(|| tokio_stream::iter([Ok(1)]).chain(tokio_stream::pending()));
    let mut messages = guarded!(breaker, connect(stock)).watch("kettle").await.unwrap();
    assert_eq!(messages.message().await.unwrap(), Some(1));
    drop(messages);
    assert_eq!((ends(&breaker), breaker.state()), ([1, 0, 0, 0], CircuitState::Closed));
}

#[tokio::test(start_paused = true)]
async fn b06_a_stream_that_breaks_off_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let stock = watched(|| tokio_stream::iter([Ok(1)]).chain(tokio_stream::pending()));
    let mut ours = start(Server::builder().add_service(stock));
    // A proxy that loses the connection.
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let proxy = tokio::spawn(async move {
        let _ = tokio::io::copy_bidirectional(&mut far, &mut ours).await;
    });
    let mut messages = guarded!(breaker, channel(&endpoint(), near)).watch("kettle").await.unwrap();
    assert_eq!(messages.message().await.unwrap(), Some(1));
    proxy.abort();
    messages.message().await.unwrap_err();
    assert_eq!((ends(&breaker), breaker.state()), ([0, 1, 0, 0], CircuitState::Open));
}

#[tokio::test(start_paused = true)]
async fn b09_the_hints_of_the_server_prolong_the_open_time() {
    let info = || {
        let details = ErrorDetails::with_retry_info(Some(secs(99)));
        Status::with_error_details(Code::Unavailable, "busy", details)
    };
    let pushback = || {
        let mut status = Status::unavailable("busy");
        status.metadata_mut().insert("grpc-retry-pushback-ms", "98000".parse().unwrap());
        status
    };
    for (stock, expected) in [(failing(info), 99), (failing(pushback), 98)] {
        let (breaker, _clock) = closed(&fragile());
        count(&breaker, stock).await.unwrap_err();
        let rejected = breaker.try_acquire().map(drop).unwrap_err();
        assert_eq!(rejected.retry_after(), Some(secs(expected)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_is_a_status_with_the_rejection_as_its_source() {
    let (breaker, _clock) = closed(&fragile());
    breaker.force_open();
    let status = count(&breaker, counting(async |_| panic!("not called"))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(CircuitOpen::find_in(&status).unwrap().breaker(), breaker.name());
    let class = resilient_classify::tonic(&status);
    assert_eq!((class.health, class.retry), (Outcome::Ignored, false));
}

#[tokio::test(start_paused = true)]
async fn c02_a_time_limit_below_the_breaker_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let connection = start(Server::builder().add_service(counting(async |_| pending().await)));
    let slow = channel(&endpoint().timeout(ms(50)), connection);
    guarded!(breaker, slow).count(request(&[])).await.unwrap_err();
    assert_eq!((ends(&breaker), breaker.state()), ([0, 1, 0, 0], CircuitState::Open));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let away = channel(&endpoint(), tokio::io::duplex(1).0);
    guarded!(breaker, away).count(request(&[])).await.unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
}

#[test]
fn a_stack_is_a_service_of_its_channel() {
    fn is_service<S>(_: &S)
    where
        S: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static,
        S: tonic::client::GrpcService<tonic::body::Body>,
    {
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let inner = GrpcClientLayer::new().layer(endpoint().connect_lazy());
    is_service(&inner);
    is_service(&BreakerLayer::new(CircuitBreaker::default()).tonic().layer(inner));
}
