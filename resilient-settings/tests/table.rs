//! Proves the ranges, the rules and their wording, and tests a builder generated from the table.

use std::time::Duration;

use resilient_settings::{
    Form, Given, Settings, Table, Value, Window, breaker, breaker_settings, budget, forget_broken,
    limits, retry, type_of, value_of,
};

const TABLES: [&Table; 4] = [&breaker::TABLE, &retry::TABLE, &budget::TABLE, &limits::TABLE];

macro_rules! known {
    ($form:ident $value:expr) => {
        match $value {
            Some(value) => Given::Value(value_of!($form value, value.value())),
            None => Given::Default,
        }
    };
}

macro_rules! builder {
    ([$builder:ident $table:path] $(
        $(#[$doc:meta])*
        $name:ident: $form:ident $(($($range:tt)*))?,
        default($($default:tt)*),
        $(reason($reason:literal),)?
        advice($advice:literal);
    )*) => {
        #[derive(Debug, Clone, Copy, Default)]
        struct $builder {
            $($name: Option<type_of!($form, $form)>,)*
        }

        #[allow(dead_code, reason = "the tests use some of the settings")]
        impl $builder {
            $(
                $(#[$doc])*
                const fn $name(mut self, value: type_of!($form, $form)) -> Self {
                    self.$name = Some(value);
                    self
                }
            )*
        }

        impl Settings for $builder {
            const TABLE: &'static Table = &$table;

            fn given(&self) -> impl AsRef<[Given]> {
                [$(known!($form self.$name),)*]
            }

            fn forget(&mut self, setting: usize) {
                $(if setting == breaker::key::$name {
                    self.$name = None;
                })*
            }
        }
    };
}

/// A word, like the enums of the runtime.
#[derive(Debug, Clone, Copy)]
struct AbandonedOutcome(&'static str);

impl AbandonedOutcome {
    const fn value(self) -> Value {
        Value::Word(self.0)
    }
}

breaker_settings!(builder [Builder breaker::TABLE]);

fn error(builder: Builder) -> String {
    match Builder::TABLE.first_broken(builder.given().as_ref()) {
        None => String::new(),
        Some(broken) => {
            let value = broken.value.expect("given");
            format!("`{}` is {value}: {}", broken.name(), broken.rule())
        }
    }
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn names_are_unique_and_entries_are_complete() {
    for table in TABLES {
        for (at, setting) in table.settings.iter().enumerate() {
            let name = setting.name;
            let same = table.get(name).expect(name);
            assert!(std::ptr::eq(same, &raw const table.settings[at]), "{name}");
            assert!(setting.doc.trim_end().ends_with('.'), "{name}");
            assert!(!setting.advice.is_empty(), "{name}");
            assert!(setting.default.is_some() || !setting.default_words.is_empty(), "{name}");
            if let Some(default) = setting.default {
                assert!(setting.allows(default), "{name}");
            }
            if let (Some(Value::Word(word)), words) = (setting.default, setting.words()) {
                assert!(words.contains(&word), "{name}");
            }
        }
    }
}

/// Returns a value that is out of the range of this form, if such a value exists.
fn out_of_range(form: Form) -> Option<Value> {
    match form {
        Form::Count { least: 0, most: u32::MAX }
        | Form::Time { zero: true }
        | Form::Flag
        | Form::Word(_)
        | Form::WordOrFunction(_) => None,
        Form::Count { least: 0, most } => Some(Value::Count(most + 1)),
        Form::Count { .. } | Form::Window { .. } => Some(Value::Count(0)),
        Form::Time { .. } => Some(Value::Time(Duration::ZERO)),
        Form::Share { zero: false } => Some(Value::Number(0.0)),
        Form::Factor => Some(Value::Number(0.99)),
        _ => Some(Value::Number(1.01)),
    }
}

#[test]
fn every_value_out_of_range_has_a_rule_and_a_reason() {
    for table in TABLES {
        for (at, setting) in table.settings.iter().enumerate() {
            let Some(value) = out_of_range(setting.form) else {
                continue;
            };
            let name = setting.name;
            assert!(!setting.allows(value), "{name}");
            assert!(!setting.must(value).is_empty(), "{name}");
            assert!(!setting.reason(value).is_empty(), "{name}");
            let mut given = vec![Given::Default; table.settings.len()];
            given[at] = Given::Value(value);
            let broken = table.first_broken(&given).expect(name);
            assert_eq!((broken.setting, broken.value), (at, Some(value)));
            assert_eq!(broken.rule(), setting.must(value));
        }
    }
}

#[test]
fn bounds_are_inclusive() {
    let allows = |name: &str, value| breaker::TABLE.get(name).expect(name).allows(value);
    for (name, good, bad) in [
        ("window", 1_000_000, 1_000_001),
        ("window_buckets", 1_000, 1_001),
        ("half_open_max_calls", 1_024, 1_025),
        ("max_keys", 1_000_000, 1_000_001),
    ] {
        assert!(allows(name, Value::Count(good)) && allows(name, Value::Count(1)), "{name}");
        assert!(!allows(name, Value::Count(bad)) && !allows(name, Value::Count(0)), "{name}");
    }
    assert!(allows("failure_rate", Value::Number(1.0)));
    assert!(!allows("failure_rate", Value::Number(f64::NAN)));
    assert!(allows("recovery_jitter", Value::Number(0.0)));
    assert!(!allows("recovery_jitter", Value::Number(f64::NAN)));
    assert!(!allows("recovery_factor", Value::Number(f64::INFINITY)));
    assert!(!allows("window", Value::Time(Duration::ZERO)));
    assert!(allows("recovery_time", Value::Time(Duration::ZERO)));
}

#[test]
fn a_builder_error_names_a_setting_that_was_given_and_the_rule() {
    let new = Builder::default;
    for (settings, expected) in [
        (new(), ""),
        (new().failure_threshold(0), "`failure_threshold` is 0: must be at least 1"),
        (
            new().failure_rate(0.5),
            "`failure_rate` is 0.5: needs a `window`: a number of calls or a time",
        ),
        (
            new().window(Window::Calls(0)),
            "`window` is 0: must be between 1 and 1000000 calls; longer ones are a time",
        ),
        (
            new().window(Window::Calls(10)).failure_count(11),
            "`failure_count` is 11: must not be above the calls that `window` holds",
        ),
        (
            new().window(Window::Calls(10)).window_buckets(5),
            "`window_buckets` is 5: needs a `window` of time",
        ),
        (
            new().max_recovery_time(secs(20)),
            "`max_recovery_time` is 20s: must not be below `recovery_time`, which is 30s by \
             default",
        ),
        (
            new().max_recovery_time(secs(5)).recovery_time(secs(6)),
            "`max_recovery_time` is 5s: must not be below `recovery_time`",
        ),
        // The default of `max_recovery_time` grows with `recovery_time`.
        (new().recovery_time(secs(6_000)), ""),
        (
            new().half_open_max_calls(3).half_open_failures(1),
            "`half_open_max_calls` is 3: must not be above `half_open_successes` and \
             `half_open_failures` together",
        ),
        (new().abandoned(AbandonedOutcome("failure")), ""),
    ] {
        assert_eq!(error(settings), expected, "{settings:?}");
    }
}

fn given(table: &Table, values: &[(&str, Value)]) -> Vec<Given> {
    let of = |name| values.iter().find(|(given, _)| *given == name);
    let given = |name| of(name).map_or(Given::Default, |(_, value)| Given::Value(*value));
    table.names().map(given).collect()
}

fn explained(table: &Table, values: &[(&str, Value)]) -> Vec<String> {
    let given = given(table, values);
    let broken = table.rules.iter().filter(|rule| rule.is_broken(table, &given));
    broken.map(|rule| rule.explain(table, &given)).collect()
}

#[test]
fn a_compile_error_shows_both_values_and_the_reason() {
    let (time, count, word) = (|s| Value::Time(secs(s)), Value::Count, Value::Word);
    assert_eq!(
        explained(&retry::TABLE, &[("base_delay", time(2)), ("max_delay", time(1))]),
        ["`max_delay` is 1s and `base_delay` is 2s: `max_delay` is at least `base_delay`"]
    );
    assert_eq!(
        explained(&retry::TABLE, &[("base_delay", time(20))]),
        ["`base_delay` is 20s, above `max_delay`, whose default is 10s: raise `max_delay` too"]
    );
    let short = ("max_delay", Value::Time(Duration::from_millis(50)));
    assert_eq!(
        explained(&retry::TABLE, &[short]),
        ["`max_delay` is 50ms, below `base_delay`, whose default is 100ms: lower `base_delay` too"]
    );
    assert!(explained(&retry::TABLE, &[short, ("backoff", word("custom"))]).is_empty());
    assert_eq!(
        explained(&limits::TABLE, &[("attempt_timeout", time(3)), ("deadline", time(2))]),
        ["`attempt_timeout` is 3s and `deadline` is 2s: the deadline is for all attempts, so \
          `attempt_timeout` is at most that"]
    );
    assert_eq!(
        explained(&limits::TABLE, &[("timeout", time(3)), ("deadline", time(2))]),
        ["`timeout` is 3s and `deadline` is 2s: the deadline is for all attempts, so a `timeout` \
          below the retry is at most that"]
    );
    assert_eq!(
        explained(
            &breaker::TABLE,
            &[("half_open_max_calls", count(4)), ("half_open_successes", count(2)),]
        ),
        ["`half_open_max_calls` is 4: at most `half_open_successes` + `half_open_failures`, \
          which is 2 + 0, because more calls at a time decide nothing"]
    );
    assert_eq!(
        explained(
            &breaker::TABLE,
            &[("window", count(10)), ("failure_count", count(20)), ("window_buckets", count(5)),]
        ),
        [
            "`window_buckets` divides a window in time, and `window` is 10 calls: leave it away, \
             or give a time, as in `window = \"60s\"`",
            "`failure_count` is 20 and `window` is 10 calls: a window of 10 never holds as many, \
             so at most 10",
        ]
    );
    assert_eq!(
        explained(
            &retry::TABLE,
            &[("jitter", word("smooth")), ("backoff_factor", Value::Number(3.0)),]
        ),
        ["`jitter = smooth` takes no `backoff_factor`: it has a growth of its own"]
    );
    assert_eq!(
        explained(&retry::TABLE, &[("jitter", word("smooth")), ("backoff", word("linear"))]),
        ["`jitter = smooth` works with `backoff = exponential` only: it has a growth of its own"]
    );
}

#[test]
fn a_rule_of_two_names_the_one_that_was_given() {
    let long = Value::Time(secs(20));
    let broken = retry::TABLE.first_broken(&given(&retry::TABLE, &[("base_delay", long)]));
    let broken = broken.expect("above the default");
    assert_eq!(broken.name(), "base_delay");
    assert_eq!(broken.rule(), "must not be above `max_delay`, which is 10s by default");
    let costly = ("retry_cost", Value::Count(501));
    let broken = budget::TABLE.first_broken(&given(&budget::TABLE, &[costly]));
    let rule = broken.expect("above the default").rule();
    assert_eq!(rule, "must not be above `capacity`, which is 500 by default");
}

#[test]
fn rules_hold_in_constants() {
    const GIVEN: [Given; 11] = {
        let mut given = [Given::Default; 11];
        given[retry::key::max_retries] = Given::Value(Value::Count(1));
        given[retry::key::max_attempts] = Given::Value(Value::Count(2));
        given
    };
    const { assert!(retry::TABLE.first_broken(&GIVEN).is_some()) };
    const { assert!(retry::TABLE.first_broken(&[Given::Default; 11]).is_none()) };
}

#[test]
fn unknown_values_and_parts_break_no_rule() {
    for table in TABLES {
        let unknown = vec![Given::Unknown; table.settings.len()];
        let excludes = table.first_broken(&unknown);
        assert!(excludes.is_none_or(|broken| broken.name() == "max_retries"));
        let nothing = vec![Given::Default; table.settings.len()];
        assert!(table.first_broken_of_part(&nothing).is_none());
    }
    let retries = given(&retry::TABLE, &[("max_retries", Value::Count(1))]);
    assert!(retry::TABLE.first_broken_of_part(&retries).is_none());
    let of_window = given(&breaker::TABLE, &[("failure_rate", Value::Number(0.5))]);
    assert!(breaker::TABLE.first_broken(&of_window).is_some());
    assert!(breaker::TABLE.first_broken_of_part(&of_window).is_none());
    let never = given(&breaker::TABLE, &[("failure_rate", Value::Number(1.5))]);
    assert!(breaker::TABLE.first_broken_of_part(&never).is_some());
}

#[test]
fn what_breaks_a_rule_is_forgotten_and_the_rest_stays() {
    let mut settings = Builder::default()
        .failure_threshold(0)
        .slow_call(secs(1))
        .recovery_time(secs(7))
        .half_open_max_calls(9);
    let broken = forget_broken(&mut settings);
    let names: Vec<&str> = broken.iter().map(resilient_settings::Broken::name).collect();
    assert_eq!(names, ["failure_threshold", "half_open_max_calls", "slow_call"]);
    assert_eq!(settings.recovery_time, Some(secs(7)));
    assert_eq!(error(settings), "");
}

/// Proves that any combination of settings at the edges of their ranges ends valid.
#[test]
fn forgetting_always_ends_with_valid_settings() {
    let mut seed = 1_u64;
    let mut next = |end| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from((seed >> 33) % end).expect("small")
    };
    for _ in 0..20_000 {
        let mut settings = Builder::default();
        let mut count = || [None, Some(0), Some(1), Some(5), Some(2_000)][next(5)];
        settings.failure_count = count();
        settings.min_calls = count();
        settings.window_buckets = count();
        settings.half_open_max_calls = count();
        settings.half_open_successes = count();
        settings.half_open_failures = count();
        settings.window = count().map(|calls| match calls {
            5 => Window::Time(secs(5)),
            calls => Window::Calls(calls),
        });
        let mut share = || [None, Some(0.0), Some(0.5), Some(1.5)][next(4)];
        settings.failure_rate = share();
        settings.slow_call_rate = share();
        let mut time = || [None, Some(secs(0)), Some(secs(5)), Some(secs(50))][next(4)];
        settings.slow_call = time();
        settings.recovery_time = time();
        settings.max_recovery_time = time();
        let before = settings;
        let broken = forget_broken(&mut settings);
        assert_eq!(error(settings), "", "{before:?}");
        assert_eq!(broken.is_empty(), error(before).is_empty(), "{before:?}");
    }
}
