//! The provider of the example refuses requests, and recovers.

use std::collections::HashSet;

use resilient::RetryBudget;
use resilient::breaker::CircuitState;
use resilient_testkit::{ms, poll_once, secs};
use tokio::time::{Instant, sleep, sleep_until};

use super::provider::{Mood, Provider, breaker, budget};
use super::{is_rejected, thousand_calls};
use crate::{PayError, charge};

/// Returns a provider that has refused requests until the circuit opened.
async fn after_an_outage() -> Provider {
    let provider = Provider::with(Mood::Refuses).await;
    thousand_calls().await;
    assert_eq!(breaker().state(), CircuitState::Open);
    provider
}

#[tokio::test(start_paused = true)]
async fn after_five_failures_in_a_row_calls_are_rejected_at_once_without_a_request() {
    let provider = Provider::with(Mood::Refuses).await;
    for _ in 0..2 {
        assert!(matches!(charge("order", 450).await, Err(PayError::NoResponse)));
    }
    assert_eq!((provider.requests(), breaker().state()), (5, CircuitState::Open));
    let start = Instant::now();
    assert!(thousand_calls().await.iter().all(is_rejected));
    assert_eq!((provider.requests(), start.elapsed()), (5, secs(0)));
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_callers_at_once_five_reach_a_provider_that_refuses() {
    let provider = after_an_outage().await;
    assert_eq!(provider.requests(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_waits_of_a_call_are_random_and_at_most_100_200_and_400_milliseconds() {
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let provider = Provider::with(Mood::Refuses).await;
        assert!(matches!(charge("order", 450).await, Err(PayError::NoResponse)));
        let waits = provider.waits();
        assert_eq!(waits.len(), 3);
        // tokio's timers are late by up to a millisecond.
        assert!(waits.iter().zip([101, 201, 401]).all(|(wait, most)| *wait <= ms(most)));
        seen.extend(waits);
    }
    assert!(seen.len() > 100, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_rejects_calls_for_thirty_seconds() {
    let opens = Instant::now();
    let provider = after_an_outage().await;
    sleep_until(opens + secs(30) - ms(1)).await;
    assert!(thousand_calls().await.iter().all(is_rejected));
    assert_eq!(provider.requests(), 5);
    sleep(ms(1)).await;
    charge("probe", 450).await.ok();
    assert_eq!(provider.requests(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_has_sent_nothing() {
    let provider = after_an_outage().await;
    assert!(is_rejected(&charge("rejected", 450).await));
    assert_eq!(provider.requests_by_key().get("rejected"), None);
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_later_one_of_a_thousand_callers_tries_and_closes_the_circuit() {
    let provider = after_an_outage().await;
    provider.becomes(Mood::Responds(1000));
    sleep(secs(30)).await;
    let results = thousand_calls().await;
    assert_eq!(results.iter().filter(|result| is_rejected(result)).count(), 999);
    assert_eq!((provider.requests(), breaker().state()), (6, CircuitState::Closed));
    assert!(thousand_calls().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_or_panics_keeps_the_circuit_open_for_another_thirty_seconds() {
    for mood in [Mood::Refuses, Mood::Panics] {
        let provider = after_an_outage().await;
        provider.becomes(mood);
        sleep(secs(30)).await;
        let probe = tokio::spawn(charge("order", 450)).await;
        assert_eq!(probe.is_err(), mood == Mood::Panics);
        assert_eq!((provider.requests(), breaker().state()), (6, CircuitState::Open));
        let open = breaker().snapshot().retry_after.unwrap();
        assert_eq!(open, secs(30));
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_card_is_declined_closes_the_circuit() {
    let provider = after_an_outage().await;
    provider.becomes(Mood::Declines);
    sleep(secs(30)).await;
    assert!(matches!(charge("order", 450).await, Err(PayError::Declined)));
    assert_eq!((provider.requests(), breaker().state()), (6, CircuitState::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_sent_is_not_rejected_if_the_circuit_opens_while_it_waits_for_a_retry() {
    let provider = Provider::with(Mood::Refuses).await;
    let results = thousand_calls().await;
    let sent = results.iter().filter(|result| matches!(result, Err(PayError::NoResponse)));
    assert_eq!((sent.count(), provider.requests()), (5, 5));
    assert_eq!(results.iter().filter(|result| is_rejected(result)).count(), 995);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_caller_leaves_makes_room_for_the_next_one() {
    let provider = after_an_outage().await;
    provider.becomes(Mood::Hangs);
    sleep(secs(30)).await;
    assert!(poll_once(charge("order", 450)).is_pending());
    provider.becomes(Mood::Works);
    assert_eq!(charge("order", 450).await.unwrap(), "450 cents");
    assert_eq!(breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_arrives_after_the_circuit_opened_does_not_close_it() {
    let provider = Provider::with(Mood::Responds(1900)).await;
    let slow = tokio::spawn(charge("slow", 450));
    tokio::task::yield_now().await;
    provider.becomes(Mood::Refuses);
    thousand_calls().await;
    assert_eq!(slow.await.unwrap().unwrap(), "450 cents");
    assert_eq!(breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_new_process_pays_for_ten_retries_that_fail() {
    let _provider = Provider::with(Mood::Works).await;
    let new = RetryBudget::new("new", budget().config());
    let mut retries = 0;
    while let Some(reservation) = new.try_reserve() {
        reservation.spend();
        retries += 1;
    }
    assert_eq!(retries, 10);
}

#[tokio::test(start_paused = true)]
async fn retries_that_fail_are_at_most_the_hundred_in_store_and_one_for_five_calls_that_succeed() {
    let provider = Provider::with(Mood::WorksEvery(5)).await;
    // Calls that succeed at their first attempt.
    let mut succeeded = 0;
    let mut failed_retries = 0;
    for number in 0..2_000 {
        let before = provider.requests();
        let result = charge(&format!("order-{number}"), 450).await;
        let retries = provider.requests() - before - 1;
        succeeded += usize::from(result.is_ok() && retries == 0);
        failed_retries += retries - usize::from(result.is_ok() && retries > 0);
        assert!(failed_retries <= 100 + succeeded / 5, "{failed_retries} of {succeeded}");
    }
    assert!(failed_retries > 100, "{failed_retries} of {succeeded}");
    assert_eq!(breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn retries_that_succeed_cost_nothing() {
    let provider = Provider::with(Mood::WorksEvery(2)).await;
    for number in 0..1000 {
        assert!(charge(&format!("order-{number}"), 450).await.is_ok());
    }
    assert_eq!((provider.requests(), budget().tokens()), (2000, budget().config().capacity()));
}
