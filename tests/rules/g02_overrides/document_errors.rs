//! Rule G2: each error of a document is one line with line, table and key, and changes nothing.

use resilient::budget::BudgetConfig;
use resilient::registry::Overrides;
use resilient::retries::NamedRetry;
use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryPolicy};

use crate::support::documents::builder;
use resilient_testkit::{Heard, secs};

/// A registry with a live breaker, group, budget and retry, and with overrides.
struct Live {
    registry: Registry,
    heard: Heard,
}

impl Live {
    fn new() -> Self {
        let registry = Registry::new();
        let code = builder().window(10).failure_count(5).build().unwrap();
        let _ = registry.get_or_register("payments", code.clone());
        let _ = registry.get_or_register_keyed::<String>("tenants", code).get("acme");
        let code = BudgetConfig::builder().retry_cost(30).build().unwrap();
        let _ = registry.get_or_register_budget("payments", code);
        let code = RetryPolicy::builder().max_delay(secs(2)).build().unwrap();
        let _ = registry.get_or_register_retry("stock", code);
        let standing = Overrides::new()
            .with("payments", builder().half_open_successes(2))
            .with_key("tenants", "acme", builder().half_open_successes(3))
            .with_budget("payments", BudgetConfig::builder().deposit(2))
            .with_retry("stock", RetryPolicy::builder().max_retries(1));
        registry.set_overrides(standing).unwrap();
        let heard = Heard::default();
        registry.on_event(heard.listener());
        Self { registry, heard }
    }

    /// Returns everything that a refused document must not change.
    fn state(&self) -> String {
        let breakers: Vec<_> =
            self.registry.breakers().iter().map(CircuitBreaker::settings_with_origin).collect();
        let budgets = self.registry.budgets();
        let retries: Vec<_> = self.registry.retries();
        let retries: Vec<_> = retries.iter().map(NamedRetry::settings_with_origin).collect();
        let states: Vec<_> = self.registry.breakers().iter().map(CircuitBreaker::state).collect();
        let overrides = self.registry.overrides();
        format!("{breakers:?} {budgets:?} {retries:?} {states:?} {overrides:?}")
    }
}

/// Asserts that the document is refused with this text, that the accessors of the error agree with
/// the text, and that nothing changes. The source location of code is written as `HERE`.
#[track_caller]
fn assert_refused(document: &str, text: &str) {
    let registered = Live::new();
    let before = registered.state();
    let error = registered.registry.apply_toml(document).expect_err(document);
    let shown = error.to_string();
    let shown = match shown.split_once(&format!(" at {}:", file!())) {
        Some((begin, end)) => format!("{begin} HERE{}", end.trim_start_matches(char::is_numeric)),
        None => shown,
    };
    assert_eq!(shown, text);
    assert_eq!(shown.lines().count(), 1);
    let line = error.line().expect("a line");
    assert!(text.starts_with(&format!("overrides, line {line}: ")), "{line}: {text}");
    if let Some(table) = error.table() {
        assert!(text.contains(&table.to_string()), "{table}: {text}");
    }
    if let Some(key) = error.key() {
        assert!(text.contains(&format!("`{key}`")), "{key}: {text}");
    }
    assert_eq!(registered.state(), before);
    assert_eq!(registered.heard.events().len(), 0);
}

/// A document with valid changes of everything, which ends with an error.
fn after_valid_changes(error: &str) -> String {
    format!(
        "[defaults]\nhalf_open_failures = 2\n\
         [breakers.payments]\nmode = \"disabled\"\n\
         [breakers.tenants.keys.acme]\nmode = \"forced_open\"\n\
         [budgets.payments]\ncapacity = 0\n\
         [retries.stock]\nmax_retries = 0\n\
         {error}"
    )
}

#[test]
fn g02_an_unknown_table_or_key_is_named_with_the_nearest_one() {
    for (error, text) in [
        ("[breaker.x]\nwindow = 3", "line 11: unknown table `breaker`: did you mean `breakers`?"),
        ("[retris.x]", "line 11: unknown table `retris`: did you mean `retries`?"),
        (
            "[servers.x]",
            "line 11: unknown table `servers`: expected one of `defaults`, `breakers`, `budgets`, \
             `retries`",
        ),
        (
            "[breakers.x]\nfailure_treshold = 3",
            "line 12: [breakers.x]: unknown key `failure_treshold`: did you mean \
             `failure_threshold`?",
        ),
        (
            "[breakers.\"x*\".keys.\"a b\"]\nfailure_treshold = 3",
            "line 12: [breakers.\"x*\".keys.\"a b\"]: unknown key `failure_treshold`: did you mean \
             `failure_threshold`?",
        ),
        (
            "[budgets.x]\ncapasity = 3",
            "line 12: [budgets.x]: unknown key `capasity`: did you mean `capacity`?",
        ),
        (
            "[budgets.x]\nmode = 'disabled'",
            "line 12: [budgets.x]: unknown key `mode`: expected one of `capacity`, `retry_cost`, \
             `initial_tokens`, `deposit`",
        ),
        (
            "[retries.x]\nretries = 3",
            "line 12: [retries.x]: unknown key `retries`: did you mean `max_retries`?",
        ),
        (
            "[retries.x]\ndead_line = '3s'",
            "line 12: [retries.x]: unknown key `dead_line`: did you mean `deadline`?",
        ),
    ] {
        assert_refused(&after_valid_changes(error), &format!("overrides, {text}"));
    }
}

#[test]
fn g02_a_value_of_the_wrong_form_is_named_with_its_table_and_the_form() {
    let count = "expected a whole number from 0 to 4294967295";
    let time = "expected a duration in quotes, like \"250ms\" or \"30s\"";
    for (error, text) in [
        ("[breakers]\nx = 3", "line 12: `x` must be a table, and is of type integer".to_owned()),
        (
            "[breakers.x]\nkeys = 3",
            "line 12: [breakers.x]: `keys` must be a table, and is of type integer".into(),
        ),
        ("[[breakers.x]]\nwindow = 3", "line 11: `x` must be a table, and is of type array".into()),
        (
            "[breakers.x]\nfailure_threshold = '3'",
            format!(
                "line 12: [breakers.x]: `failure_threshold`: invalid type: string \"3\", {count}"
            ),
        ),
        (
            "[breakers.x]\nabandoned = true",
            "line 12: [breakers.x]: `abandoned`: invalid type: boolean `true`, expected one of \
             `ignore`, `failure`"
                .into(),
        ),
        (
            "[breakers.x.keys.y]\nmode = 'closed'",
            "line 12: [breakers.x.keys.y]: `mode`: `closed` is no mode: must be one of \
             `forced_open`, `disabled`, `observe_only`"
                .into(),
        ),
        (
            "[breakers.x]\nmode_for = '1m'",
            "line 12: [breakers.x]: `mode_for` needs a `mode`".into(),
        ),
        (
            "[budgets.x]\ndeposit = -1",
            format!("line 12: [budgets.x]: `deposit`: invalid value: integer `-1`, {count}")
                .replace("invalid value", "invalid type"),
        ),
        (
            "[retries.x]\nmax_delay = 2",
            format!("line 12: [retries.x]: `max_delay`: invalid type: integer `2`, {time}"),
        ),
        (
            "[retries.x]\nattempt_timeout = 2",
            format!("line 12: [retries.x]: `attempt_timeout`: invalid type: integer `2`, {time}"),
        ),
        (
            "[retries.x]\nwhen_open = 'go'",
            "line 12: [retries.x]: `when_open`: must be one of `stop`, `wait`".into(),
        ),
        (
            "[retries.x]\njitter = 'some'",
            "line 12: [retries.x]: `jitter`: must be one of `full`, `equal`, `decorrelated`, \
             `smooth`, `none`, or a share like \"20%\""
                .into(),
        ),
    ] {
        assert_refused(&after_valid_changes(error), &format!("overrides, {text}"));
    }
}

#[test]
fn g02_a_value_out_of_range_or_against_a_rule_is_named_with_the_rule() {
    for (error, text) in [
        (
            "[breakers.x]\nfailure_rate = '150%'",
            "line 12: [breakers.x]: `failure_rate` is 1.5: must be above 0 and at most 1",
        ),
        (
            "[breakers.x.keys.y]\nmax_keys = 3",
            "line 12: [breakers.x.keys.y]: `max_keys` is for all keys together: set it in \
             [breakers.x]",
        ),
        (
            "[breakers.\"x*y\"]\nwindow = 3",
            "line 11: [breakers.\"x*y\"]: `*` may only be the last character of a name or key",
        ),
        (
            "[breakers.x.keys.\"*y\"]\nwindow = 3",
            "line 11: [breakers.x.keys.\"*y\"]: `*` may only be the last character of a name or \
             key",
        ),
        (
            "[breakers.\"pay*\"]\nwindow = 4",
            "line 11: [breakers.\"pay*\"], which applies to `payments`: `failure_count` is 5: must \
             not be above the calls that `window` holds (the code sets it HERE)",
        ),
        (
            "[breakers.tenants.keys.b]\nwindow = 4",
            "line 11: [breakers.tenants.keys.b]: `failure_count` is 5: must not be above the calls \
             that `window` holds (the code sets it HERE)",
        ),
        (
            "[budgets.\"pay*\"]\nretry_cost = 0",
            "line 12: [budgets.\"pay*\"]: `retry_cost` is 0: must be at least 1",
        ),
        (
            "[retries.x]\nmax_retries = 1\nmax_attempts = 2",
            "line 12: [retries.x]: `max_retries` is 1: must not be given together with \
             `max_attempts`, which says the same",
        ),
        (
            "[retries.x]\ndeadline = '0s'",
            "line 12: [retries.x]: `deadline` is 0ns: must be longer than zero",
        ),
        (
            "[retries.x]\ndeadline = '1s'\nattempt_timeout = '2s'",
            "line 13: [retries.x]: `attempt_timeout` is 2s: must not be above `deadline`",
        ),
        (
            "[retries.\"s*\"]\nbase_delay = '3s'",
            "line 11: [retries.\"s*\"], which applies to `stock`: `max_delay` is 2s: must not be \
             below `base_delay` (the code sets it HERE)",
        ),
    ] {
        assert_refused(&after_valid_changes(error), &format!("overrides, {text}"));
    }
}

#[test]
fn g02_a_text_that_is_no_toml_is_named_with_its_table_and_key() {
    for (error, text) in [
        ("[breakers.x]\nwindow = 3\nwindow = 4", "line 13: [breakers.x]: `window`: duplicate key"),
        ("[retries.stock]\nmax_delay = '1s'", "line 11: [retries.stock]: duplicate key"),
        ("[budgets.x]\n[retries.stock]", "line 12: [retries.stock]: duplicate key"),
        ("[breakers.x\nwindow = 3", "line 11: unclosed table, expected `]`"),
        (
            "[breakers.x]\nwindow = 3 min_calls = 4",
            "line 12: [breakers.x]: `window`: unexpected key or value, expected newline, `#`",
        ),
    ] {
        assert_refused(&after_valid_changes(error), &format!("overrides, {text}"));
    }
}

#[test]
fn g02_names_and_values_with_line_breaks_stay_on_one_line() {
    assert_refused(
        "[breakers.\"a\\nb\"]\nwindow = 0",
        "overrides, line 2: [breakers.\"a\\u000Ab\"]: `window` is 0: must be between 1 and 1000000 \
         calls; longer ones are a time",
    );
    let text = Live::new().registry.apply_toml("[breakers.x]\nrecovery_time = '''a\nb'''");
    let text = text.unwrap_err().to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    let text = Live::new().registry.apply_toml("[breakers.x]\n\"a\\u2028\\nb\" = 3").unwrap_err();
    assert_eq!(text.to_string().lines().count(), 1, "{text}");
}

#[test]
fn g02_every_key_of_a_retry_means_the_setting_of_the_builder() {
    use resilient::registry::RetryOverride;
    use resilient::retries::{Backoff, Jitter, WhenOpen};

    let policy = || RetryPolicy::builder();
    let limits = RetryOverride::default;
    for (line, expected) in [
        ("max_retries = 0", RetryOverride::from(policy().max_retries(0))),
        ("max_attempts = 3", policy().max_attempts(3).into()),
        ("backoff = 'constant'", policy().backoff(Backoff::Constant).into()),
        ("base_delay = '50ms'", policy().base_delay("50ms").into()),
        ("max_delay = '1m 30s'", policy().max_delay(secs(90)).into()),
        ("backoff_factor = 3", policy().backoff_factor(3.0).into()),
        ("jitter = 'equal'", policy().jitter(Jitter::Equal).into()),
        ("jitter = '20%'", policy().jitter(Jitter::Proportional(0.2)).into()),
        ("jitter = 0.2", policy().jitter(Jitter::Proportional(0.2)).into()),
        ("jitter = 1", policy().jitter(Jitter::Proportional(1.0)).into()),
        ("max_retry_after = '5s'", policy().max_retry_after(secs(5)).into()),
        ("max_elapsed = '5s'", policy().max_elapsed(secs(5)).into()),
        ("when_open = 'wait'", policy().when_open(WhenOpen::Wait).into()),
        ("deadline = '3s'", limits().with_deadline(secs(3))),
        ("attempt_timeout = '1s'", limits().with_attempt_timeout(secs(1))),
    ] {
        let registry = Registry::new();
        let document = format!("[retries.\"st*\"]\n{line}\n");
        let applied = registry.apply_toml(&document).expect(line);
        assert_eq!(applied.waiting_retries, ["st*"]);
        assert_eq!(registry.overrides(), Overrides::new().with_retry("st*", expected), "{line}");
    }
    for name in resilient_settings::retry::TABLE.names() {
        let registry = Registry::new();
        let error = registry.apply_toml(&format!("[retries.x]\n{name} = []\n")).unwrap_err();
        assert_eq!((error.key(), error.line()), (Some(name), Some(2)), "every setting is a key");
    }
}

#[test]
fn g02_a_document_stops_and_restores_a_retry_and_a_later_one_takes_it_on() {
    let registry = Registry::new();
    let attempts = |name: &str| {
        let retry = registry.get_or_register_retry(name, RetryPolicy::default());
        retry.snapshot().policy.worst_case().attempts()
    };
    assert_eq!(attempts("stock"), 4);
    let document = "[retries.\"*\"]\nmax_attempts = 3\n[retries.stock]\nmax_retries = 0\n";
    let applied = registry.apply_toml(document).unwrap();
    assert_eq!(applied.live_retries, ["*", "stock"]);
    assert_eq!((attempts("stock"), attempts("later")), (1, 3));
    registry.apply_toml("").unwrap();
    assert_eq!((attempts("stock"), attempts("later")), (4, 4));
}

#[test]
fn g02_defaults_that_contradict_the_code_are_named_by_their_line() {
    let registry = Registry::new();
    let _ = registry.get_or_register("stock", BreakerConfig::default());
    let error = registry.apply_toml("[defaults]\nwindow_buckets = 5").unwrap_err();
    assert_eq!(
        error.to_string(),
        "overrides, line 2: [defaults], which applies to `stock`: `window_buckets` is 5: needs a \
         `window` of time"
    );
}
