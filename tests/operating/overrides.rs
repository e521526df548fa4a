//! Overrides: documents, what wins, reloading, and a breaker that observes at first.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

// excerpt: document
use resilient::Registry;
use resilient::registry::LoadError;

/// Call it with `Registry::global()`. Returns the names that no breaker has: they are not
/// called yet, or misspelt.
fn apply(registry: &Registry) -> Result<Vec<String>, LoadError> {
    let applied = registry.apply_toml(
        r#"
    [defaults]                # for breakers whose code leaves it open
    recovery_time = "10s"
    recovery_jitter = "20%"

    [breakers.payments]       # wins over the code
    failure_threshold = 8
    recovery_time = "1m 30s"

    [breakers.search]         # consecutive failures no longer count, unless by the code
    window = 100
    failure_rate = 0.5

    [breakers."shop::*"]      # all names with this prefix
    recovery_factor = 2

    [breakers."shop::basket::load"]     # a default name: the path of the function
    mode = "forced_open"

    [breakers.tenants.keys."acme"]      # one key of a breaker with keys
    mode = "disabled"

    [retries.stock]           # stops these retries now
    max_retries = 0

    [budgets.payments]        # stops all retries that this budget pays for
    capacity = 0
"#,
    )?;
    Ok(applied.waiting)
}
// end excerpt

#[test]
fn the_document_of_the_guide_is_accepted_and_waits_for_its_names() {
    let registry = Registry::new();
    let waiting = ["payments", "search", "shop::*", "shop::basket::load", "tenants"];
    assert_eq!(apply(&registry).unwrap(), waiting);
}

// excerpt: refused
#[test]
fn a_refused_document_changes_nothing_and_says_why() {
    use resilient::{BreakerConfig, Registry};

    let registry = Registry::new();
    let payments = registry.get_or_register("payments", BreakerConfig::default());
    let document = "
[breakers.payments]
failure_rate = 0.5
";
    let refused = registry.apply_toml(document).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "overrides, line 3: [breakers.payments]: `failure_rate` is 0.5: needs a \
         `window`: a number of calls or a time",
    );
    assert_eq!(payments.config(), BreakerConfig::default());
}
// end excerpt

#[test]
fn a_misspelt_key_and_a_mode_for_all_are_refused() {
    let registry = Registry::new();
    let payments = registry.get_or_register("payments", BreakerConfig::default());
    let refused = registry.apply_toml("[breakers.payments]\nfailure_treshold = 1").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "overrides, line 2: [breakers.payments]: unknown key `failure_treshold`: did you mean \
         `failure_threshold`?",
    );
    assert!(registry.apply_toml("[defaults]\nmode = 'disabled'").is_err());
    assert_eq!(payments.config(), BreakerConfig::default());
    assert_eq!(payments.state(), CircuitState::Closed);
}

// excerpt: wins
#[test]
fn the_override_wins_over_the_code_and_the_code_over_the_defaults() {
    use resilient::{BreakerConfig, Registry};

    let registry = Registry::new();
    let code = BreakerConfig::builder().failure_threshold(3).recovery_time("60s");
    let payments = registry.get_or_register("payments", code.build().unwrap());
    let document = r#"
        [defaults]
        recovery_time = "10s"
        half_open_successes = 2

        [breakers.payments]
        failure_threshold = 8
    "#;
    registry.apply_toml(document).unwrap();
    let holds = BreakerConfig::builder()
        .failure_threshold(8) // by its override
        .recovery_time("60s") // by the code
        .half_open_successes(2); // by the defaults
    assert_eq!(payments.config(), holds.build().unwrap());
}
// end excerpt

// excerpt: origin
#[test]
fn each_setting_says_where_it_comes_from() {
    use resilient::settings::SettingOrigin;
    use resilient::{BreakerConfig, Registry};

    let registry = Registry::new();
    let payments = registry.get_or_register("payments", BreakerConfig::default());
    let threshold = BreakerConfig::builder().failure_threshold(8);
    registry.override_breaker("pay*", threshold).unwrap();

    let settings = payments.settings_with_origin();
    let threshold = settings.get("failure_threshold").unwrap();
    assert!(matches!(threshold.origin, SettingOrigin::Override(_)));
    assert_eq!(threshold.to_string(), "failure_threshold = 8 by [breakers.\"pay*\"]");
}
// end excerpt

// excerpt: reload
#[test]
fn a_live_breaker_keeps_its_streak_and_the_time_since_it_opened() {
    use resilient::breaker::CircuitState;
    use resilient::time::ManualClock;
    use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};
    use std::time::Duration;

    let (registry, clock) = (Registry::new(), ManualClock::new());
    let config = BreakerConfig::default();
    let payments = CircuitBreaker::with_clock("payments", config, clock.clone());
    registry.register(&payments).unwrap();
    let fail = || payments.try_acquire().unwrap().report(Outcome::Failure);

    (0..3).for_each(|_| fail()); // three failures in a row, of five
    let threshold = BreakerConfig::builder().failure_threshold(4);
    registry.override_breaker("payments", threshold).unwrap();
    assert_eq!(payments.snapshot().consecutive_failures, 3);

    fail();
    assert_eq!(payments.state(), CircuitState::Open);
    clock.advance(Duration::from_secs(2)); // open for two seconds, of thirty
    let shorter = BreakerConfig::builder().recovery_time("5s");
    registry.override_breaker("payments", shorter).unwrap();
    assert_eq!(payments.snapshot().retry_after, Some(Duration::from_secs(3)));
}
// end excerpt

#[test]
fn a_mode_ends_with_its_override_and_a_window_keeps_its_newest_outcomes() {
    let registry = Registry::new();
    let config = BreakerConfig::default();
    let payments = CircuitBreaker::with_clock("payments", config, ManualClock::new());
    registry.register(&payments).unwrap();
    let fail = || payments.try_acquire().unwrap().report(Outcome::Failure);
    let window = |calls: u32| BreakerConfig::builder().window(calls).failure_rate(1.0);

    registry.override_breaker("payments", resilient::breaker::OperatorMode::Disabled).unwrap();
    registry.clear_override("payments").unwrap();
    assert_eq!(payments.state(), CircuitState::Closed);

    registry.override_breaker("payments", window(4)).unwrap();
    (0..3).for_each(|_| fail());
    registry.override_breaker("payments", window(2)).unwrap();
    assert_eq!(payments.state(), CircuitState::Closed);
    assert_eq!(payments.snapshot().window.unwrap().failures, 2);
    fail();
    assert_eq!(payments.state(), CircuitState::Open);

    payments.close();
    fail();
    let time = BreakerConfig::builder().window(Duration::from_secs(9)).failure_rate(1.0);
    registry.override_breaker("payments", time).unwrap();
    let snapshot = payments.snapshot();
    assert_eq!((snapshot.window.unwrap().calls, snapshot.consecutive_failures), (0, 1));
}

// excerpt: load
/// Loads the file when the program starts, and again when it has changed.
fn load() {
    match Registry::global().load_overrides_from_env("RESILIENT_OVERRIDES") {
        Ok(None) => {} // the variable is not set
        Ok(Some(applied)) => {
            let others = [applied.waiting_budgets, applied.waiting_retries];
            for name in applied.waiting.iter().chain(others.iter().flatten()) {
                eprintln!("nothing is named {name}: not called yet, or misspelt");
            }
        }
        // Nothing was changed.
        Err(error) => eprintln!("{error}"),
    }
}
// end excerpt

// excerpt: introduce
use resilient::{circuit_breaker, timeout};

#[circuit_breaker(name = "quotes", window = 100, failure_rate = "50%")]
#[timeout("2s")]
async fn quote(id: u32) -> Option<u32> {
    // Ask for the quote here. The first ones fail.
    (id > 10).then_some(id)
}

#[tokio::test]
async fn an_observing_breaker_reports_that_it_would_have_opened() {
    use resilient::breaker::{CircuitState, TransitionReason};
    use resilient::events::EventKind;

    let mut events = Registry::global().subscribe(64);
    let observe = "[breakers.quotes]\nmode = 'observe_only'";
    Registry::global().apply_toml(observe).unwrap();
    for id in 0..30 {
        quote(id).await;
    }
    let opening = loop {
        let event = events.next().await.unwrap();
        if let EventKind::WouldOpen(opening) = event.kind() {
            break opening.clone();
        }
    };
    println!("would have opened: {opening}");
    assert_eq!(opening.condition().reason(), TransitionReason::FailureRate);
    let quotes = Registry::global().get("quotes").unwrap();
    let seen = quotes.snapshot();
    assert_eq!((seen.totals.rejected, seen.window.unwrap().calls), (0, 30));

    Registry::global().apply_toml("").unwrap(); // from now on it rejects calls
    assert_eq!(quotes.state(), CircuitState::Closed);
}
// end excerpt

#[test]
fn without_the_variable_nothing_is_loaded() {
    load();
}
