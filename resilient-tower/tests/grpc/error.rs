//! `GrpcError`: what the attributes make of it, and the status that a caller gets.

use std::error::Error;
use std::time::Duration;

use http::Response;
use resilient::retries::TimeLimit;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classify, Outcome, Registry, TimedOut,
    circuit_breaker, deadline, retry,
};
use resilient_testkit::{Calls, ms, secs};
use resilient_tower::GrpcError;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Returns the rejection by a circuit that has just opened for this time.
fn rejection(recovery_time: Duration) -> CircuitOpen {
    let config = BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(recovery_time)
        .recovery_jitter(0.0)
        .build()
        .unwrap();
    let breaker = CircuitBreaker::new("secret", config);
    breaker.force_open();
    breaker.close();
    breaker.try_acquire().unwrap().report(Outcome::Failure);
    breaker.try_acquire().map(drop).unwrap_err()
}

async fn timed_out() -> TimedOut {
    deadline::scope(ms(5), std::future::pending::<()>()).await.unwrap_err()
}

/// What the caller in another process sees of this status.
fn received(error: GrpcError) -> (Status, resilient::Classification) {
    let response: Response<()> = Status::from(error).into_http();
    let status = Status::from_header_map(response.headers()).unwrap();
    let class = resilient_classify::tonic(&status);
    assert_eq!(class.health, resilient_classify::grpc(response.headers()).unwrap().health);
    (status, class)
}

#[tokio::test(start_paused = true)]
async fn a_rejection_tells_the_caller_when_to_come_back() {
    let (status, class) = received(rejection(secs(30)).into());
    assert_eq!(status.code(), Code::Unavailable);
    let info = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(info > secs(29) && info <= secs(30), "{info:?}");
    let pushback = status.metadata().get("grpc-retry-pushback-ms").unwrap();
    assert_eq!(pushback.to_str().unwrap(), "30000");
    assert_eq!((class.health, class.retry), (Outcome::Failure, true));
    assert_eq!(class.retry_after, Some(secs(30)));
}

#[tokio::test(start_paused = true)]
async fn a_pushback_has_at_most_32_bits() {
    let (status, _) = received(rejection(secs(60 * 86_400)).into());
    let pushback = status.metadata().get("grpc-retry-pushback-ms").unwrap();
    assert_eq!(pushback.to_str().unwrap(), i32::MAX.to_string());
}

#[test]
fn a_rejection_without_a_time_tells_the_caller_not_to_retry() {
    let breaker = CircuitBreaker::new("secret", BreakerConfig::default());
    breaker.force_open();
    let (status, class) = received(breaker.try_acquire().map(drop).unwrap_err().into());
    assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "-1");
    assert!(status.get_details_retry_info().is_none());
    assert_eq!((class.health, class.retry), (Outcome::Failure, false));
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_is_a_deadline_exceeded() {
    let (status, class) = received(timed_out().await.into());
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!((class.health, class.retry), (Outcome::Failure, true));
}

#[test]
fn a_time_limit_without_a_timer_is_a_mistake_of_the_server() {
    let scope = deadline::scope(secs(1), std::future::ready(()));
    let timed_out = resilient_testkit::run(scope).unwrap_err();
    assert_eq!(timed_out.limit(), TimeLimit::NoTimer);
    assert_eq!(Status::from(GrpcError::from(timed_out)).code(), Code::Internal);
}

#[tokio::test(start_paused = true)]
async fn the_caller_learns_no_names_and_the_server_can_log_them() {
    let status = Status::from(GrpcError::from(rejection(secs(30))));
    assert!(!status.message().contains("secret"), "{status:?}");
    assert_eq!(CircuitOpen::find_in(&status).unwrap().breaker(), "secret");
    assert!(GrpcError::from(rejection(secs(30))).to_string().contains("secret"));
    let status = Status::from(GrpcError::from(timed_out().await));
    assert!(!status.message().contains("5ms"), "{status:?}");
    assert_eq!(TimedOut::find_in(&status).unwrap().after(), ms(5));
}

#[test]
fn a_status_stays_as_it_is_on_its_way_to_the_caller() {
    let mut status = Status::not_found("no such article");
    status.metadata_mut().insert("shelf", "7".parse().unwrap());
    let error = GrpcError::from(status);
    assert_eq!(error.to_string(), "NotFound: no such article");
    assert!(error.source().unwrap().is::<Status>());
    let status = Status::from(error);
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no such article"));
    assert_eq!(status.metadata().get("shelf").unwrap(), "7");
    let empty = GrpcError::from(Status::new(Code::Aborted, ""));
    assert_eq!(empty.to_string(), Code::Aborted.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_rejection_or_a_time_limit_among_the_sources_is_found() {
    let open = GrpcError::from(Status::from_error(Box::new(rejection(secs(30)))));
    assert!(matches!(&open, GrpcError::CircuitOpen(open) if open.breaker() == "secret"));
    assert_eq!(open.classify().health, Outcome::Ignored);
    let late = GrpcError::from(Status::from_error(Box::new(timed_out().await)));
    assert!(matches!(&late, GrpcError::TimedOut(late) if late.after() == ms(5)));
    assert_eq!(late.classify().health, Outcome::Ignored);
}

#[retry(max_retries = 2, base_delay = "1ms", attempt_timeout = "50ms", deadline = "1s")]
#[circuit_breaker(name = "grpc_error", failure_threshold = 5)]
async fn count(calls: &Calls, code: Option<Code>) -> Result<u32, GrpcError> {
    calls.next();
    match code {
        Some(Code::Ok) => Ok(40),
        Some(code) => Err(Status::new(code, "as asked"))?,
        None => std::future::pending().await,
    }
}

#[tokio::test(start_paused = true)]
async fn the_attributes_need_no_classifier_and_no_conversion() {
    let calls = |code| async move {
        let calls = Calls::new();
        let result = count(&calls, code).await;
        (calls.count(), result)
    };
    let breaker = || Registry::global().get("grpc_error").unwrap();
    assert!(matches!(calls(Some(Code::Ok)).await, (1, Ok(40))));
    let (attempts, error) = calls(Some(Code::NotFound)).await;
    assert!(matches!((attempts, error), (1, Err(GrpcError::Status(_)))));
    assert_eq!(breaker().snapshot().totals.success, 2);
    assert_eq!(calls(Some(Code::Unavailable)).await.0, 3);
    let (attempts, error) = calls(None).await;
    assert!(matches!(
        (attempts, error),
        (_, Err(GrpcError::TimedOut(_) | GrpcError::CircuitOpen(_)))
    ));
    let (attempts, error) = calls(Some(Code::Ok)).await;
    assert!(matches!((attempts, error), (0, Err(GrpcError::CircuitOpen(_)))));
}
