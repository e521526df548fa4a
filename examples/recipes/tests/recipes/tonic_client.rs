//! The recipe for tonic against a gRPC server.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use example_recipes::tonic_client::{Stock, caller_deadlines, is_available};
use resilient::breaker::CircuitState;
use resilient::testing::Scope;
use resilient_tower::GrpcError;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::support::{self, Time, Turn};
use crate::upstream::Process;

type Answer<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Counts, refuses or hangs, by the article. Notes the time limits of the calls.
#[derive(Debug, Clone, Default)]
struct Server {
    limits: Arc<Mutex<Vec<String>>>,
}

impl NamedService for Server {
    const NAME: &'static str = "warehouse.Stock";
}

impl Service<http::Request<Body>> for Server {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            Ok(Grpc::new(ProstCodec::default()).unary(server, request).await)
        })
    }
}

impl UnaryService<String> for Server {
    type Response = u32;
    type Future = Answer<Response<u32>, Status>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let limit =
            request.metadata().get("grpc-timeout").unwrap().to_str().unwrap().to_owned();
        let calls = {
            let mut limits = self.limits.lock().unwrap();
            limits.push(limit);
            limits.len()
        };
        Box::pin(async move {
            match &**request.get_ref() {
                "hangs" => pending().await,
                "unknown" => Err(Status::not_found("no such article")),
                "busy once" if calls == 1 => Err(Status::unavailable("starting")),
                "broken" => Err(Status::internal("a mistake")),
                _ => Ok(Response::new(40)),
            }
        })
    }
}

fn start(earlier: Option<&Process>, server: &Server) -> Process {
    let server = server.clone();
    Process::start(earlier.map(|process| process.address), |listener| {
        let incoming = TcpIncoming::from(listener);
        tonic::transport::Server::builder()
            .layer(caller_deadlines())
            .add_service(server)
            .serve_with_incoming(incoming)
    })
}

async fn stock() -> (Turn<(Process, Server)>, Stock) {
    static SERVER: support::Server<(Process, Server)> = support::Server::const_new(None);
    let started = || {
        let server = Server::default();
        Some((start(None, &server), server))
    };
    let mut turn = Turn::take(&SERVER, "stock", started).await.unwrap();
    // Calls that an earlier test left behind end with the server.
    let (process, server) = turn.server();
    process.end();
    server.limits.lock().unwrap().clear();
    *process = start(Some(process), server);
    let stock = Stock::new(format!("http://{}", process.address)).unwrap();
    (turn, stock)
}

#[tokio::test]
async fn an_unknown_article_is_one_attempt_and_no_failure() {
    let (turn, stock) = stock().await;
    assert_eq!(stock.count("kettle").await.unwrap(), 40);
    let before = turn.totals();
    let scope = Scope::new();
    let unknown = scope.run(stock.count("unknown")).await.unwrap_err();
    assert!(
        matches!(unknown, GrpcError::Status(status) if status.code() == Code::NotFound)
    );
    scope.assert_attempts(1);
    assert_eq!(turn.totals(), (before.0 + 1, before.1));
}

#[tokio::test]
async fn a_server_that_is_unavailable_is_asked_again_and_a_broken_one_is_not() {
    let (turn, stock) = stock().await;
    let scope = Scope::new();
    assert_eq!(scope.run(stock.count("busy once")).await.unwrap(), 40);
    scope.assert_attempts(2);
    let before = turn.totals();
    let scope = Scope::new();
    scope.run(stock.count("broken")).await.unwrap_err();
    scope.assert_attempts(1);
    assert_eq!(turn.totals(), (before.0, before.1 + 1));
}

#[tokio::test]
async fn the_server_learns_the_time_limit_of_each_attempt() {
    let (mut turn, stock) = stock().await;
    stock.count("kettle").await.unwrap();
    let limit = turn.server().1.limits.lock().unwrap()[0].clone();
    // `u` is a unit of gRPC: microseconds.
    let micros: u32 = limit.strip_suffix('u').unwrap().parse().unwrap();
    assert!((1..=500_000).contains(&micros), "{limit}");
}

#[tokio::test]
async fn a_handler_passes_on_the_status_and_says_when_to_come_back() {
    let (turn, stock) = stock().await;
    let ask = |article: &str| is_available(&stock, Request::new(article.to_owned()));
    assert!(ask("kettle").await.unwrap().into_inner());
    assert_eq!(ask("unknown").await.unwrap_err().code(), Code::NotFound);
    turn.breaker().force_open();
    let rejected = ask("kettle").await.unwrap_err();
    assert_eq!(rejected.code(), Code::Unavailable);
    assert_eq!(rejected.metadata().get("grpc-retry-pushback-ms").unwrap(), "-1");
}

#[tokio::test]
async fn a_server_that_hangs_opens_the_circuit() {
    let (mut turn, stock) = stock().await;
    stock.count("kettle").await.unwrap();
    turn.set_time(Time::Jumps);
    let scope = Scope::new();
    scope.run(stock.count("hangs")).await.unwrap_err();
    assert_eq!(scope.call().attempts(), 3);
    scope.run(stock.count("hangs")).await.unwrap_err();
    assert_eq!(turn.state(), CircuitState::Open);
    assert!(matches!(stock.count("kettle").await, Err(GrpcError::CircuitOpen(_))));
}

#[tokio::test]
async fn a_server_that_is_gone_opens_the_circuit_and_closes_it_once_it_is_back() {
    let (mut turn, stock) = stock().await;
    stock.count("kettle").await.unwrap();
    turn.server().0.end();
    let scope = Scope::new();
    while turn.state() == CircuitState::Closed {
        scope.run(stock.count("kettle")).await.unwrap_err();
    }
    assert!(matches!(stock.count("kettle").await, Err(GrpcError::CircuitOpen(_))));
    turn.replace(|(process, server)| (start(Some(&process), &server), server));
    turn.recover();
    assert_eq!(stock.count("kettle").await.unwrap(), 40);
    assert_eq!(turn.state(), CircuitState::Closed);
}
