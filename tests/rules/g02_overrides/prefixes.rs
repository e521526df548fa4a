//! Rule G2: an override of a prefix, and which of several overrides wins.

use resilient::breaker::{CircuitState, OperatorMode};
use resilient::budget::BudgetConfig;
use resilient::registry::{BreakerOverride, OverrideTarget, Overrides};
use resilient::{BreakerConfig, Registry};

use crate::support::override_rules::builder;
use crate::support::registry::settings;
use resilient_testkit::secs;

/// Returns the thresholds that these breakers have, in the order of the names.
fn thresholds<const N: usize>(registry: &Registry, names: [&str; N]) -> [u32; N] {
    names.map(|name| {
        let breaker = registry.get_or_register(name, BreakerConfig::default());
        let threshold = breaker.settings_with_origin().get("failure_threshold").unwrap();
        match threshold.value {
            Some(resilient::settings::SettingValue::Count(count)) => count,
            other => panic!("{other:?}"),
        }
    })
}

fn ranked() -> Overrides {
    Overrides::new()
        .with("*", builder().failure_threshold(10).half_open_successes(10))
        .with("pay*", builder().failure_threshold(20).recovery_time(secs(20)))
        .with("payments/*", builder().failure_threshold(30))
        .with("payments/charge", builder().failure_threshold(40))
}

#[test]
fn g02_an_exact_name_wins_over_a_prefix_and_a_longer_prefix_over_a_shorter_one() {
    let names = ["payments/charge", "payments/charge2", "payments", "search", "pay"];
    let expected = [40, 30, 20, 10, 20];
    // The breakers come after the overrides, then before them.
    let registry = Registry::new();
    registry.set_overrides(ranked()).unwrap();
    assert_eq!(thresholds(&registry, names), expected);
    registry.set_overrides(Overrides::new()).unwrap();
    assert_eq!(thresholds(&registry, names), [5; 5]);
    let applied = registry.set_overrides(ranked()).unwrap();
    assert_eq!(thresholds(&registry, names), expected);
    assert_eq!(applied.live, ["*", "pay*", "payments/*", "payments/charge"]);
}

#[test]
fn g02_each_setting_comes_from_the_override_that_wins_among_those_that_give_it() {
    let registry = Registry::new();
    registry.set_overrides(ranked()).unwrap();
    let code = builder().failure_threshold(3).half_open_successes(3).half_open_failures(3);
    let charge = registry.get_or_register("payments/charge", code.build().unwrap());
    let expected = builder()
        .failure_threshold(40)
        .recovery_time(secs(20))
        .half_open_successes(10)
        .half_open_failures(3);
    assert_eq!(charge.config(), expected.build().unwrap());
    registry.clear_override("payments/charge").unwrap();
    assert_eq!(charge.config(), expected.clone().failure_threshold(30).build().unwrap());
    registry.clear_override("*").unwrap();
    let expected = expected.failure_threshold(30).half_open_successes(3);
    assert_eq!(charge.config(), expected.build().unwrap());
}

#[test]
fn g02_the_mode_comes_from_the_override_that_wins_among_those_that_set_one() {
    let registry = Registry::new();
    let charge = registry.get_or_register("payments/charge", settings());
    let refund = registry.get_or_register("payments/refund", settings());
    let states = || [charge.state(), refund.state()];
    let overrides = Overrides::new()
        .with("*", OperatorMode::ObserveOnly)
        .with("payments/*", OperatorMode::Disabled)
        .with("payments/charge", builder().failure_threshold(2));
    registry.set_overrides(overrides).unwrap();
    assert_eq!(states(), [CircuitState::Disabled; 2], "the exact name sets no mode");
    registry.override_breaker("payments/charge", OperatorMode::ForcedOpen).unwrap();
    assert_eq!(states(), [CircuitState::ForcedOpen, CircuitState::Disabled]);
    registry.clear_override("payments/charge").unwrap();
    assert_eq!(states(), [CircuitState::Disabled; 2]);
    registry.clear_override("payments/*").unwrap();
    assert_eq!(states(), [CircuitState::ObserveOnly; 2]);
    registry.clear_override("*").unwrap();
    assert_eq!(states(), [CircuitState::Closed; 2]);
}

#[test]
fn g02_end_operator_and_reason_belong_to_the_mode_and_come_with_it() {
    let registry = Registry::new();
    let charge = registry.get_or_register("payments/charge", settings());
    let timed = BreakerOverride::default().with_mode_for(OperatorMode::Disabled, secs(60));
    let overrides =
        Overrides::new().with("payments/*", timed).with("payments/charge", OperatorMode::Disabled);
    registry.set_overrides(overrides).unwrap();
    assert_eq!(charge.snapshot().ends_in, None, "the exact name sets no end");
}

#[test]
fn g02_a_star_that_is_not_the_last_character_is_refused() {
    let registry = Registry::new();
    for name in ["*payments", "pay*ments", "pay**", "**"] {
        for overrides in [
            Overrides::new().with(name, builder().failure_threshold(2)),
            Overrides::new().with_budget(name, BudgetConfig::builder().deposit(2)),
            Overrides::new().with_key(name, "tenant", OperatorMode::Disabled),
            Overrides::new().with_key("search", name, OperatorMode::Disabled),
        ] {
            let error = registry.set_overrides(overrides).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("`*` may only be the last character"), "{text}");
            assert!(text.contains(name), "{text}");
            assert_eq!((error.setting(), error.config_error()), (None, None));
            assert_eq!(registry.overrides(), Overrides::new());
        }
    }
}

#[test]
fn g02_a_prefix_that_contradicts_the_code_of_one_breaker_is_refused_for_all() {
    let registry = Registry::new();
    let code = builder().window(10).failure_count(5).build().unwrap();
    let charge = registry.get_or_register("payments/charge", code.clone());
    let refund = registry.get_or_register("payments/refund", BreakerConfig::default());
    let error = registry.override_breaker("payments/*", builder().window(4)).unwrap_err();
    assert_eq!(
        (error.breaker(), error.setting()),
        (Some("payments/charge"), Some("failure_count"))
    );
    assert_eq!(error.table().to_string(), "[breakers.\"payments/*\"]");
    assert_eq!(error.table().target(), OverrideTarget::Breaker);
    let text = error.to_string();
    let begins = "[breakers.\"payments/*\"], which applies to `payments/charge`: `failure_count` \
                  is 5: must not be above the calls that `window` holds (the code sets it at ";
    assert!(text.starts_with(begins), "{text}");
    assert_eq!((charge.config(), refund.config()), (code, BreakerConfig::default()));
}

#[test]
fn g02_overrides_that_contradict_each_other_are_refused_before_their_breaker_exists() {
    let registry = Registry::new();
    for (longer, shorter) in [("payments", "pay*"), ("pay*", "p*"), ("p*", "*")] {
        let overrides = Overrides::new()
            .with(shorter, builder().recovery_time(secs(60)))
            .with(longer, builder().max_recovery_time(secs(50)));
        let error = registry.set_overrides(overrides).unwrap_err();
        assert_eq!(error.table().name(), Some(longer));
        assert_eq!(error.setting(), Some("max_recovery_time"));
    }
    // No name begins with both prefixes.
    let apart = Overrides::new()
        .with("a*", builder().recovery_time(secs(60)))
        .with("b*", builder().max_recovery_time(secs(50)));
    registry.set_overrides(apart).unwrap();
}

#[test]
fn g02_prefixes_of_budgets_work_like_those_of_breakers() {
    let registry = Registry::new();
    let budget = BudgetConfig::builder;
    let charge = registry.get_or_register_budget("payments/charge", BudgetConfig::default());
    let overrides = Overrides::new()
        .with_budget("*", budget().deposit(2).retry_cost(2).capacity(100))
        .with_budget("payments/*", budget().deposit(3).retry_cost(3))
        .with_budget("payments/charge", budget().deposit(4));
    let applied = registry.set_overrides(overrides).unwrap();
    assert_eq!(applied.live_budgets, ["*", "payments/*", "payments/charge"]);
    let expected = budget().deposit(4).retry_cost(3).capacity(100).build().unwrap();
    assert_eq!(charge.config(), expected);
    let later = registry.get_or_register_budget("search", BudgetConfig::default());
    assert_eq!(later.config(), budget().deposit(2).retry_cost(2).capacity(100).build().unwrap());
    registry.clear_budget_override("payments/*").unwrap();
    assert_eq!(charge.config(), budget().deposit(4).retry_cost(2).capacity(100).build().unwrap());
    let error = registry.override_budget("search*", budget().capacity(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "[budgets.\"*\"], which applies to `search*`: `retry_cost` is 2: must not be above \
         `capacity`"
    );
    assert_eq!((error.budget(), error.table().name()), (Some("search*"), Some("*")));
}

#[test]
fn g02_a_name_that_itself_ends_in_a_star_is_reached_by_prefixes() {
    let registry = Registry::new();
    let odd = registry.get_or_register("odd*", BreakerConfig::default());
    registry.override_breaker("odd*", builder().failure_threshold(2)).unwrap();
    assert_eq!(odd.config(), builder().failure_threshold(2).build().unwrap());
    let even = registry.get_or_register("odder", BreakerConfig::default());
    assert_eq!(even.config(), odd.config());
}

#[test]
fn g08_a_mode_of_a_prefix_or_of_a_key_keeps_a_leased_name() {
    let registry = Registry::new();
    registry.override_breaker("pay*", OperatorMode::ObserveOnly).unwrap();
    registry.override_key("hosts", "a", OperatorMode::ObserveOnly).unwrap();
    let payments = registry.lease("payments", BreakerConfig::default());
    payments.close();
    drop(payments);
    let hosts = registry.lease_keyed::<String>("hosts", BreakerConfig::default());
    hosts.get("a").close();
    drop(hosts);
    // The mode of a key holds no breaker without keys.
    registry.override_key("*", "b", OperatorMode::ObserveOnly).unwrap();
    drop(registry.lease("single", BreakerConfig::default()));
    let names: Vec<_> = registry.all().names().map(str::to_owned).collect();
    assert_eq!(names, ["hosts", "payments"]);
    registry.set_overrides(Overrides::new()).unwrap();
    drop(registry.lease("payments", BreakerConfig::default()));
    drop(registry.lease_keyed::<String>("hosts", BreakerConfig::default()));
    assert!(registry.all().is_empty());
}
