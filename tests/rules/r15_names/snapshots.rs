//! The text and the JSON of a retry's snapshot.

use resilient::retries::{AttemptEnd, NamedRetry};
use resilient::{Classification, Registry, RetryPolicy};

use crate::support::retry::{SECOND, build, exact};

/// Returns a retry that gave up once after two failures, a second ago.
async fn failed() -> (Registry, NamedRetry) {
    let registry = Registry::new();
    let policy = build(&exact().max_retries(1).base_delay(SECOND / 2));
    let retry = registry.get_or_register_retry("stock", policy);
    let class = Classification::transient().with_text("shelf is empty");
    let mut driver = retry.start_async();
    let delay = driver.after(AttemptEnd::Failed(class), None).unwrap();
    driver.sleep(delay, None).await;
    driver.begin_attempt();
    driver.after(AttemptEnd::Failed(Classification::transient()), None).unwrap_err();
    drop(driver);
    tokio::time::advance(SECOND).await;
    (registry, retry)
}

#[tokio::test(start_paused = true)]
async fn r15_the_text_of_a_snapshot_says_how_calls_ended_and_what_failed_last() {
    let (registry, retry) = failed().await;
    let at_once =
        if cfg!(feature = "metrics") { "0" } else { "not counted, needs the feature `metrics`" };
    let expected = format!(
        "stock: 0 calls recovered, 1 gave up (1 exhausted), 0 cancelled, 0 panicked\n  \
         calls that succeeded at once: {at_once}\n  \
         2 attempts, 1 retries, 0 waits for the circuit, 500ms between attempts\n  \
         failure 1.5s ago: attempt 1: shelf is empty\n  \
         failure 1s ago: attempt 2"
    );
    assert_eq!(retry.snapshot().to_string(), expected);
    registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    let text = retry.snapshot().to_string();
    assert!(text.lines().next().unwrap().ends_with("; settings overridden"), "{text}");
}

#[cfg(feature = "serde")]
#[tokio::test(start_paused = true)]
async fn r15_the_json_of_a_snapshot_has_the_counts_and_the_last_failures() {
    let (_registry, retry) = failed().await;
    let mut json = serde_json::to_value(retry.snapshot()).unwrap();
    json.as_object_mut().unwrap().remove("settings_with_origin").expect("the settings");
    let first_try = cfg!(feature = "metrics").then_some(0);
    let expected = serde_json::json!({
        "name": "stock", "is_overridden": false, "first_try": first_try,
        "counts": {
            "retried": 1, "recovered": 0, "waited": 0, "cancelled": 0, "panicked": 0,
            "attempts": 2, "retries": 1, "waits": 0, "waiting_time_seconds": 0.5,
            "give_ups": {
                "exhausted": 1, "not_retryable": 0, "elapsed": 0, "deadline": 0, "budget": 0,
                "circuit_open": 0, "hint": 0, "nested": 0, "no_timer": 0,
                "gate": 0, "closed": 0
            }
        },
        "last_failures": [
            { "seconds_ago": 1.5, "attempt": 1, "text": "shelf is empty" },
            { "seconds_ago": 1.0, "attempt": 2 }
        ]
    });
    assert_eq!(json, expected);
}
