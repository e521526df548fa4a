//! What the page says about each call holds whatever the provider does, also if callers leave.

use std::collections::HashMap;

use resilient_testkit::{ms, secs};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::provider::{Mood, Provider, breaker};
use super::{is_rejected, numbers};
use crate::{PayError, charge};

const MOODS: [Mood; 10] = [
    Mood::Works,
    Mood::Works,
    Mood::Works,
    Mood::Responds(1990),
    Mood::Responds(2010),
    Mood::Hangs,
    Mood::Refuses,
    Mood::WorksEvery(5),
    Mood::Declines,
    Mood::Panics,
];

/// Makes a thousand calls while the provider changes again and again, and counts how they end.
async fn storm(seed: u64, ends: &mut HashMap<&'static str, usize>) {
    let provider = Provider::with(Mood::Works).await;
    let mut random = numbers(seed);
    let mut calls = JoinSet::new();
    for number in 0..1000 {
        let key = format!("order-{number}");
        let patience = if random(5) == 0 { ms(random(5000)) } else { secs(60) };
        calls.spawn(async move {
            let start = Instant::now();
            let result = timeout(patience, charge(&key, 450)).await;
            (key, start.elapsed(), result)
        });
        sleep(ms(random(500))).await;
        if random(12) == 0 {
            provider.becomes(MOODS[usize::try_from(random(10)).unwrap()]);
        }
    }
    while let Some(call) = calls.join_next().await {
        let end = match call {
            Err(_) => "panic",
            Ok((key, elapsed, result)) => {
                assert!(elapsed <= ms(5001), "{key}: {elapsed:?}");
                let requests = provider.requests_by_key().get(&key).copied().unwrap_or_default();
                assert!(requests <= 4, "{key}: {requests}");
                match result {
                    Err(_) => "left",
                    Ok(result) if is_rejected(&result) => {
                        assert_eq!((requests, elapsed), (0, secs(0)), "{key}");
                        "rejected"
                    }
                    Ok(Err(PayError::TimedOut(_))) => "timed out",
                    Ok(Err(PayError::NoResponse)) => "no response",
                    Ok(_) => "response",
                }
            }
        };
        *ends.entry(end).or_default() += 1;
    }
    assert_eq!(breaker().snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn no_call_takes_more_than_five_seconds_or_four_attempts_and_a_rejected_one_sent_nothing() {
    let mut ends = HashMap::new();
    for seed in 0..10 {
        storm(seed, &mut ends).await;
    }
    assert!(ends.len() == 6 && ends.values().all(|count| *count >= 20), "{ends:?}");
}
