//! What one call of the example does.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use resilient::breaker::CircuitState;
use resilient::retries::TimeLimit;
use resilient_testkit::{OWN_PANIC, ms, panic_of, poll_once, secs};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::provider::{Mood, Provider, breaker, budget};
use crate::{PayError, charge};

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_payment_has_the_same_key() {
    let provider = Provider::with(Mood::Hangs).await;
    let recovers = async {
        sleep(secs(1)).await;
        provider.becomes(Mood::Works);
    };
    let (paid, ()) = tokio::join!(charge("order-1017", 450), recovers);
    assert_eq!(paid.unwrap(), "450 cents");
    assert_eq!(provider.requests_by_key(), HashMap::from([("order-1017".to_owned(), 2)]));
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_is_not_retried_and_never_opens_the_circuit() {
    let provider = Provider::with(Mood::Declines).await;
    for _ in 0..100 {
        assert!(matches!(charge("order", 450).await, Err(PayError::Declined)));
    }
    assert_eq!(provider.requests(), 100);
    assert_eq!(breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_response_within_two_seconds_is_used() {
    let provider = Provider::with(Mood::Responds(1990)).await;
    for _ in 0..100 {
        assert_eq!(charge("order", 450).await.unwrap(), "450 cents");
    }
    assert_eq!(provider.requests(), 100);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_after_two_seconds_and_a_call_after_five() {
    for mood in [Mood::Hangs, Mood::Responds(2010)] {
        let provider = Provider::with(mood).await;
        let start = Instant::now();
        let Err(PayError::TimedOut(late)) = charge("order", 450).await else { panic!("{mood:?}") };
        assert_eq!((late.limit(), provider.requests()), (TimeLimit::Deadline, 3));
        assert!(start.elapsed() <= ms(5001), "{:?}", start.elapsed());
        assert_eq!(breaker().snapshot().consecutive_failures, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_reaches_its_caller_and_counts_as_a_failure() {
    let provider = Provider::with(Mood::Panics).await;
    for number in 1..=5 {
        assert_eq!(breaker().state(), CircuitState::Closed);
        let call = AssertUnwindSafe(|| poll_once(charge("order", 450)).is_ready());
        assert_eq!(panic_of(call), OWN_PANIC);
        assert_eq!(provider.requests(), number);
    }
    assert_eq!(breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_caller_leaves_is_no_failure_and_leaves_nothing_behind() {
    let provider = Provider::with(Mood::Hangs).await;
    for _ in 0..100 {
        assert!(poll_once(charge("order", 450)).is_pending());
    }
    provider.becomes(Mood::Refuses);
    // These callers leave while the call sleeps before its first retry.
    for _ in 0..4 {
        assert!(poll_once(charge("order", 450)).is_pending());
    }
    let snapshot = breaker().snapshot();
    assert_eq!((snapshot.in_flight, snapshot.consecutive_failures), (0, 4));
    assert_eq!(budget().tokens(), budget().config().capacity());
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
    sleep(secs(60)).await;
    assert_eq!(provider.requests(), 104);
}
