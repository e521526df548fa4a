#![doc = include_str!("links.md")]
// The code of the page is copied from a tested file, so rustdoc does not test it again.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
mod axum_rejection;
mod breaker_layer;
mod breaker_service;
mod breaker_source;
mod call_report;
mod classifier;
#[cfg(feature = "tonic")]
mod grpc_client;
#[cfg(feature = "tonic")]
mod grpc_error;
#[cfg(feature = "tonic")]
mod grpc_server;
#[cfg(feature = "tonic")]
mod grpc_server_body;
#[cfg(feature = "tonic")]
mod grpc_status;
#[cfg(feature = "http")]
mod guarded_body;
#[cfg(feature = "axum")]
mod health_routes;
#[cfg(feature = "http")]
mod incoming_deadline;
mod limit_error;
#[cfg(feature = "http")]
mod outgoing_deadline;
#[cfg(feature = "http")]
mod refusal;
mod rejection;
mod request_copy;
#[cfg(feature = "reqwest-middleware")]
mod reqwest_calls;
#[cfg(feature = "http")]
mod response_classifier;
mod retry_layer;
mod retry_service;
mod time_layers;
mod watched_circuit;

#[cfg(feature = "axum")]
pub use self::axum_rejection::{HandlerError, Rejection};
pub use self::breaker_layer::BreakerLayer;
pub use self::breaker_service::{Breaker, BreakerFuture};
pub use self::breaker_source::{BreakerSource, KeyedBy};
#[cfg(feature = "http")]
pub use self::call_report::ByResponse;
pub use self::call_report::{ByResult, CallReport};
pub use self::classifier::{ByBoxedSource, ByClassify, BySource, EveryError, ResultClassifier};
#[cfg(feature = "tonic")]
pub use self::grpc_client::{GrpcClient, GrpcClientFuture, GrpcClientLayer};
#[cfg(feature = "tonic")]
pub use self::grpc_error::GrpcError;
#[cfg(feature = "tonic")]
pub use self::grpc_server::{GrpcServer, GrpcServerFuture, GrpcServerLayer};
#[cfg(feature = "tonic")]
pub use self::grpc_server_body::GrpcServerBody;
#[cfg(feature = "tonic")]
pub use self::grpc_status::{ByStatus, OpenStatus};
#[cfg(feature = "http")]
pub use self::guarded_body::GuardedBody;
#[cfg(feature = "axum")]
pub use self::health_routes::HealthRoutes;
#[cfg(feature = "http")]
pub use self::incoming_deadline::{
    IncomingDeadline, IncomingDeadlineFuture, IncomingDeadlineLayer,
};
pub use self::limit_error::{LimitError, NoLimits, WithLimits};
#[cfg(feature = "http")]
pub use self::outgoing_deadline::{
    OutgoingDeadline, OutgoingDeadlineFuture, OutgoingDeadlineLayer,
};
#[cfg(feature = "http")]
pub use self::refusal::{Respond, TimedOutResult};
pub use self::rejection::{IntoError, RejectedResult};
pub use self::request_copy::{CloneRequest, RequestCopy};
#[cfg(feature = "reqwest-middleware")]
pub use self::reqwest_calls::{CallError, ReqwestCalls};
#[cfg(feature = "http")]
pub use self::response_classifier::{GrpcStatus, HeadVerdict, HttpStatus, ResponseClassifier};
pub use self::retry_layer::RetryLayer;
pub use self::retry_service::{Retry, RetryFuture};
pub use self::time_layers::{
    Deadline, DeadlineFuture, DeadlineLayer, TimedFuture, Timeout, TimeoutLayer,
};
pub use self::watched_circuit::{NoCircuit, Through, WatchedCircuit};
