//! What operators see: events, metrics, snapshots, and a dependency that hangs.

// excerpt: events
use resilient::Registry;
use resilient::events::{EventKind, Subscription};

/// Reports each change of state. Run it as a task, with
/// `Registry::global().subscribe(256)`.
async fn report_changes(mut events: Subscription) -> u32 {
    let mut reports = 0;
    while let Some(event) = events.next().await {
        if let EventKind::Transition(step) = event.kind() {
            // Write to the chat of the operators here.
            println!("{} is {}: {}", event.name(), step.to, step.reason);
            reports += 1;
        }
    }
    reports
}
// end excerpt

#[tokio::test]
async fn each_change_of_state_is_an_event_and_the_events_end_with_the_registry() {
    let registry = Registry::new();
    let payments = registry.get_or_register("payments", resilient::BreakerConfig::default());
    let events = registry.subscribe(256);
    payments.force_open();
    drop((registry, payments));
    assert_eq!(report_changes(events).await, 1);
}

// excerpt: metrics
use metrics_exporter_prometheus::PrometheusHandle;

/// The handler of `/metrics`. At the start of the program, the handle comes from
/// `PrometheusBuilder::new().with_recommended_naming(true).install_recorder()`.
fn metrics(recorder: &PrometheusHandle) -> String {
    Registry::global().record_metrics();
    recorder.render()
}
// end excerpt

#[test]
fn the_state_of_a_breaker_is_a_metric() {
    use metrics_exporter_prometheus::PrometheusBuilder;

    let recorder = PrometheusBuilder::new().with_recommended_naming(true);
    let recorder = recorder.install_recorder().unwrap();
    let config = resilient::BreakerConfig::default();
    Registry::global().get_or_register("payments", config).trip().unwrap();
    let body = metrics(&recorder);
    assert!(body.contains(r#"resilient_breaker_state{breaker="payments",state="open"} 1"#));
}

// excerpt: snapshot
use resilient::CircuitBreaker;

/// For the handler of an admin page.
fn snapshot_as_json(breaker: &CircuitBreaker) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&breaker.snapshot())
}
// end excerpt

#[test]
fn the_guide_shows_the_json_of_a_snapshot() {
    use resilient::time::ManualClock;
    use resilient::{BreakerConfig, Outcome};
    use std::time::Duration;

    let clock = ManualClock::new();
    let config = BreakerConfig::builder().window(20).failure_rate(0.5).build().unwrap();
    let payments = CircuitBreaker::with_clock("payments", config, clock.clone());

    clock.advance(Duration::from_secs(3_600));
    for outcome in [[Outcome::Success; 6], [Outcome::Failure; 6]].concat() {
        payments.try_acquire().unwrap().report(outcome);
    }
    clock.advance(Duration::from_secs(12));
    payments.try_acquire().unwrap_err();
    let json = snapshot_as_json(&payments).unwrap();
    let (begin, rest) = json.split_once("  \"settings_with_origin\": {\n").unwrap();
    let (settings, end) = rest.split_once("\n  },\n").unwrap();
    assert!(settings.contains("\"value\": 0.5,\n      \"origin\": \"code\","), "{settings}");
    let json = format!("{begin}  \"settings_with_origin\": {{ … }},\n{end}");
    let page = include_str!("../../docs/operating.md");
    assert!(page.contains(&format!("```json\n{json}\n```\n")), "the guide should show\n{json}");
}

// excerpt: hang
#[test]
fn calls_that_hang_open_the_circuit_if_slow_calls_count() {
    use resilient::BreakerConfig;
    use resilient::breaker::{CircuitState, TransitionReason};
    use resilient::time::ManualClock;
    use std::time::Duration;

    let clock = ManualClock::new();
    let config = BreakerConfig::builder().window(100).slow_call("2s").slow_call_rate(0.8);
    let config = config.build().unwrap();
    let payments = CircuitBreaker::with_clock("payments", config, clock.clone());

    let hung: Vec<_> = (0..402).map(|_| payments.try_acquire().unwrap()).collect();
    clock.advance(Duration::from_secs(3));
    let snapshot = payments.snapshot();
    assert_eq!((snapshot.in_flight, snapshot.overdue), (402, 402));

    assert!(payments.try_acquire().is_err(), "the next call finds the circuit open");
    let snapshot = payments.snapshot();
    assert_eq!(snapshot.state, CircuitState::Open);
    assert_eq!(snapshot.recent[0].reason, TransitionReason::SlowCallRate);
    assert_eq!(snapshot.last_opening.unwrap().overdue, 402);
    drop(hung);
}
// end excerpt
