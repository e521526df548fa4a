//! The default circuit breaker and budget bear ordinary trouble, and notice an outage.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient_http::{ApiClient, ApiError, MockTransport, Phase, RetryPolicy, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::api::{Api, json, status};
use crate::support::within;

const SECOND: Duration = Duration::from_secs(1);

/// Returns a client with the default circuit breaker and budget.
fn client(url: &str) -> ApiClient {
    let builder = ApiClient::builder(url);
    // Leaves out the platform's certificates, which take 0.2 s to read.
    #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
    let builder = builder.configure(|it| it.tls_certs_only([]));
    builder.build().unwrap()
}

/// Decides whether attempt `attempt` of call `call` fails: 35 % do.
fn fails(seed: u64, call: u64, attempt: u64) -> bool {
    // A step of splitmix64 for each part of the input.
    let mix = |word: u64, part: u64| {
        let mut word = word.wrapping_add(part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    mix(mix(mix(0, seed), call), attempt) % 100 < 35
}

/// Makes 300 calls, 20 at a time, with two retries each. 35 % of the responses are failures.
/// Returns how many calls succeeded.
async fn successes(seed: u64) -> usize {
    const CALLS: u64 = 300;
    let attempts: Arc<Vec<AtomicU32>> = Arc::new((0..CALLS).map(|_| AtomicU32::new(0)).collect());
    let server = Api::serve(move |_, seen| {
        let call: usize = seen.target.trim_start_matches('/').parse().unwrap();
        let attempt = attempts[call].fetch_add(1, SeqCst);
        if fails(seed, call as u64, attempt.into()) { status(502) } else { json("1") }
    })
    .await;
    let policy = RetryPolicy::builder().max_retries(2);
    // Short delays change no outcome, because the server does not look at the time.
    let policy = policy.base_delay(Duration::from_millis(2)).build().unwrap();
    let api = client(&server.url);
    let next = Arc::new(AtomicU32::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let (api, policy, next) = (api.clone(), policy.clone(), Arc::clone(&next));
        callers.spawn(async move {
            let mut successes = 0;
            loop {
                let call = next.fetch_add(1, SeqCst);
                if u64::from(call) >= CALLS {
                    return successes;
                }
                let path = call.to_string();
                successes += usize::from(api.get::<u32>(path).retry(policy.clone()).await.is_ok());
            }
        });
    }
    within("the callers", callers.join_all()).await.into_iter().sum()
}

#[tokio::test]
async fn of_300_calls_with_two_retries_against_35_percent_faults_at_least_283_succeed() {
    for seed in 0..6 {
        let possible = (0..300).filter(|call| (0..3).any(|attempt| !fails(seed, *call, attempt)));
        let (possible, successes) = (possible.count(), successes(seed).await);
        assert!(successes >= 283, "{successes} of {possible} possible with seed {seed}");
    }
}

/// Starts a server that resets its first twenty connections when their second request arrives. It
/// serves the first requests when all twenty have arrived, so each of them has a connection.
async fn resetting_twenty_connections() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let all_arrived = Arc::new(Barrier::new(20));
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let all_arrived = Arc::clone(&all_arrived);
            tokio::spawn(async move {
                for request in 0.. {
                    if read_head(&mut stream).await.is_none() {
                        return;
                    }
                    match (connection < 20, request) {
                        (true, 0) => {
                            all_arrived.wait().await;
                        }
                        (true, _) => {
                            let socket = socket2::SockRef::from(&stream);
                            return socket.set_linger(Some(Duration::ZERO)).unwrap();
                        }
                        (false, _) => {}
                    }
                    let response = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1";
                    stream.write_all(response).await.unwrap();
                }
            });
        }
    });
    url
}

async fn read_head(stream: &mut TcpStream) -> Option<()> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.ok()?);
    }
    Some(())
}

#[tokio::test]
async fn twenty_stale_connections_at_once_do_not_open_the_circuit() {
    let api = client(&resetting_twenty_connections().await);
    for round in 0..2 {
        let calls: Vec<_> =
            (0..20).map(|_| tokio::spawn(api.get::<u32>("x").into_future())).collect();
        for call in calls {
            let called = within("the call", call).await.unwrap();
            assert_eq!(called.unwrap(), 1, "round {round}");
        }
    }
    let breaker = api.circuit_breaker().snapshot();
    assert_eq!((breaker.state, breaker.totals.success), (CircuitState::Closed, 40));
}

/// A server that refuses connections while it is down.
struct Server {
    is_down: Arc<AtomicBool>,
    requests: Arc<AtomicU32>,
    api: ApiClient,
}

impl Server {
    fn down() -> Self {
        let (is_down, requests) = (Arc::new(AtomicBool::new(true)), Arc::<AtomicU32>::default());
        let (down, seen) = (Arc::clone(&is_down), Arc::clone(&requests));
        let transport = MockTransport::new(move |_| {
            seen.fetch_add(1, SeqCst);
            if down.load(SeqCst) {
                return Err(TransportError::connection(Phase::Connect, "refused"));
            }
            Ok(http::Response::new("1".into()))
        });
        let api = ApiClient::builder("http://localhost").transport(transport).build().unwrap();
        Self { is_down, requests, api }
    }

    fn state(&self) -> CircuitState {
        self.api.circuit_breaker().state()
    }

    /// Starts ten calls per second until the circuit has this state. Returns how long that took.
    async fn call_until(&self, state: impl Fn(CircuitState) -> bool, most: Duration) -> Duration {
        let began = Instant::now();
        let mut calls = JoinSet::new();
        while !state(self.state()) {
            assert!(began.elapsed() < most, "{:?} after {most:?}", self.state());
            let call = self.api.get::<u32>("x").into_future();
            calls.spawn(async move { call.await.map_err(drop::<ApiError>) });
            tokio::time::sleep(SECOND / 10).await;
        }
        began.elapsed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_opens_the_circuit_after_three_seconds_at_ten_calls_per_second() {
    let server = Server::down();
    let took = server.call_until(|it| it == CircuitState::Open, SECOND * 60).await;
    assert!(took >= SECOND * 3 && took < SECOND * 4, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_of_thirty_seconds_the_circuit_closes_within_seconds() {
    for _ in 0..10 {
        let server = Server::down();
        let began = Instant::now();
        server.call_until(|_| began.elapsed() >= SECOND * 30, SECOND * 31).await;
        assert_ne!(server.state(), CircuitState::Closed);
        server.is_down.store(false, SeqCst);
        let took = server.call_until(|it| it == CircuitState::Closed, SECOND * 60).await;
        assert!(took < SECOND * 8, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_for_two_seconds_does_not_open_the_circuit() {
    let server = Server::down();
    let began = Instant::now();
    server.call_until(|_| began.elapsed() >= SECOND * 2, SECOND * 3).await;
    assert!(server.requests.load(SeqCst) > 20);
    server.is_down.store(false, SeqCst);
    assert_eq!(server.api.get::<u32>("x").await.unwrap(), 1);
    assert_eq!(server.state(), CircuitState::Closed);
}
