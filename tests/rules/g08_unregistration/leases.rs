//! Rule G8: after its last handle is dropped, a leased breaker leaves the registry as soon as it is
//! like a new breaker.

use std::time::Instant;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, KeyedBreakers};
use resilient::registry::Lease;
use resilient::time::{Clock, ManualClock};
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use crate::support::override_rules::builder;
use resilient_testkit::{Heard, calls, fail, fragile, secs, succeed};

fn config(settings: &BreakerConfigBuilder) -> BreakerConfig {
    settings.build().unwrap()
}

fn names(registry: &Registry) -> Vec<String> {
    registry.all().names().map(str::to_owned).collect()
}

fn lease(registry: &Registry, settings: &BreakerConfigBuilder) -> Lease<CircuitBreaker> {
    registry.lease("dependency", config(settings))
}

#[test]
fn g08_ten_thousand_healthy_leases_leave_nothing() {
    let registry = Registry::new();
    for client in 0..10_000 {
        let name = format!("client {client}");
        succeed(&registry.lease(&name, BreakerConfig::default()));
        let keyed = format!("keyed client {client}");
        succeed(&registry.lease_keyed::<u32>(&keyed, BreakerConfig::default()).get(&7));
    }
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_lease_for_each_call_still_opens_the_circuit() {
    let registry = Registry::new();
    for call in 0..5 {
        assert_eq!(registry.breakers().len(), usize::from(call > 0));
        fail(&registry.lease("dependency", BreakerConfig::default()));
    }
    let next = registry.lease("dependency", BreakerConfig::default());
    assert_eq!(next.state(), CircuitState::Open);
}

#[test]
fn g08_a_lease_of_keyed_breakers_for_each_call_still_opens_the_circuit_of_the_key() {
    let registry = Registry::new();
    for _ in 0..5 {
        fail(&registry.lease_keyed::<u32>("shards", BreakerConfig::default()).get(&7));
    }
    let next = registry.lease_keyed::<u32>("shards", BreakerConfig::default());
    assert_eq!(next.get(&7).state(), CircuitState::Open);
    assert_eq!(next.get(&8).state(), CircuitState::Closed);
}

#[test]
fn g08_a_breaker_with_a_streak_stays_until_a_success_ends_the_streak() {
    let registry = Registry::new();
    fail(&lease(&registry, &builder().failure_threshold(3)));
    assert_eq!(registry.get("dependency").unwrap().snapshot().consecutive_failures, 1);
    succeed(&lease(&registry, &builder().failure_threshold(3)));
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_breaker_with_a_failure_in_its_window_stays() {
    let registry = Registry::new();
    let settings = || builder().window(4).failure_rate(0.5).min_calls(4);
    calls(&lease(&registry, &settings()), "FSS");
    assert_eq!(names(&registry), ["dependency"]);
    calls(&lease(&registry, &settings()), "SS");
    assert_eq!(names(&registry), [""; 0], "the failure has left the window");
}

#[test]
fn g08_a_breaker_with_successes_alone_in_its_window_leaves() {
    let registry = Registry::new();
    calls(&lease(&registry, &builder().window(4).failure_rate(0.5).min_calls(2)), "SSS");
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_breaker_with_a_slow_call_in_its_window_stays() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let settings = builder().window(4).slow_call(secs(1)).slow_call_rate(1.0).min_calls(4);
    let leased = lease(&registry, &settings);
    let permit = leased.try_acquire().unwrap();
    clock.advance(secs(2));
    permit.report(resilient::Outcome::Success);
    drop(leased);
    assert_eq!(names(&registry), ["dependency"]);
}

#[test]
fn g08_a_breaker_whose_window_of_time_has_passed_leaves_when_other_leases_are_made() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    let settings = || config(&builder().window(secs(10)).failure_count(3));
    let many = 100;
    for client in 0..many {
        calls(&registry.lease(&format!("client {client}"), settings()), "FS");
    }
    assert_eq!(names(&registry).len(), many);
    let other = registry.lease("other", BreakerConfig::default());
    assert_eq!(names(&registry).len(), many + 1, "the failures are in the windows");
    clock.advance(secs(20));
    for _ in 0..many / 2 {
        drop(registry.lease("another", BreakerConfig::default()));
    }
    assert_eq!(names(&registry), ["other"]);
    drop(other);
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_an_open_circuit_stays_until_it_has_closed() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    registry.use_clock(clock.clone());
    fail(&lease(&registry, &fragile().recovery_time(secs(30))));
    assert_eq!(registry.get("dependency").unwrap().state(), CircuitState::Open);
    clock.advance(secs(30));
    drop(lease(&registry, &fragile()));
    assert_eq!(registry.get("dependency").unwrap().state(), CircuitState::HalfOpen);
    succeed(&lease(&registry, &fragile()));
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_state_that_an_operator_has_set_stays() {
    let registry = Registry::new();
    let leases = ["disabled", "forced", "observed"];
    let leases = leases.map(|name| registry.lease(name, BreakerConfig::default()));
    leases[0].disable();
    leases[1].force_open();
    leases[2].observe_only();
    let shards = registry.lease_keyed::<u32>("shards", BreakerConfig::default());
    registry.named("shards").disable();
    drop((leases, shards));
    assert_eq!(names(&registry), ["disabled", "forced", "observed", "shards"]);
    registry.all().close();
    drop(registry.lease_keyed::<u32>("shards", BreakerConfig::default()));
    assert!(!names(&registry).contains(&"shards".to_owned()));
}

#[test]
fn g08_a_lease_ends_with_the_last_of_all_handles() {
    let registry = Registry::new();
    let one = registry.lease("dependency", BreakerConfig::default());
    let other = registry.lease("dependency", BreakerConfig::default());
    let copy = one.clone();
    drop((one, other));
    assert_eq!(names(&registry), ["dependency"]);
    drop(copy);
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_handle_that_outlives_the_lease_keeps_the_name() {
    let registry = Registry::new();
    let handle = CircuitBreaker::clone(&registry.lease("dependency", BreakerConfig::default()));
    let shards = registry.lease_keyed::<u32>("shards", BreakerConfig::default());
    let shard = shards.get(&7);
    drop(shards);
    assert_eq!(names(&registry), ["dependency", "shards"]);
    fail(&registry.lease("dependency", BreakerConfig::default()));
    assert_eq!(handle.snapshot().consecutive_failures, 1, "there is one breaker of the name");
    fail(&registry.lease_keyed::<u32>("shards", BreakerConfig::default()).get(&7));
    assert_eq!(shard.snapshot().consecutive_failures, 1, "there is one breaker of the key");
    succeed(&handle);
    succeed(&shard);
    drop((handle, shard));
    drop(registry.lease("another", BreakerConfig::default()));
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_group_that_was_looked_up_keeps_its_name() {
    let registry = Registry::new();
    let leased = registry.lease_keyed::<u32>("shards", BreakerConfig::default());
    let found: KeyedBreakers<u32> = registry.get_keyed("shards").unwrap();
    drop(leased);
    assert_eq!(names(&registry), ["shards"]);
    drop(found);
    drop(registry.lease_keyed::<u32>("shards", BreakerConfig::default()));
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_name_that_code_registers_or_a_function_uses_stays() {
    #[resilient::circuit_breaker(name = "g08 leased and annotated")]
    fn call() -> Option<()> {
        Some(())
    }
    let registry = Registry::global();
    let by_function = registry.lease("g08 leased and annotated", BreakerConfig::default());
    call().unwrap();
    drop(by_function);
    assert!(registry.get("g08 leased and annotated").is_some());
    assert!(!registry.unregister_by_name("g08 leased and annotated"));

    let registry = Registry::new();
    let by_code = registry.lease("by code", BreakerConfig::default());
    let _ = registry.get_or_register("by code", BreakerConfig::default());
    let by_handle = registry.lease("by handle", BreakerConfig::default());
    registry.register(&by_handle).unwrap();
    drop((by_code, by_handle));
    assert_eq!(names(&registry), ["by code", "by handle"]);
    assert!(registry.unregister_by_name("by code"));
    assert!(registry.unregister_by_name("by handle"));
}

#[test]
fn g08_a_lease_of_a_breaker_that_code_registered_takes_nothing_away() {
    let registry = Registry::new();
    let _ = registry.get_or_register("dependency", BreakerConfig::default());
    drop(registry.lease("dependency", BreakerConfig::default()));
    assert_eq!(names(&registry), ["dependency"]);
}

#[test]
fn g08_the_settings_of_a_released_name_are_free() {
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    drop(lease(&registry, &builder().failure_threshold(2)));
    let other = lease(&registry, &builder().failure_threshold(9));
    assert_eq!(other.config(), config(&builder().failure_threshold(9)));
    assert_eq!(heard.events().len(), 0);
}

#[test]
fn g08_the_settings_of_a_name_that_stayed_apply_to_the_next_lease() {
    let registry = Registry::new();
    fail(&lease(&registry, &builder().failure_threshold(2)));
    fail(&registry.lease("dependency", BreakerConfig::default()));
    assert_eq!(registry.get("dependency").unwrap().state(), CircuitState::Open);
}

#[test]
fn g08_an_override_outlives_a_lease() {
    let registry = Registry::new();
    registry.override_breaker("dependency", builder().failure_threshold(1)).unwrap();
    drop(registry.lease("dependency", BreakerConfig::default()));
    assert_eq!(names(&registry), [""; 0]);
    fail(&registry.lease("dependency", BreakerConfig::default()));
    assert_eq!(registry.get("dependency").unwrap().state(), CircuitState::Open);
}

#[test]
fn g08_totals_and_listeners_leave_with_the_breaker() {
    let registry = Registry::new();
    let everything = Heard::default();
    registry.on_event(everything.listener());
    let first = registry.lease("dependency", BreakerConfig::default());
    let own = Heard::from(&first);
    succeed(&first);
    drop(first);
    let second = registry.lease("dependency", BreakerConfig::default());
    assert_eq!(second.snapshot().totals.success, 0);
    second.trip().unwrap();
    assert_eq!((own.events().len(), everything.events().len()), (0, 1));
}

#[test]
fn g08_a_listener_that_owns_a_handle_keeps_the_name() {
    let registry = Registry::new();
    let leased = registry.lease("dependency", BreakerConfig::default());
    let handle = CircuitBreaker::clone(&leased);
    let id = leased.on_event(move |_| drop(handle.snapshot()));
    drop(leased);
    let found = registry.get("dependency").unwrap();
    found.remove_listener(id);
    drop(found);
    drop(registry.lease("another", BreakerConfig::default()));
    assert_eq!(names(&registry), [""; 0]);
}

#[test]
fn g08_a_lease_that_got_a_longer_name_because_of_a_conflict_releases_that_name() {
    let registry = Registry::new();
    let _ = registry.get_or_register("shared", BreakerConfig::default());
    let keyed = registry.lease_keyed::<u32>("shared", BreakerConfig::default());
    let numbers = registry.lease_keyed::<u64>("shared", BreakerConfig::default());
    assert_eq!(names(&registry).len(), 3);
    drop((keyed, numbers));
    assert_eq!(names(&registry), ["shared"]);
}

#[test]
fn g08_a_panic_while_a_lease_exists_releases_it_or_keeps_it() {
    let registry = Registry::new();
    resilient_testkit::while_unwinding(registry.lease("healthy", BreakerConfig::default()));
    let failed = registry.lease("failed", BreakerConfig::default());
    fail(&failed);
    resilient_testkit::while_unwinding(failed);
    assert_eq!(names(&registry), ["failed"]);
}

#[test]
fn g08_a_clock_that_panics_or_asks_the_registry_disturbs_no_release() {
    struct Asking(Registry);
    impl Clock for Asking {
        fn now(&self) -> Instant {
            assert!(self.0.get("panic").is_none(), "this clock panics now");
            Instant::now()
        }
    }
    resilient_testkit::must_end(|| {
        let registry = Registry::new();
        registry.use_clock(Asking(registry.clone()));
        drop(registry.lease("dependency", BreakerConfig::default()));
        assert_eq!(names(&registry), [""; 0]);
        drop(registry.lease("panic", BreakerConfig::default()));
        assert_eq!(names(&registry), ["panic"], "if the clock panics, no lease is released");
    });
}

#[test]
fn g08_leases_of_one_registry_do_not_touch_another() {
    let (one, other) = (Registry::new(), Registry::new());
    let leased = one.lease("dependency", BreakerConfig::default());
    other.register(&leased).unwrap();
    drop(leased);
    assert_eq!(names(&other), ["dependency"]);
    assert_eq!(names(&one), ["dependency"], "the other registry has a handle");
    assert!(other.unregister_by_name("dependency"));
    drop(one.lease("dependency", BreakerConfig::default()));
    assert_eq!(names(&one), [""; 0]);
}
