//! The recipe that retries only some errors.

use super::dependency;

// excerpt: recipe
use resilient::{TimedOut, retry};

#[derive(Debug)]
enum ApiError {
    Timeout,
    Status(u16),
}

impl From<TimedOut> for ApiError {
    fn from(_: TimedOut) -> Self {
        Self::Timeout
    }
}

// `on` names the errors to retry.
#[retry(attempt_timeout = "1s", on = ApiError::Timeout | ApiError::Status(500..))]
async fn user(id: u32) -> Result<String, ApiError> {
    get("users", id).await
}

// `except` names the errors not to retry.
#[retry(attempt_timeout = "1s", except = ApiError::Status(400..=499))]
async fn order(id: u32) -> Result<String, ApiError> {
    get("orders", id).await
}

// `retry_if` decides by code, which may use the arguments.
#[retry(attempt_timeout = "1s", retry_if = |error| is_worth_a_retry(error, is_urgent))]
async fn price(id: u32, is_urgent: bool) -> Result<String, ApiError> {
    get("prices", id).await
}

fn is_worth_a_retry(error: &ApiError, is_urgent: bool) -> bool {
    match error {
        ApiError::Timeout => true,
        ApiError::Status(status) => *status >= 500 && !is_urgent,
    }
}

async fn get(kind: &str, id: u32) -> Result<String, ApiError> {
    dependency::call(ApiError::Status(u16::try_from(id).unwrap())).await?; // not shown
    // Send the request here.
    Ok(format!("{kind} {id}"))
}
// end excerpt

/// Makes a call that fails each time, and returns the number of attempts.
async fn attempts(call: impl Future<Output = Result<String, ApiError>>) -> u32 {
    dependency::fail(u32::MAX);
    call.await.unwrap_err();
    dependency::calls()
}

/// Makes a call that hangs each time, and returns the number of attempts.
async fn attempts_that_hang(call: impl Future<Output = Result<String, ApiError>>) -> u32 {
    dependency::hang(u32::MAX);
    call.await.unwrap_err();
    dependency::calls()
}

#[tokio::test(start_paused = true)]
async fn only_the_errors_of_on_are_retried() {
    assert_eq!(attempts(user(503)).await, 4);
    assert_eq!(attempts(user(404)).await, 1);
    assert_eq!(attempts_that_hang(user(1)).await, 4);
}

#[tokio::test(start_paused = true)]
async fn all_errors_but_those_of_except_are_retried() {
    assert_eq!(attempts(order(503)).await, 4);
    assert_eq!(attempts(order(404)).await, 1);
    assert_eq!(attempts_that_hang(order(1)).await, 4);
}

#[retry(attempt_timeout = "1s", on = ApiError::Status(_))]
async fn without_timeout(id: u32) -> Result<String, ApiError> {
    get("users", id).await
}

#[retry(attempt_timeout = "1s", except = ApiError::Timeout)]
async fn never_after_timeout(id: u32) -> Result<String, ApiError> {
    get("users", id).await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_cut_off_is_retried_unless_except_matches() {
    assert_eq!(attempts_that_hang(without_timeout(1)).await, 4);
    assert_eq!(attempts_that_hang(never_after_timeout(1)).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_predicate_sees_the_error_and_the_arguments() {
    assert_eq!(attempts(price(503, false)).await, 4);
    assert_eq!(attempts(price(404, false)).await, 1);
    assert_eq!(attempts(price(503, true)).await, 1);
}
