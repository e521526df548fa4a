//! Overrides of retry budgets in documents: every key, and what is said of one that is wrong.

use resilient::{BudgetConfig, BudgetConfigBuilder, Overrides, Registry};

fn budget() -> BudgetConfigBuilder {
    BudgetConfig::builder()
}

#[test]
fn g02_every_key_of_a_budget_means_what_the_builder_says() {
    for (line, settings) in [
        ("capacity = 1_000", budget().capacity(1_000)),
        ("retry_cost = 10", budget().retry_cost(10)),
        ("reserve = 0", budget().reserve(0)),
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
fn g02_breakers_and_budgets_of_one_name_stand_beside_each_other() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", resilient::BreakerConfig::default());
    let retries = registry.get_or_register_budget("payments", BudgetConfig::default());
    let applied = registry
        .apply_toml(
            "[breakers.payments]\nfailure_threshold = 2\n[budgets.payments]\ncapacity = 20\n",
        )
        .unwrap();
    assert_eq!((applied.live.len(), applied.live_budgets.len()), (1, 1));
    let code = crate::builder().failure_threshold(2);
    assert_eq!(breaker.config(), code.build().unwrap());
    assert_eq!((retries.config().capacity(), retries.tokens()), (20, 20));
    registry.apply_toml("").unwrap();
    assert_eq!(retries.config(), BudgetConfig::default());
    assert_eq!(retries.tokens(), 20, "what is gone is gone");
}

#[test]
fn what_is_wrong_of_a_budget_is_told_with_its_line_and_changes_nothing() {
    let registry = Registry::new();
    let code = budget().retry_cost(30).build().unwrap();
    let live = registry.get_or_register_budget("dear", code);
    for (document, line, words) in [
        // Keys, values and places that are none.
        (
            "[budgets.x]\n\ncapacty = 3",
            3,
            ["unknown field", "`capacty`", "`capacity`"],
        ),
        (
            "[budgets.x]\nmode = \"disabled\"",
            2,
            ["unknown field", "`mode`", "`deposit`"],
        ),
        (
            "[budgets.x]\nfailure_threshold = 2",
            2,
            ["unknown field", "`failure_threshold`", ""],
        ),
        (
            "\n[budget.x]\ncapacity = 3",
            2,
            ["unknown field", "`budget`", "`budgets`"],
        ),
        (
            "[defaults]\ncapacity = 3",
            2,
            ["unknown field", "`capacity`", ""],
        ),
        (
            "[breakers.x]\nretry_cost = 3",
            2,
            ["unknown field", "`retry_cost`", ""],
        ),
        (
            "[budgets]\ncapacity = 3",
            2,
            ["capacity", "invalid type", "integer `3`"],
        ),
        (
            "[budgets.x]\ncapacity = \"3\"",
            2,
            ["capacity", "invalid type", "u32"],
        ),
        (
            "[budgets.x]\nreserve = 1.5",
            2,
            ["reserve", "invalid type", "u32"],
        ),
        (
            "[budgets.x]\ndeposit = -1",
            2,
            ["deposit", "invalid value", "u32"],
        ),
        (
            "[budgets.x]\ncapacity = 4294967296",
            2,
            ["capacity", "invalid value", "u32"],
        ),
        (
            "[budgets.x]\nretry_cost = true",
            2,
            ["retry_cost", "invalid type", "u32"],
        ),
        // Out of range.
        (
            "[budgets.x]\n\ncapacity = 0",
            3,
            ["retry budget `x`", "`capacity` is 0", "must be at least 1"],
        ),
        (
            "[defaults]\nfailure_threshold = 3\n[budgets.x]\ndeposit = 1\nretry_cost = 0",
            5,
            [
                "retry budget `x`",
                "`retry_cost` is 0",
                "must be at least 1",
            ],
        ),
        (
            "[breakers.x]\nfailure_threshold = 3\n[budgets.x]\nreserve = 11\ncapacity = 10",
            4,
            ["retry budget `x`", "`reserve` is 11", "above `capacity`"],
        ),
        // With the code of a live one: the section is what there is.
        (
            "\n[budgets.dear]\ncapacity = 29",
            2,
            [
                "retry budget `dear`",
                "`retry_cost` is 30",
                "above `capacity`",
            ],
        ),
    ] {
        let error = registry.apply_toml(document).expect_err(document);
        let text = error.to_string();
        assert_eq!(error.line(), Some(line), "{text}");
        assert!(text.starts_with("overrides of "), "{text}");
        assert!(text.contains(&format!("line {line}")), "{text}");
        for word in words {
            assert!(text.contains(word), "`{word}`: {text}");
        }
        assert_eq!(registry.overrides(), Overrides::new());
        assert_eq!((live.config(), live.tokens()), (code, 50));
    }
}
