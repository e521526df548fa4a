//! Tests how the arguments of `#[circuit_breaker]` are read, and which errors they cause.

use super::*;

use crate::fuzz_tokens::{FuzzTokens, invisible};
use quote::quote;
use resilient_settings::Value;
use std::time::Duration;

fn accepted(tokens: TokenStream) -> BreakerArgs {
    let shown = tokens.to_string();
    BreakerArgs::parse(tokens).unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()))
}

fn refused(tokens: TokenStream) -> Vec<String> {
    let shown = tokens.to_string();
    BreakerArgs::parse(tokens).expect_err(&shown).messages()
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
fn every_setting_is_read_into_its_field() {
    let args = accepted(quote! {
        name = "payments", failure_threshold = 7, recovery_time = "10s",
        recovery_factor = 2, max_recovery_time = "5m",
        recovery_jitter = "10%", half_open_max_calls = 2, half_open_successes = 3,
        half_open_failures = 1, probe_timeout = "45s", abandoned = failure, crate = ::rt
    });
    assert_eq!(text(args.name.as_ref()), "\"payments\"");
    assert!(args.settings.literal("failure_threshold") == Some(Value::Count(7)));
    assert!(args.settings.literal("recovery_time") == Some(Value::Time(Duration::from_secs(10))));
    assert!(args.settings.literal("recovery_factor") == Some(Value::Number(2.0)));
    assert!(
        args.settings.literal("max_recovery_time") == Some(Value::Time(Duration::from_secs(300)))
    );
    assert!(args.settings.literal("recovery_jitter") == Some(Value::Number(0.1)));
    assert!(args.settings.literal("half_open_max_calls") == Some(Value::Count(2)));
    assert!(args.settings.literal("half_open_successes") == Some(Value::Count(3)));
    assert!(args.settings.literal("half_open_failures") == Some(Value::Count(1)));
    assert!(args.settings.literal("probe_timeout") == Some(Value::Time(Duration::from_secs(45))));
    assert_eq!(args.settings.literal("abandoned"), Some(Value::Word("failure")));
    assert_eq!(text(args.common.krate.as_ref()), quote!(::rt).to_string());
}

#[test]
fn patterns_predicates_and_expressions_are_kept_as_written() {
    let args = accepted(quote! {
        breaker = self.breaker, failure = E::A | E::B { .. }, ignore = E::C,
        failure_if = |e| e.bad(),
        failure_when = |r: &Result<A, B>| r.is_err(), ignore_if = E::is_fine, retry_after = after,
        on_open = |open| Err(E::Open(open, 1))
    });
    assert_eq!(text(args.breaker.as_ref()), "self . breaker");
    assert_eq!(text(args.failure.as_ref()), quote!(E::A | E::B { .. }).to_string());
    assert_eq!(text(args.ignore.as_ref()), quote!(E::C).to_string());
    assert_eq!(text(args.failure_if.as_ref()), quote!(|e| e.bad()).to_string());
    assert_eq!(text(args.failure_when.as_ref()), quote!(|r: &Result<A, B>| r.is_err()).to_string());
    assert_eq!(text(args.ignore_if.as_ref()), quote!(E::is_fine).to_string());
    assert_eq!(text(args.retry_after.as_ref()), "after");
    assert_eq!(text(args.on_open.as_ref()), quote!(|open| Err(E::Open(open, 1))).to_string());
}

#[test]
fn a_name_is_text_that_is_not_empty_or_a_const() {
    assert_eq!(
        text(accepted(quote!(name = NAMES::PAYMENTS)).name.as_ref()),
        quote!(NAMES::PAYMENTS).to_string()
    );
    assert_eq!(
        only(quote!(name = "")),
        "`name` is empty: name what is called, as in `name = \"payments\"`"
    );
    assert!(only(quote!(name = 3)).contains("name is text"));
    assert!(only(quote!(name = b"x")).contains("name is text"));
}

#[test]
fn literals_that_break_a_rule_are_refused_with_the_rule() {
    assert_eq!(
        only(quote!(failure_threshold = 0)),
        "`failure_threshold` is 0: it takes a failure to open, so at least 1"
    );
    assert!(only(quote!(half_open_successes = 0)).starts_with("`half_open_successes` is 0"));
    assert!(only(quote!(half_open_max_calls = 0)).contains("from 1 to 1024"));
    assert!(
        only(quote!(half_open_max_calls = 1025, half_open_successes = 2000))
            .contains("from 1 to 1024")
    );
    assert!(only(quote!(recovery_factor = 0.9)).contains("at least 1"));
    assert!(only(quote!(recovery_jitter = "150%")).contains("from 0 to 1"));
    assert!(only(quote!(probe_timeout = "0ms")).starts_with("`probe_timeout` is zero"));
    assert!(only(quote!(abandoned = ignored)).contains("did you mean `ignore`?"));
    accepted(quote!(recovery_time = "0s", half_open_failures = 0));
}

#[test]
fn the_longest_recovery_is_not_below_the_first() {
    assert!(only(quote!(max_recovery_time = "10s")).contains("whose default is 30s"));
    let both = "`max_recovery_time` is 10s and `recovery_time` is 20s: `max_recovery_time` is at \
        least `recovery_time`";
    assert_eq!(only(quote!(max_recovery_time = "10s", recovery_time = "20s")), both);
    assert_eq!(only(quote!(recovery_time = "20s", max_recovery_time = "10s")), both);
    accepted(quote!(recovery_time = "20m"));
    accepted(quote!(recovery_time = time(), max_recovery_time = "1s"));
}

#[test]
fn half_open_max_calls_cannot_exceed_the_results_that_decide() {
    assert!(only(quote!(half_open_max_calls = 2)).contains("which is 1 + 0"));
    assert!(
        only(quote!(half_open_max_calls = 5, half_open_successes = 3, half_open_failures = 1))
            .contains("which is 3 + 1")
    );
    accepted(quote!(half_open_max_calls = 4, half_open_successes = 3, half_open_failures = 1));
    accepted(quote!(half_open_max_calls = 5, half_open_successes = wanted()));
    accepted(quote!(
        half_open_max_calls = 9,
        half_open_successes = 4294967295,
        half_open_failures = 4294967295
    ));
}

#[test]
fn the_key_breaker_excludes_only_settings() {
    for setting in [
        quote!(name = "a"),
        quote!(failure_threshold = 3),
        quote!(abandoned = ignore),
        quote!(recovery_time = T),
        quote!(window = 10),
        quote!(window_buckets = 3),
        quote!(min_calls = 3),
        quote!(failure_rate = 0.5),
        quote!(failure_count = 3),
        quote!(slow_call = "1s"),
        quote!(slow_call_rate = R),
        quote!(key = k),
        quote!(max_keys = 3),
    ] {
        assert!(only(quote!(breaker = b, #setting)).contains("excludes `breaker`: a breaker "));
        assert!(only(quote!(#setting, breaker = b)).starts_with("`breaker` excludes `"));
    }
    accepted(quote!(breaker = self.breaker, failure = E::A, on_open = f));
}

#[test]
fn the_window_and_its_conditions_are_read_into_their_fields() {
    let args = accepted(quote! {
        window = "60s", window_buckets = 6, min_calls = 20, failure_rate = "50%",
        failure_count = 30,
        slow_call = "2s", slow_call_rate = 0.8
    });
    let minute = Value::Time(Duration::from_secs(60));
    assert!(args.settings.literal("window") == Some(minute));
    assert!(args.settings.literal("window_buckets") == Some(Value::Count(6)));
    assert!(args.settings.literal("min_calls") == Some(Value::Count(20)));
    assert!(args.settings.literal("failure_rate") == Some(Value::Number(0.5)));
    assert!(args.settings.literal("failure_count") == Some(Value::Count(30)));
    assert!(args.settings.literal("slow_call") == Some(Value::Time(Duration::from_secs(2))));
    assert!(args.settings.literal("slow_call_rate") == Some(Value::Number(0.8)));
    let args = accepted(quote!(window = WINDOW, window_buckets = buckets()));
    assert!(matches!(args.settings.get("window"), Some(SettingValue::Expr(_))));
    assert!(matches!(args.settings.get("window_buckets"), Some(SettingValue::Expr(_))));
}

#[test]
fn a_key_is_an_expression_and_may_have_a_bound() {
    let args = accepted(quote!(key = &*order.region, max_keys = 1_000_000));
    assert_eq!(text(args.key.as_ref()), quote!(&*order.region).to_string());
    assert!(args.settings.literal("max_keys") == Some(Value::Count(1_000_000)));
    accepted(quote!(key = (host, port), max_keys = most()));
}

#[test]
fn a_key_that_is_the_same_for_every_call_is_refused() {
    assert_eq!(
        only(quote!(key = "host")),
        "`key` is the same for every call: write `key = host` without quotes"
    );
    for key in [quote!("eu-west"), quote!(3), quote!('k')] {
        assert_eq!(
            only(quote!(key = #key)),
            "`key` is the same for every call: name what tells one dependency from another, as in \
             `key = host`"
        );
    }
}

#[test]
fn windows_rates_and_counts_out_of_range_are_refused_with_the_rule() {
    for (given, message) in [
        (quote!(window = "100"), "`window` is \"100\": calls are counted without quotes"),
        (quote!(window = 0), "`window` is 0: the last 1 to 1000000 calls"),
        (quote!(window = "0s"), "`window` is zero: it would hold no call"),
        (quote!(window = 60s), "a time stands in quotes: write \"60s\""),
        (
            quote!(window = "60s", window_buckets = 0),
            "`window_buckets` is 0: a window in time is divided into 1 to 1000",
        ),
        (quote!(window = "60s", window_buckets = 1001), "`window_buckets` is 1001: a window"),
        (
            quote!(window = 10, failure_rate = 0.5, min_calls = 0),
            "`min_calls` is 0: no calls have no rate",
        ),
        (quote!(window = 10, failure_count = 0), "`failure_count` is 0: it takes a failure"),
        (
            quote!(window = 10, failure_rate = 50),
            "`failure_rate` is 50: a rate is above 0 and up to 1",
        ),
        (
            quote!(window = 10, slow_call = "0s", slow_call_rate = 1),
            "`slow_call` is zero: every call would be slow",
        ),
        (
            quote!(window = 10, slow_call = "1s", slow_call_rate = 0),
            "`slow_call_rate` is 0: a rate is above 0",
        ),
        (quote!(key = k, max_keys = 0), "`max_keys` is 0: keys have breakers of their own"),
        (quote!(key = k, max_keys = 1_000_001), "`max_keys` is 1_000_001: keys"),
    ] {
        let said = only(given);
        assert!(said.starts_with(message), "{said}");
    }
}

#[test]
fn max_keys_needs_a_key() {
    assert_eq!(
        only(quote!(max_keys = 3)),
        "`max_keys` bounds the breakers that `key` makes: give one, as in `key = host`"
    );
}

#[test]
fn keys_that_do_not_exist_and_those_of_the_sibling_are_unknown() {
    for key in ["bulkhead", "borrow"] {
        let key = proc_macro2::Ident::new(key, proc_macro2::Span::call_site());
        let message = only(quote!(#key = 3));
        assert!(message.starts_with(&format!("unknown key `{key}`")), "{message}");
        assert!(!message.contains("did you mean"), "{message}");
    }
    assert_eq!(
        only(quote!(max_retries = 3)),
        "unknown key `max_retries`: it belongs to `#[retry]`"
    );
    assert_eq!(
        only(quote!(treshold = 3)),
        "unknown key `treshold`: did you mean `failure_threshold`?"
    );
    assert_eq!(
        only(quote!(max_retrys = 3)),
        "unknown key `max_retrys`: did you mean `max_retries`, which belongs to `#[retry]`?"
    );
}

#[test]
fn the_arguments_that_upper_attributes_hand_down_are_read() {
    assert_eq!(accepted(quote!(__outer(retry { a = b }))).common.outer.len(), 1);
}

#[test]
fn no_input_makes_the_parser_panic() {
    let mut words: Vec<&str> = CIRCUIT_BREAKER.names();
    words.extend([
        "__outer",
        "circuit_breaker",
        "ignore",
        "move",
        "as",
        "x",
        "_",
        "r#type",
        "borrow",
    ]);
    let mut fuzz = FuzzTokens::new(0xb0b, &words);
    let mut errors = 0;
    for _ in 0..5000 {
        if let Err(found) = BreakerArgs::parse(fuzz.stream(3)) {
            assert!(!found.is_empty());
            errors += found.to_compile_errors().into_iter().count();
        }
    }
    assert!(errors > 5000);
}

#[test]
fn a_constructor_is_a_path_to_a_function() {
    for given in [
        quote!(on_open = Err),
        quote!(on_open = Reply::Rejected),
        quote!(on_open = <Reply as Rejects>::Rejected::<u32>),
        quote!(retry_after = Some),
        invisible(quote!(on_open = Reply::Rejected)),
    ] {
        let args = accepted(given);
        assert!(args.on_open.is_some() || args.retry_after.is_some());
    }
}

#[test]
fn patterns_predicates_and_closures_are_distinguished() {
    for (given, message) in [
        (quote!(failure_if = E::A), "a pattern goes to `failure`: write `failure = E::A`"),
        (quote!(ignore_if = E::A | E::B), "a pattern goes to `ignore`: write `ignore = E::A | E::"),
        (quote!(failure = |e| e.is_new()), "a predicate goes to `failure_if`"),
        (quote!(ignore = is_new), "a predicate goes to `ignore_if`: write `ignore_if = …`"),
        (quote!(failure_when = Err(_)), "`failure_when` is a predicate on the whole output"),
        (quote!(on_open = Ok(1)), "`on_open` is a closure or a path, as in `on_open = |open| …`"),
    ] {
        let said = only(given);
        assert!(said.starts_with(message), "{said}");
    }
}
