//! Rule G2: documents override retry budgets. The tests cover each key and each error.

use resilient::Registry;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::registry::Overrides;

fn budget() -> BudgetConfigBuilder {
    BudgetConfig::builder()
}

#[test]
fn g02_every_key_of_a_budget_means_the_setting_of_the_builder() {
    for (line, settings) in [
        ("capacity = 1_000", budget().capacity(1_000)),
        ("retry_cost = 10", budget().retry_cost(10)),
        ("initial_tokens = 0", budget().initial_tokens(0)),
        ("deposit = 2", budget().deposit(2)),
    ] {
        let registry = Registry::new();
        let document = format!("[budgets.\"pay/ments\"]\n{line}\n");
        let applied = registry.apply_toml(&document).expect(line);
        assert_eq!(applied.waiting_budgets, ["pay/ments"]);
        assert!(applied.live.is_empty() && applied.waiting.is_empty());
        let expected = Overrides::new().with_budget("pay/ments", settings);
        assert_eq!(registry.overrides(), expected, "{line}");
    }
}

#[test]
fn g02_breakers_and_budgets_may_have_one_name() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", resilient::BreakerConfig::default());
    let retries = registry.get_or_register_budget("payments", BudgetConfig::default());
    let applied = registry
        .apply_toml(
            "[breakers.payments]\nfailure_threshold = 2\n[budgets.payments]\ncapacity = 20\n",
        )
        .unwrap();
    assert_eq!((applied.live.len(), applied.live_budgets.len()), (1, 1));
    let code = crate::support::documents::builder().failure_threshold(2);
    assert_eq!(breaker.config(), code.build().unwrap());
    assert_eq!((retries.config().capacity(), retries.tokens()), (20, 20));
    registry.apply_toml("").unwrap();
    assert_eq!(retries.config(), BudgetConfig::default());
    assert_eq!(retries.tokens(), 20, "the spent token stays spent");
}

/// Asserts that the registry rejects the document and changes nothing. The error must name this
/// line and contain these words.
#[track_caller]
fn assert_refused(document: &str, line: usize, words: &[&str]) {
    let registry = Registry::new();
    let code = budget().retry_cost(30).build().unwrap();
    let retries = registry.get_or_register_budget("dear", code);
    let error = registry.apply_toml(document).expect_err(document);
    let text = error.to_string();
    assert_eq!(error.line(), Some(line), "{text}");
    assert!(text.starts_with(&format!("overrides, line {line}: ")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}`: {text}");
    }
    assert_eq!(registry.overrides(), Overrides::new());
    assert_eq!((retries.config(), retries.tokens()), (code, 50));
}

#[test]
fn an_unknown_key_of_a_budget_is_reported_with_its_line() {
    for (document, line, key) in [
        ("[budgets.x]\n\ncapacty = 3", 3, "`capacty`"),
        ("[budgets.x]\nmode = \"disabled\"", 2, "`mode`"),
        ("[budgets.x]\nfailure_threshold = 2", 2, "`failure_threshold`"),
        ("\n[budget.x]\ncapacity = 3", 2, "`budget`"),
        ("[defaults]\ncapacity = 3", 2, "`capacity`"),
        ("[breakers.x]\nretry_cost = 3", 2, "`retry_cost`"),
    ] {
        assert_refused(document, line, &["unknown", key]);
    }
}

#[test]
fn a_value_of_the_wrong_form_is_reported_with_its_line_and_key() {
    for (line, why) in [
        ("capacity = \"3\"", "a whole number"),
        ("capacity = 4294967296", "a whole number"),
        ("retry_cost = true", "a whole number"),
        ("initial_tokens = 1.5", "a whole number"),
        ("deposit = -1", "a whole number"),
    ] {
        let (key, _) = line.split_once(' ').unwrap();
        assert_refused(&format!("[budgets.x]\n{line}"), 2, &[key, why]);
    }
    assert_refused("[budgets]\ncapacity = 3", 2, &["`capacity` must be a table", "integer"]);
}

#[test]
fn a_value_out_of_range_is_reported_with_its_line_its_key_and_the_rule() {
    for (document, line, words) in [
        (
            "[budgets.x]\n\nretry_cost = 0",
            3,
            ["[budgets.x]", "`retry_cost` is 0", "must be at least 1"],
        ),
        (
            "[defaults]\nfailure_threshold = 3\n[budgets.x]\ndeposit = 1\nretry_cost = 0",
            5,
            ["[budgets.x]", "`retry_cost` is 0", "must be at least 1"],
        ),
        (
            "[breakers.x]\nfailure_threshold = 3\n[budgets.x]\ninitial_tokens = 11\ncapacity = 10",
            4,
            ["[budgets.x]", "`initial_tokens` is 11", "above `capacity`"],
        ),
        // The section conflicts with the code of a live budget, so the error names the line of the
        // section.
        (
            "[defaults]\n[budgets.dear]\ncapacity = 29",
            2,
            ["[budgets.dear]", "`retry_cost` is 30", "above `capacity`"],
        ),
    ] {
        assert_refused(document, line, &words);
    }
}
