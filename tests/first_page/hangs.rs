//! The provider of the example hangs: it accepts requests and never responds.

use resilient::breaker::CircuitState;
use resilient_testkit::{ms, secs};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::provider::{Mood, Provider, breaker};
use super::{is_rejected, numbers, thousand_calls};
use crate::{PayError, charge};

#[tokio::test(start_paused = true)]
async fn of_a_thousand_callers_each_sends_one_request_and_waits_for_little_more_than_an_attempt() {
    let provider = Provider::with(Mood::Hangs).await;
    let start = Instant::now();
    let results = thousand_calls().await;
    assert!(start.elapsed() <= ms(2200), "{:?}", start.elapsed());
    assert!(results.iter().all(|result| matches!(result, Err(PayError::TimedOut(_)))));
    assert_eq!(provider.requests(), 1000);
    assert_eq!(breaker().state(), CircuitState::Open);

    let start = Instant::now();
    assert!(thousand_calls().await.iter().all(is_rejected));
    assert_eq!((start.elapsed(), provider.requests()), (secs(0), 1000));
}

#[tokio::test(start_paused = true)]
async fn of_callers_that_wait_at_the_same_time_at_most_four_send_a_second_request() {
    for seed in 0..10 {
        let provider = Provider::with(Mood::Hangs).await;
        let mut random = numbers(seed);
        let mut calls = JoinSet::new();
        for number in 0..1000 {
            let begins = ms(random(1900));
            calls.spawn(async move {
                sleep(begins).await;
                charge(&format!("order-{number}"), 450).await
            });
        }
        let results = calls.join_all().await;
        assert!(results.iter().all(|result| matches!(result, Err(PayError::TimedOut(_)))));
        assert!((1000..=1004).contains(&provider.requests()), "{}", provider.requests());
        assert_eq!(breaker().state(), CircuitState::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn of_callers_one_after_the_other_three_wait_and_the_others_are_rejected_at_once() {
    let provider = Provider::with(Mood::Hangs).await;
    let mut waited = 0;
    for _ in 0..100 {
        let start = Instant::now();
        let result = charge("order", 450).await;
        assert!(start.elapsed() <= ms(5001), "{:?}", start.elapsed());
        if start.elapsed().is_zero() {
            assert!(is_rejected(&result), "{result:?}");
        } else {
            waited += 1;
        }
    }
    assert_eq!((waited, breaker().state()), (3, CircuitState::Open));
    assert_eq!(provider.requests(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_opens_the_circuit_again() {
    let provider = Provider::with(Mood::Hangs).await;
    thousand_calls().await;
    sleep(secs(30)).await;
    assert_eq!(breaker().state(), CircuitState::HalfOpen);
    let start = Instant::now();
    let results = thousand_calls().await;
    assert_eq!(results.iter().filter(|result| is_rejected(result)).count(), 999);
    assert!(start.elapsed() <= ms(2001), "{:?}", start.elapsed());
    assert_eq!((provider.requests(), breaker().state()), (1001, CircuitState::Open));
}
