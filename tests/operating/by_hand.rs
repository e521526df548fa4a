//! Changes by hand: of one breaker, of many, of breakers by key, and removal.

// excerpt: operator
#[test]
fn a_change_by_hand_has_an_end_and_the_name_of_the_operator() {
    use resilient::CircuitBreaker;
    use resilient::breaker::{CircuitState, ManualChange};
    use std::time::Duration;

    let payments = CircuitBreaker::default();
    let hour = Duration::from_secs(3_600);
    let change = ManualChange::disable_for(hour).by("alice");
    payments.apply(&change.because("INC-42: it counts 404s as failures")).unwrap();

    let seen = payments.snapshot();
    assert_eq!(seen.state, CircuitState::Disabled);
    assert!(seen.ends_in <= Some(hour));
    assert_eq!(seen.note.operator(), Some("alice"));
    assert!(seen.note.reason().unwrap().starts_with("INC-42"));
}
// end excerpt

// excerpt: last_wins
#[test]
fn the_last_of_a_file_and_a_change_by_hand_wins() {
    use resilient::breaker::{CircuitState, OperatorMode};
    use resilient::{BreakerConfig, Registry};

    let registry = Registry::new();
    let payments = registry.get_or_register("payments", BreakerConfig::default());
    registry.override_breaker("payments", OperatorMode::ForcedOpen).unwrap();
    let refused = payments.trip().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a breaker that is forced_open cannot be made open: call `close()` first",
    );

    payments.close();
    // A file with an equal mode changes nothing.
    registry.override_breaker("payments", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(payments.state(), CircuitState::Closed);
}
// end excerpt

// excerpt: selection
#[test]
fn a_selection_has_the_methods_of_a_breaker() {
    use resilient::breaker::CircuitState;
    use resilient::{BreakerConfig, Registry};
    use std::time::Duration;

    let registry = Registry::new();
    for name in ["payments/charge", "payments/refund", "search"] {
        let _ = registry.get_or_register(name, BreakerConfig::default());
    }
    let payments = registry.with_prefix("payments/");
    let names: Vec<_> = payments.names().collect();
    assert_eq!(names, ["payments/charge", "payments/refund"]);
    registry.named("payments/refund").disable();

    for (breaker, refused) in payments.trip_for(Duration::from_secs(3_600)) {
        println!("{}: {refused}", breaker.name());
        assert_eq!(breaker.name(), "payments/refund");
    }
    let charge = registry.get("payments/charge").unwrap();
    assert_eq!(charge.state(), CircuitState::Open);
    registry.all().close();
    let mut breakers = registry.breakers().into_iter();
    assert!(breakers.all(|each| each.state() == CircuitState::Closed));
}
// end excerpt

// excerpt: keys
#[test]
fn a_name_with_keys_is_one_entry_with_a_breaker_for_each_key() {
    use resilient::breaker::CircuitState;
    use resilient::{BreakerConfig, Registry};

    let registry = Registry::new();
    let config = BreakerConfig::default();
    let hosts = registry.get_or_register_keyed::<String>("http", config);
    hosts.get("down.example").trip().unwrap();
    let _ = hosts.get("up.example");
    let snapshots = registry.named("http").snapshot();
    let states: Vec<_> = snapshots
        .iter()
        .map(|one| {
            let key = one.key.as_deref().unwrap();
            format!("{}[{key}] is {}", one.name, one.state)
        })
        .collect();
    assert_eq!(states, ["http[down.example] is open", "http[up.example] is closed"]);

    hosts.get("down.example").close(); // one key
    registry.named("http").force_open(); // all keys, including future ones
    assert_eq!(hosts.get("new.example").state(), CircuitState::ForcedOpen);
}
// end excerpt

#[test]
fn a_name_with_keys_is_found_as_keyed_only() {
    let registry = resilient::Registry::new();
    let config = resilient::BreakerConfig::default();
    let _ = registry.get_or_register_keyed::<String>("http", config);
    assert!(registry.get("http").is_none());
    assert!(registry.get_keyed::<String>("http").is_some());
}

// excerpt: removal
#[test]
fn keys_names_and_leased_breakers_leave_the_registry() {
    use resilient::breaker::{BreakerConfig, KeyedBreakers};
    use resilient::{Outcome, Registry};

    let registry = Registry::new();
    let tenants: KeyedBreakers<String> =
        registry.get_or_register_keyed("tenants", BreakerConfig::default());
    tenants.get("acme").try_acquire().unwrap().report(Outcome::Success);
    assert!(tenants.remove("acme"));
    assert!(registry.unregister_by_name("tenants"));

    // A client for each call: three failures of three clients are one streak.
    for _ in 0..3 {
        let client = registry.lease("search", BreakerConfig::default());
        client.try_acquire().unwrap().report(Outcome::Failure);
    }
    let search = registry.get("search").unwrap();
    assert_eq!(search.snapshot().consecutive_failures, 3);
    drop(search);
    let client = registry.lease("search", BreakerConfig::default());
    client.try_acquire().unwrap().report(Outcome::Success);
    drop(client);
    assert!(registry.get("search").is_none());
}
// end excerpt
