//! Tests how the arguments of `#[retry]` are read, and which errors they cause.

use super::*;
use crate::args::{AttributeKind, SettingValue};
use crate::fuzz_tokens::FuzzTokens;
use crate::fuzz_tokens::invisible;
use quote::quote;
use resilient_settings::Value;
use std::time::Duration;

fn accepted(tokens: TokenStream) -> RetryArgs {
    let shown = tokens.to_string();
    RetryArgs::parse(tokens).unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()))
}

fn refused(tokens: TokenStream) -> Vec<String> {
    let shown = tokens.to_string();
    RetryArgs::parse(tokens).expect_err(&shown).messages()
}

fn only(tokens: TokenStream) -> String {
    let messages = refused(tokens);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.concat()
}

fn text(tokens: Option<&TokenStream>) -> String {
    tokens.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn no_arguments_leave_everything_to_the_defaults() {
    let args = accepted(quote!());
    assert!(
        args.settings.get("max_retries").is_none()
            && args.settings.get("backoff").is_none()
            && args.common.outer.is_empty()
    );
}

#[test]
fn every_key_is_read_into_its_field() {
    let args = accepted(quote! {
        max_retries = 5, backoff = exponential, base_delay = "50ms", max_delay = "1m30s",
        backoff_factor = 1.5, jitter = equal, on = E::A | E::B { .. }, except = E::C(_),
        retry_if = |e| e.again(), retry_when = f::<A, B>,
        retry_after = |e| e.after(), max_retry_after = "2m", max_elapsed = "1h",
        when_open = wait, attempt = attempt,
        on_retry = |a, b| log(a, b), on_wait = waits, on_give_up = done,
        borrow(x, y), clone(z), crate = ::rt,
    });
    assert!(args.settings.literal("max_retries") == Some(Value::Count(5)));
    assert!(args.settings.literal("backoff") == Some(Value::Word("exponential")));
    assert!(args.settings.literal("base_delay") == Some(Value::Time(Duration::from_millis(50))));
    assert!(args.settings.literal("max_delay") == Some(Value::Time(Duration::from_secs(90))));
    assert!(args.settings.literal("backoff_factor") == Some(Value::Number(1.5)));
    assert!(args.settings.literal("jitter") == Some(Value::Word("equal")));
    assert_eq!(text(args.on.as_ref()), quote!(E::A | E::B { .. }).to_string());
    assert_eq!(text(args.except.as_ref()), quote!(E::C(_)).to_string());
    assert_eq!(text(args.retry_if.as_ref()), quote!(|e| e.again()).to_string());
    assert_eq!(text(args.retry_when.as_ref()), quote!(f::<A, B>).to_string());
    assert_eq!(text(args.retry_after.as_ref()), quote!(|e| e.after()).to_string());
    assert!(
        args.settings.literal("max_retry_after") == Some(Value::Time(Duration::from_secs(120)))
    );
    assert!(args.settings.literal("max_elapsed") == Some(Value::Time(Duration::from_secs(3600))));
    assert_eq!(args.settings.literal("when_open"), Some(Value::Word("wait")));
    assert!(args.attempt.is_some_and(|ident| ident == "attempt"));
    assert_eq!(text(args.on_retry.as_ref()), quote!(|a, b| log(a, b)).to_string());
    assert_eq!(text(args.on_wait.as_ref()), "waits");
    assert_eq!(text(args.on_give_up.as_ref()), "done");
    assert_eq!((args.borrow.len(), args.clone.len()), (2, 1));
    assert_eq!(text(args.common.krate.as_ref()), quote!(::rt).to_string());
}

#[test]
fn expressions_are_kept_for_the_compiler_to_check() {
    let args = accepted(quote! {
        max_attempts = self.attempts, base_delay = delay(1), max_delay = MAX,
        backoff_factor = f()
    });
    let attempts = args.settings.get("max_attempts");
    let attempts = attempts.and_then(SettingValue::expression);
    assert_eq!(text(attempts), "self . attempts");
    assert!(matches!(args.settings.get("base_delay"), Some(SettingValue::Expr(_))));
    assert!(matches!(args.settings.get("max_delay"), Some(SettingValue::Expr(_))));
    assert!(matches!(args.settings.get("backoff_factor"), Some(SettingValue::Expr(_))));
}

#[test]
fn a_literal_from_another_macro_is_checked_like_a_written_one() {
    let zero = invisible(quote!(0));
    assert_eq!(
        only(quote!(max_attempts = #zero)),
        "`max_attempts` is 0: the first call is an attempt too, so at least 1"
    );
    let delay = invisible(quote!("5s"));
    assert!(matches!(
        accepted(quote!(base_delay = #delay)).settings.get("base_delay"),
        Some(SettingValue::Literal(_))
    ));
}

#[test]
fn a_backoff_is_a_word_or_a_path() {
    assert!(
        accepted(quote!(backoff = constant)).settings.literal("backoff")
            == Some(Value::Word("constant"))
    );
    assert!(
        accepted(quote!(backoff = linear)).settings.literal("backoff")
            == Some(Value::Word("linear"))
    );
    assert!(
        accepted(quote!(backoff = fibonacci)).settings.literal("backoff")
            == Some(Value::Word("fibonacci"))
    );
    for own in [
        quote!(my::schedule),
        quote!(schedule),
        quote!(SCHEDULE),
        quote!(|n| next(n)),
        quote!(Linear),
    ] {
        assert!(
            matches!(
                accepted(quote!(backoff = #own)).settings.get("backoff"),
                Some(SettingValue::Expr(_))
            ),
            "{own}"
        );
    }
    assert_eq!(
        only(quote!(backoff = exponentail)),
        "`backoff = exponentail` is unknown: one of `exponential`, `constant`, `linear`, \
         `fibonacci`; did you mean `exponential`?"
    );
    assert_eq!(
        only(quote!(backoff = "linear")),
        "`backoff` is a word, not a string: write `linear` without quotes"
    );
    assert!(only(quote!(backoff = 2)).contains("one of `exponential`"));
    assert!(only(quote!(backoff = const)).contains("one of `exponential`"));
}

#[test]
fn jitter_is_a_word_or_a_proportion() {
    for (value, expected) in [
        (quote!(full), Value::Word("full")),
        (quote!(decorrelated), Value::Word("decorrelated")),
        (quote!(smooth), Value::Word("smooth")),
        (quote!(none), Value::Word("none")),
        (quote!(0.2), Value::Number(0.2)),
        (quote!("20%"), Value::Number(0.2)),
        (quote!(1), Value::Number(1.0)),
    ] {
        let args = accepted(quote!(jitter = #value));
        assert_eq!(args.settings.literal("jitter"), Some(expected));
    }
    for value in [quote!(SHARE), quote!(crate::share), quote!(share()), quote!(self.share)] {
        let args = accepted(quote!(jitter = #value));
        assert!(matches!(args.settings.get("jitter"), Some(SettingValue::Expr(_))), "{value}");
    }
    assert_eq!(
        only(quote!(jitter = ful)),
        "`jitter = ful` is unknown: one of `full`, `equal`, `decorrelated`, `smooth`, `none`; did \
         you mean `full`?"
    );
    assert_eq!(
        only(quote!(jitter = "full")),
        "`jitter` is a word, not a string: write `full` without quotes"
    );
    assert_eq!(
        only(quote!(jitter = 1.5)),
        "`jitter` is 1.5: a proportion is from 0 to 1, or from \"0%\" to \"100%\""
    );
}

#[test]
fn literals_that_break_a_rule_are_refused_with_the_rule() {
    assert!(accepted(quote!(max_retries = 0)).settings.get("max_retries").is_some());
    assert!(accepted(quote!(base_delay = "0s")).settings.get("base_delay").is_some());
    assert!(only(quote!(max_retries = -1)).contains("a count cannot be negative"));
    assert_eq!(
        only(quote!(backoff_factor = 0.5)),
        "`backoff_factor` is 0.5: a factor is finite and at least 1"
    );
    assert!(only(quote!(max_elapsed = "0s")).starts_with("`max_elapsed` is zero"));
    let unit = "a duration needs a unit, and \"100\" has none: write \"100ms\" or \"100s\"";
    assert_eq!(only(quote!(base_delay = 100)), unit);
    assert_eq!(
        only(quote!(when_open = waits)),
        "`when_open = waits` is unknown: one of `stop`, `wait`; did you mean `wait`?"
    );
    assert!(only(quote!(attempt = _)).contains("is no such name"));
}

#[test]
fn the_longest_delay_is_not_below_the_first() {
    assert_eq!(
        only(quote!(base_delay = "20s")),
        "`base_delay` is 20s, above `max_delay`, whose default is 10s: raise `max_delay` too"
    );
    assert_eq!(
        only(quote!(max_delay = "50ms")),
        "`max_delay` is 50ms, below `base_delay`, whose default is 100ms: lower `base_delay` too"
    );
    let both = "`max_delay` is 1s and `base_delay` is 2s: `max_delay` is at least `base_delay`";
    assert_eq!(only(quote!(max_delay = "1s", base_delay = "2s")), both);
    assert_eq!(only(quote!(base_delay = "2s", max_delay = "1s")), both);
    accepted(quote!(base_delay = "20s", max_delay = "20s"));
    accepted(quote!(base_delay = "20s", max_delay = limit()));
    accepted(quote!(max_delay = "50ms", backoff = my::schedule));
    assert_eq!(refused(quote!(base_delay = "20s", max_delay = "1")).len(), 1);
}

#[test]
fn growth_belongs_to_exponential_backoff() {
    for backoff in [quote!(constant), quote!(linear), quote!(fibonacci), quote!(my::schedule)] {
        assert!(
            only(quote!(backoff = #backoff, backoff_factor = 2))
                .contains("`backoff = exponential` only")
        );
        assert!(
            only(quote!(jitter = decorrelated, backoff = #backoff))
                .starts_with("`jitter = decorrelated` works with")
        );
        assert!(
            only(quote!(jitter = smooth, backoff = #backoff))
                .starts_with("`jitter = smooth` works with")
        );
    }
    assert!(
        only(quote!(jitter = smooth, backoff_factor = 2)).contains("takes no `backoff_factor`")
    );
    accepted(quote!(backoff = exponential, jitter = decorrelated));
}

#[test]
fn a_key_is_given_once_and_excludes_what_it_sets() {
    assert_eq!(only(quote!(max_retries = 1, max_retries = 2)), "`max_retries` is given twice");
    assert_eq!(only(quote!(borrow(a), borrow(b))), "`borrow` is given twice");
    assert_eq!(
        only(quote!(max_retries = 1, max_attempts = 2)),
        "`max_attempts` excludes `max_retries`: one is the other plus the first call, so give one \
         of them"
    );
    assert!(
        only(quote!(max_attempts = 1, max_retries = 2))
            .starts_with("`max_retries` excludes `max_attempts`")
    );
    assert_eq!(
        only(quote!(policy = p, jitter = full)),
        "`jitter` excludes `policy`: a policy sets it already"
    );
    assert_eq!(
        only(quote!(jitter = full, policy = p)),
        "`policy` excludes `jitter`: a policy sets it already"
    );
    assert_eq!(refused(quote!(base_delay = "20s", policy = p, when_open = stop)).len(), 2);
    accepted(quote!(policy = p, on = E::A, retry_after = f, attempt = n, borrow(x)));
}

#[test]
fn an_argument_is_borrowed_or_cloned() {
    assert_eq!(
        only(quote!(borrow(a, b), clone(b))),
        "`b` is listed in `borrow` already: an argument stands in `borrow` or in `clone`"
    );
    assert!(only(quote!(clone(b), borrow(b))).starts_with("`b` is listed in `clone` already"));
    assert_eq!(accepted(quote!(r#borrow(a))).borrow.len(), 1);
}

#[test]
fn the_error_about_an_unknown_key_names_the_nearest_key_or_all_keys() {
    assert_eq!(only(quote!(max_retry = 3)), "unknown key `max_retry`: did you mean `max_retries`?");
    assert_eq!(
        only(quote!(retires = 3)),
        "unknown key `retires`: did you mean `retry_if`?".replace("retry_if", "max_retries")
    );
    assert_eq!(
        only(quote!(failure_threshold = 3)),
        "unknown key `failure_threshold`: it belongs to `#[circuit_breaker]`"
    );
    let list = only(quote!(zzz = 3));
    assert!(list.starts_with("unknown key `zzz`: `#[retry]` has `max_retries`, `max_attempts`"));
    assert!(!list.contains("__outer"));
    assert_eq!(only(quote!(dedline = "1s")), "unknown key `dedline`: did you mean `deadline`?");
    assert_eq!(
        only(quote!(failure_treshold = 3)),
        "unknown key `failure_treshold`: did you mean `failure_threshold`, which belongs to \
         `#[circuit_breaker]`?"
    );
    assert_eq!(
        only(quote!(oder = explicit)),
        "unknown key `oder`: did you mean `order`, which belongs to `#[circuit_breaker]` and \
         `#[fallback]`?"
    );
    assert_eq!(only(quote!(with = f)), "unknown key `with`: it belongs to `#[fallback]`");
}

#[test]
fn limits_of_a_call_are_times_above_zero() {
    let args = accepted(quote!(deadline = "10s", attempt_timeout = self.timeout));
    let after = |limit: Option<LimitArgument>| limit.map(|limit| limit.after);
    let deadline = Value::Time(Duration::from_secs(10));
    assert!(matches!(after(args.deadline), Some(SettingValue::Literal(time)) if time == deadline));
    assert!(matches!(after(args.attempt_timeout), Some(SettingValue::Expr(_))));
    accepted(quote!(policy = p, deadline = "10s", attempt_timeout = "10s"));
    assert_eq!(
        refused(quote!(deadline = "0s", attempt_timeout = "0ms")),
        [
            "`deadline` is zero: every call would be cut off at once, so above zero",
            "`attempt_timeout` is zero: every attempt would be cut off at once, so above zero",
        ]
    );
    assert_eq!(
        only(quote!(attempt_timeout = "11s", deadline = "10s")),
        "`attempt_timeout` is 11s and `deadline` is 10s: the deadline is for all attempts, so \
         `attempt_timeout` is at \
         most that"
    );
    assert!(only(quote!(deadline = 10)).ends_with("write \"10ms\" or \"10s\""));
}

#[test]
fn a_budget_is_named_or_given() {
    let budget = |tokens| accepted(tokens).budget;
    let named = budget(quote!(policy = p, budget = "payments"));
    assert!(matches!(named, Some(BudgetArgument::Name(name)) if name == "payments"));
    assert!(matches!(budget(quote!(budget = self.budget)), Some(BudgetArgument::Expr(_))));
    assert_eq!(
        only(quote!(budget = "")),
        "`budget` is empty: name the budget, as in `budget = \"payments\"`"
    );
    assert_eq!(
        only(quote!(budget = 10)),
        "`budget` is the name of a budget, as in `budget = \"payments\"`, or an expression of \
         type `RetryBudget`"
    );
}

#[test]
fn nested_and_errors_are_words() {
    let args = accepted(quote!(policy = p, nested = collapse, errors = all));
    assert_eq!(args.nested, Some("Collapse"));
    assert!(args.returns_all_errors);
    let args = accepted(quote!(nested = warn, errors = last));
    assert_eq!(args.nested, None);
    assert!(!args.returns_all_errors);
    assert_eq!(
        refused(quote!(nested = colapse, errors = "all")),
        [
            "`nested = colapse` is unknown: one of `warn`, `collapse`, `allow`; did you mean \
             `collapse`?",
            "`errors` is a word, not a string: write `all` without quotes",
        ]
    );
}

#[test]
fn a_value_in_place_of_a_list_or_a_list_in_place_of_a_value_is_refused() {
    assert_eq!(only(quote!(borrow = a)), "`borrow` takes a list: write `borrow(…)`");
    assert_eq!(
        only(quote!(max_retries(3))),
        "`max_retries` takes a value: write `max_retries = …`"
    );
}

#[test]
fn all_errors_are_gathered() {
    let errors = refused(quote! {
        max_attempts = 0, jitter = ful, base_delay = "5", wat = 1, on,
        max_retry_after = "1h" borrow(a)
    });
    assert_eq!(errors.len(), 6, "{errors:?}");
}

#[test]
fn arguments_that_upper_attributes_hand_down_are_read_as_they_were_written() {
    let args =
        accepted(quote!(__outer(retry { max_retries = 3 } circuit_breaker { }), max_retries = 1));
    let kinds: Vec<_> =
        args.common.outer.iter().map(|outer| (outer.kind, outer.args.to_string())).collect();
    assert_eq!(
        kinds,
        [
            (AttributeKind::Retry, "max_retries = 3".to_owned()),
            (AttributeKind::CircuitBreaker, String::new())
        ]
    );
    assert!(only(quote!(__outer = 3)).contains("internal"));
    assert!(only(quote!(__outer(oops))).contains("internal"));
}

#[test]
fn no_input_makes_the_parser_panic() {
    let mut words: Vec<&str> = RETRY.names();
    words.extend([
        "borrow", "clone", "__outer", "retry", "full", "smooth", "linear", "move", "as", "x", "_",
        "r#type", "é",
    ]);
    let mut fuzz = FuzzTokens::new(0x5eed, &words);
    let mut errors = 0;
    for _ in 0..5000 {
        if let Err(found) = RetryArgs::parse(fuzz.stream(3)) {
            assert!(!found.is_empty());
            errors += found.to_compile_errors().into_iter().count();
        }
    }
    assert!(errors > 5000);
}

#[test]
fn patterns_predicates_and_closures_are_distinguished() {
    for (given, message) in [
        (quote!(retry_if = E::A), "a pattern goes to `on`: write `on = E::A`"),
        (quote!(retry_if = E::A(x) if x > 3), "a pattern goes to `on`: write `on = E::A"),
        (quote!(retry_if = x @ E::A), "a pattern goes to `on`"),
        (quote!(retry_if = 500..=599), "a pattern goes to `on`: write `on = 500..=599`"),
        (quote!(retry_if = "text"), "a pattern goes to `on`: write `on = \"text\"`"),
        (quote!(on = |e| e.is_new()), "a predicate goes to `retry_if`: write `retry_if = …`"),
        (quote!(on = |_| true), "a predicate goes to `retry_if`"),
        (quote!(on = is_new), "a predicate goes to `retry_if`"),
        (quote!(on = E::is_new), "a predicate goes to `retry_if`"),
        (
            quote!(except = |e| e.is_new()),
            "`except` is a pattern of the error: for a predicate, write a guard, as in `except = \
             error if error.is_fatal()`",
        ),
        (
            quote!(retry_when = Ok(None)),
            "`retry_when` is a predicate on the whole output: write `retry_when = |output| \
             matches!(output, Ok",
        ),
        (
            quote!(retry_after = "5s"),
            "`retry_after` is a closure or a path, as in `retry_after = |error| …`",
        ),
        (quote!(on_retry = "log"), "`on_retry` is a closure or a path, as in `on_retry = |event|"),
    ] {
        let said = only(given);
        assert!(said.starts_with(message), "{said}");
    }
}
