//! Rule B20: a snapshot shows how far each condition is from being met.

use resilient::breaker::{BreakerConfigBuilder, CircuitState};
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use super::fail_with;
use resilient_testkit::{calls, closed, due, fragile, secs, take};

fn distances(breaker: &CircuitBreaker) -> Vec<String> {
    let snapshot = breaker.snapshot();
    let text = snapshot.to_string();
    for distance in &snapshot.distances {
        assert!(!distance.is_met());
        assert!(text.contains(&distance.to_string()), "{text}");
    }
    snapshot.distances.iter().map(ToString::to_string).collect()
}

fn every_condition() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .failure_threshold(5)
        .window(10)
        .min_calls(4)
        .failure_count(8)
        .failure_rate("90%")
        .slow_call("2s")
        .slow_call_rate("50%")
}

#[test]
fn b20_a_closed_breaker_shows_each_condition_that_is_set() {
    let (breaker, clock) = closed(&BreakerConfig::builder());
    assert_eq!(distances(&breaker), ["0 of 5 consecutive failures"]);
    calls(&breaker, "SFFF");
    assert_eq!(distances(&breaker), ["3 of 5 consecutive failures"]);
    drop(clock);
    let (breaker, clock) = closed(&every_condition());
    calls(&breaker, "FF");
    assert_eq!(
        distances(&breaker),
        [
            "2 of 5 consecutive failures",
            "2 of 8 failures in the last 10 calls",
            "2 of 2 calls failed, limit 90% of 4 calls or more",
            "0 of 2 calls slow or hung, limit 50% of 4 calls or more",
        ]
    );
    take(&breaker, &clock, secs(2), Outcome::Success);
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(3));
    let expected = "2 of 4 calls slow or hung, limit 50%";
    assert_eq!(breaker.snapshot().distances[3].to_string(), expected);
    assert!(breaker.snapshot().distances[3].is_met(), "the next call tests the condition");
    assert_eq!(breaker.state(), CircuitState::Closed);
    drop(hung);
}

#[test]
fn b20_a_half_open_breaker_shows_what_closes_it_and_what_opens_it_again() {
    let (breaker, _clock) = due(&fragile().half_open_successes(3).half_open_failures(1));
    let both = ["0 of 2 failed probes", "0 of 3 successful probes"];
    assert_eq!(distances(&breaker), both, "no call has come yet");
    calls(&breaker, "S");
    fail_with(&breaker, "down");
    assert_eq!(distances(&breaker), ["1 of 2 failed probes", "1 of 3 successful probes"]);
}

#[test]
fn b20_a_state_that_no_call_changes_shows_no_distance() {
    let (breaker, clock) = closed(&fragile());
    calls(&breaker, "F");
    assert_eq!(distances(&breaker), [""; 0]);
    breaker.disable();
    assert_eq!(distances(&breaker), [""; 0]);
    breaker.force_open_for(secs(1));
    assert_eq!(distances(&breaker), [""; 0]);
    clock.advance(secs(1));
    assert_eq!(
        distances(&breaker),
        ["0 of 1 consecutive failure"],
        "the next call finds it closed"
    );
    breaker.observe_only();
    assert_eq!(distances(&breaker), ["0 of 1 consecutive failure"]);
}
