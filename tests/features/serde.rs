//! The feature `serde` writes snapshots as JSON and reads overrides from JSON.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, KeyedBreakers, ManualChange, OperatorMode};
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::registry::{BreakerOverride, Overrides};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, RetryBudget};
use resilient_testkit::secs;
use serde_json::{Value, json};

fn report(breaker: &CircuitBreaker, outcome: Outcome) {
    breaker.try_acquire().unwrap().report(outcome);
}

#[test]
fn a_snapshot_is_written_as_json_with_times_in_seconds() {
    let clock = ManualClock::new();
    let config = BreakerConfig::builder().window(10).failure_count(2).recovery_time(secs(30));
    let config = config.slow_call(secs(2)).slow_call_rate(1.0);
    let breaker = CircuitBreaker::with_clock("payments", config.build().unwrap(), clock.clone());
    report(&breaker, Outcome::Success);
    let slow = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_millis(2_500));
    slow.report(Outcome::Failure);
    report(&breaker, Outcome::Ignored);
    drop(breaker.try_acquire().unwrap());
    report(&breaker, Outcome::Failure);
    clock.advance(Duration::from_millis(1_250));
    drop(breaker.try_acquire().unwrap_err());
    let expected = json!({
        "name": "payments",
        "key": null,
        "state": "open",
        "since_seconds_ago": 1.25,
        "retry_after_seconds": 28.75,
        "ends_in_seconds": 28.75,
        "operator": null,
        "operator_reason": null,
        "override_table": null,
        "consecutive_failures": 0,
        "window": null,
        "last_opening": {
            "calls": 3, "failures": 2, "slow": 1, "overdue": 0, "consecutive_failures": 2
        },
        "distances": [],
        "last_failures": [
            {"seconds_ago": 1.25, "took_seconds": 2.5, "text": null},
            {"seconds_ago": 1.25, "took_seconds": 0.0, "text": null}
        ],
        "in_flight": 0,
        "overdue": 0,
        "probes_in_flight": 0,
        "waiting": 0,
        "totals": {
            "success": 1, "failure": 2, "ignored": 1,
            "abandoned": 1, "late": 0, "rejected": 1, "slow": 1
        },
        "in_state": {
            "success": 0, "failure": 0, "ignored": 0,
            "abandoned": 0, "late": 0, "rejected": 1, "slow": 0
        },
        "rejections": {"open": 1, "half_open": 0, "forced_open": 0},
        "transitions": {
            "closed": 0, "opened": 1, "half_opened": 0,
            "forced_open": 0, "disabled": 0, "observe_only": 0
        },
        "seconds_in_state": {
            "closed": 2.5, "open": 1.25, "half_open": 0.0,
            "forced_open": 0.0, "disabled": 0.0, "observe_only": 0.0
        },
        "recent": [
            {
                "seconds_ago": 1.25,
                "from": "closed",
                "to": "open",
                "reason": "failure_count",
                "lasts_seconds": 30.0,
                "condition": {
                    "setting": "failure_count", "count": 2, "limit": 2, "is_met": true,
                    "text": "2 failures in the last 10 calls"
                },
                "last_failure": {"seconds_ago": 1.25, "took_seconds": 0.0, "text": null}
            }
        ],
        "listener_panics": 0,
        "lost_events": 0
    });
    let mut shown = serde_json::to_value(breaker.snapshot()).unwrap();
    let settings = shown.as_object_mut().unwrap().remove("settings_with_origin").unwrap();
    assert_eq!(shown, expected);
    let settings = settings.as_object().unwrap();
    let known = resilient_settings::breaker::TABLE.names();
    assert_eq!(settings.len(), known.count());
    assert_eq!(settings["min_calls"], json!({ "value": 10, "origin": "library" }));
    assert_eq!(settings["failure_rate"], json!({ "value": null, "origin": "library" }));
    let slow_call = &settings["slow_call"];
    assert_eq!((&slow_call["value"], &slow_call["origin"]), (&json!("2s"), &json!("code")));
    let place = slow_call["place"].as_str().unwrap();
    assert!(place.starts_with(&format!("{}:", file!())), "{place}");
}

#[test]
fn the_origin_of_each_setting_is_json() {
    let registry = resilient::Registry::new();
    let code = BreakerConfig::builder().failure_threshold(3).recovery_time(secs(90));
    let breaker = registry.get_or_register("payments", code.build().unwrap());
    let builder = BreakerConfig::builder;
    let overrides = Overrides::new()
        .with_defaults(builder().half_open_successes(2).recovery_jitter(0.5))
        .with("payments", builder().failure_threshold(8))
        .with("pay*", BreakerOverride::from(OperatorMode::Disabled));
    registry.set_overrides(overrides).unwrap();
    let shown = serde_json::to_value(breaker.snapshot()).unwrap();
    let settings = &shown["settings_with_origin"];
    let table = "[breakers.payments]";
    let threshold = json!({ "value": 8, "origin": "override", "table": table });
    assert_eq!(settings["failure_threshold"], threshold);
    assert_eq!(settings["recovery_time"]["value"], json!("1m30s"));
    assert_eq!(settings["half_open_successes"], json!({ "value": 2, "origin": "defaults" }));
    assert_eq!(settings["recovery_jitter"], json!({ "value": 0.5, "origin": "defaults" }));
    assert_eq!(settings["abandoned"], json!({ "value": "ignore", "origin": "library" }));
    assert_eq!(shown["override_table"], json!("[breakers.\"pay*\"]"));
    assert_eq!(shown["recent"][0]["reason"], json!("override"));
    assert_eq!(shown["recent"][0]["override_table"], json!("[breakers.\"pay*\"]"));
}

#[test]
fn unknown_values_are_null_and_a_window_is_shown() {
    let config = BreakerConfig::builder().window(10).failure_count(9);
    let breaker = CircuitBreaker::new("payments", config.build().unwrap());
    report(&breaker, Outcome::Failure);
    let shown = serde_json::to_value(breaker.snapshot()).unwrap();
    assert_eq!(shown["since_seconds_ago"], Value::Null);
    assert_eq!(shown["retry_after_seconds"], json!(0.0));
    assert_eq!(
        shown["window"],
        json!({ "calls": 1, "failures": 1, "slow": 0, "overdue": 0, "consecutive_failures": 1 })
    );
    breaker.force_open();
    let shown = serde_json::to_value(breaker.snapshot()).unwrap();
    assert_eq!(shown["retry_after_seconds"], Value::Null);
    let step = shown["recent"][0].as_object().unwrap();
    for absent in ["lasts_seconds", "operator", "operator_reason"] {
        assert!(!step.contains_key(absent), "{absent}");
    }
    assert_eq!(shown["ends_in_seconds"], Value::Null);
    assert_eq!((&step["to"], &step["reason"]), (&json!("forced_open"), &json!("manual")));
}

#[test]
fn b01_a_state_set_by_hand_shows_its_end_its_reason_and_its_operator() {
    let clock = ManualClock::new();
    let breaker = CircuitBreaker::with_clock("payments", BreakerConfig::default(), clock.clone());
    let change = ManualChange::disable_for(secs(60)).by("alice").because("migration");
    breaker.apply(&change).unwrap();
    clock.advance(secs(15));
    let shown = serde_json::to_value(breaker.snapshot()).unwrap();
    assert_eq!(shown["ends_in_seconds"], json!(45.0));
    assert_eq!(shown["operator"], json!("alice"));
    assert_eq!(shown["operator_reason"], json!("migration"));
    let expected = json!({
        "seconds_ago": 15.0,
        "from": "closed",
        "to": "disabled",
        "reason": "manual",
        "lasts_seconds": 60.0,
        "operator": "alice",
        "operator_reason": "migration"
    });
    assert_eq!(shown["recent"][0], expected);
}

#[test]
fn every_reason_and_state_has_a_word() {
    let clock = ManualClock::new();
    let config = BreakerConfig::builder().failure_threshold(1).recovery_time(secs(1));
    let config = config.slow_call(secs(2)).slow_call_rate(1.0).window(9);
    let breaker = CircuitBreaker::with_clock("payments", config.build().unwrap(), clock.clone());
    report(&breaker, Outcome::Failure);
    clock.advance(secs(1));
    let slow = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    slow.report(Outcome::Success);
    clock.advance(secs(1));
    report(&breaker, Outcome::Failure);
    clock.advance(secs(1));
    report(&breaker, Outcome::Success);
    breaker.disable();
    breaker.observe_only();
    let shown = serde_json::to_value(breaker.snapshot()).unwrap();
    let steps = shown["recent"].as_array().unwrap();
    let words: Vec<_> = steps
        .iter()
        .map(|step| {
            format!("{} {}", step["to"].as_str().unwrap(), step["reason"].as_str().unwrap())
        })
        .collect();
    let expected = [
        "open failure_threshold",
        "half_open recovery_time",
        "open probe_slow",
        "half_open recovery_time",
        "open probe_failed",
        "half_open recovery_time",
        "closed probes_succeeded",
        "disabled manual",
        "observe_only manual",
    ];
    assert_eq!(words, expected);
}

#[test]
fn each_condition_is_written_with_its_numbers() {
    let clock = ManualClock::new();
    let config = BreakerConfig::builder()
        .failure_threshold(3)
        .failure_span(secs(10))
        .window(10)
        .failure_rate(0.5)
        .min_calls(2)
        .recovery_time(secs(1))
        .half_open_successes(2)
        .build()
        .unwrap();
    let breaker = CircuitBreaker::with_clock("payments", config, clock.clone());
    report(&breaker, Outcome::Success);
    report(&breaker, Outcome::Success);
    report(&breaker, Outcome::Success);
    report(&breaker, Outcome::Failure);
    clock.advance(secs(4));
    report(&breaker, Outcome::Failure);
    let distances = |breaker: &CircuitBreaker| {
        let shown = serde_json::to_value(breaker.snapshot()).unwrap();
        shown["distances"].as_array().unwrap().clone()
    };
    assert_eq!(
        distances(&breaker),
        [
            json!({
                "setting": "failure_threshold", "count": 2, "limit": 3,
                "lasted_seconds": 4.0, "span_seconds": 10.0, "is_met": false,
                "text": "2 of 3 consecutive failures over 4s of 10s"
            }),
            json!({
                "setting": "failure_rate", "count": 2, "calls": 5, "limit": 0.5, "min_calls": 2,
                "is_met": false, "text": "2 of 5 calls failed, limit 50%"
            }),
        ]
    );
    report(&breaker, Outcome::Failure);
    clock.advance(secs(1));
    report(&breaker, Outcome::Success);
    let probes = distances(&breaker);
    assert_eq!(probes.len(), 2, "{probes:?}");
    for (probes, setting, count, limit) in
        [(&probes[0], "half_open_failures", 0, 1), (&probes[1], "half_open_successes", 1, 2)]
    {
        assert_eq!(
            (&probes["setting"], &probes["count"], &probes["limit"], &probes["is_met"]),
            (&json!(setting), &json!(count), &json!(limit), &json!(false))
        );
    }
}

#[test]
fn a_note_without_a_mode_is_refused() {
    for alone in ["operator", "reason"] {
        let note = json!({ "failure_threshold": 3, alone: "ann" });
        let error = serde_json::from_value::<BreakerOverride>(note).unwrap_err().to_string();
        assert_eq!(error, "`mode_for`, `operator` and `reason` need a `mode`");
    }
    let timed = json!({ "mode_for": "5s" });
    serde_json::from_value::<BreakerOverride>(timed).unwrap_err();
}

#[test]
fn a_key_is_shown_as_its_text() {
    let shards = KeyedBreakers::<u32>::new("shards", BreakerConfig::default());
    let shown = serde_json::to_value(shards.get(&7).snapshot()).unwrap();
    assert_eq!((&shown["name"], &shown["key"]), (&json!("shards"), &json!("7")));
}

#[test]
fn overrides_can_be_read_from_json() {
    let read: Overrides = serde_json::from_value(json!({
        "defaults": { "recovery_time": "10s", "recovery_factor": 2 },
        "breakers": {
            "payments": { "window": 100, "failure_rate": "50%", "abandoned": "failure" },
            "search": { "mode": "observe_only", "window": "1m", "failure_count": 3 }
        }
    }))
    .unwrap();
    let builder = BreakerConfig::builder;
    let payments = builder().window(100).failure_rate(0.5);
    let search = builder().window(secs(60)).failure_count(3);
    let expected = Overrides::new()
        .with_defaults(builder().recovery_time(secs(10)).recovery_factor(2.0))
        .with("payments", payments.abandoned(AbandonedOutcome::Failure))
        .with("search", BreakerOverride::from(search).with_mode(OperatorMode::ObserveOnly));
    assert_eq!(read, expected);
    assert_eq!(serde_json::from_value::<Overrides>(json!({})).unwrap(), Overrides::new());
}

#[test]
fn unknown_keys_and_wrong_forms_are_refused() {
    for (wrong, word) in [
        (json!({ "default": {} }), "default"),
        (json!({ "defaults": { "mode": "disabled" } }), "mode"),
        (json!({ "breakers": { "x": { "windows": 3 } } }), "windows"),
        (json!({ "breakers": { "x": { "recovery_time": 10 } } }), "a duration in quotes"),
        (json!({ "breakers": { "x": { "failure_rate": "half" } } }), "a percentage"),
        (json!({ "breakers": { "x": { "mode": "open" } } }), "forced_open"),
    ] {
        let error = serde_json::from_value::<Overrides>(wrong).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn single_settings_and_modes_can_be_read() {
    let mode: OperatorMode = serde_json::from_value(json!("forced_open")).unwrap();
    assert_eq!(mode, OperatorMode::ForcedOpen);
    assert_eq!(serde_json::to_value(OperatorMode::ObserveOnly).unwrap(), json!("observe_only"));
    assert_eq!(serde_json::to_value(AbandonedOutcome::Ignore).unwrap(), json!("ignore"));
    let settings: resilient::breaker::BreakerConfigBuilder =
        serde_json::from_value(json!({ "failure_threshold": 3 })).unwrap();
    assert_eq!(settings, BreakerConfig::builder().failure_threshold(3));
}

#[test]
fn a_snapshot_of_a_budget_is_json() {
    let settings = BudgetConfig::builder().capacity(20).build().unwrap();
    let budget = RetryBudget::new("payments", settings);
    budget.try_reserve().unwrap().spend();
    assert!(budget.try_reserve().is_none());
    (0..2).for_each(|_| budget.succeeded(false));
    let expected = json!({
        "name": "payments",
        "tokens": 2,
        "capacity": 20,
        "settings": { "capacity": 20, "retry_cost": 5, "initial_tokens": 5, "deposit": 1 },
        "counts": {
            "granted": 1, "refused": 1, "spent": 1, "returned": 0, "refunded": 0, "deposited": 2
        }
    });
    let mut shown = serde_json::to_value(budget.snapshot()).unwrap();
    let settings = shown.as_object_mut().unwrap().remove("settings_with_origin").unwrap();
    assert_eq!(shown, expected);
    assert_eq!(settings["capacity"]["origin"], json!("code"));
    assert_eq!(settings["retry_cost"], json!({ "value": 5, "origin": "library" }));
}

#[test]
fn overrides_of_budgets_can_be_read_from_json() {
    let read: Overrides = serde_json::from_value(json!({
        "budgets": { "payments": { "capacity": 100, "deposit": 2 }, "search": {} }
    }))
    .unwrap();
    let payments = BudgetConfig::builder().capacity(100).deposit(2);
    let expected = Overrides::new()
        .with_budget("payments", payments)
        .with_budget("search", BudgetConfig::builder());
    assert_eq!(read, expected);
    let wrong = json!({ "budgets": { "payments": { "capacities": 1 } } });
    let error = serde_json::from_value::<Overrides>(wrong).unwrap_err();
    assert!(error.to_string().contains("`capacities`"), "{error}");
    let settings: BudgetConfigBuilder =
        serde_json::from_value(json!({ "initial_tokens": 3 })).unwrap();
    assert_eq!(settings, BudgetConfig::builder().initial_tokens(3));
}
