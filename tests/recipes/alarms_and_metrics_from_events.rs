//! The recipe that makes alarms and metrics from events.

use super::dependency;

// excerpt: recipe
use resilient::Registry;
use resilient::breaker::CircuitState;
use resilient::events::EventKind;

// Once, when the program starts.
fn raise_alarms() {
    Registry::global().on_event(|event| {
        if let EventKind::Transition(step) = event.kind() {
            if step.to == CircuitState::Open {
                alarm(&format!("{} is open: {}", event.name(), step.reason));
            }
        }
    });
}

fn alarm(text: &str) {
    ALARMS.lock().unwrap().push(text.to_owned()); // not shown
    // A listener runs within a call: send slow work to a channel.
    eprintln!("{text}");
}

// Every few seconds.
fn gauges() -> Vec<(String, &'static str, u64, u64)> {
    let mut gauges = Vec::new();
    for one in Registry::global().snapshot() {
        let (failed, rejected) = (one.totals.failure, one.totals.rejected);
        gauges.push((one.name, one.state.as_str(), failed, rejected));
    }
    gauges
}
// end excerpt

static ALARMS: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

#[resilient::circuit_breaker(name = "ledger", failure_threshold = 2)]
async fn book() -> std::io::Result<()> {
    Ok(dependency::call(std::io::ErrorKind::ConnectionReset).await?)
}

#[tokio::test]
async fn an_opening_raises_an_alarm_and_snapshots_have_the_counts() {
    raise_alarms();
    dependency::fail(u32::MAX);
    for _ in 0..3 {
        book().await.unwrap_err();
    }
    assert!(gauges().contains(&("ledger".to_owned(), "open", 2, 1)));
    let alarms = ALARMS.lock().unwrap();
    let of_ledger: Vec<_> = alarms.iter().filter(|text| text.starts_with("ledger ")).collect();
    assert_eq!(of_ledger, ["ledger is open: failure threshold reached"]);
}
