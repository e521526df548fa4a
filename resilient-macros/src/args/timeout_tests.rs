//! Tests how the arguments of `#[timeout]` are read, and which errors they cause.

use super::*;
use crate::args::AttributeKind;
use crate::fuzz_tokens::FuzzTokens;
use crate::fuzz_tokens::invisible;
use quote::quote;
use resilient_settings::Value;
use std::time::Duration;

fn accepted(tokens: TokenStream) -> TimeoutArgs {
    let shown = tokens.to_string();
    TimeoutArgs::parse(tokens).unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()))
}

fn refused(tokens: TokenStream) -> Vec<String> {
    let shown = tokens.to_string();
    TimeoutArgs::parse(tokens).expect_err(&shown).messages()
}

#[test]
fn a_time_is_a_literal_or_any_expression() {
    for (tokens, expected) in [
        (quote!("2s"), Some(Duration::from_secs(2))),
        (quote!("1m30s",), Some(Duration::from_secs(90))),
        (invisible(quote!("250ms")), Some(Duration::from_millis(250))),
        (quote!(LIMIT), None),
        (quote!(self.limit), None),
        (quote!(limit_of::<A, B>(order, 3)), None),
        (quote!(None), None),
        (quote!(if a == b { short } else { long }), None),
        (quote!(clone(x)), None),
    ] {
        let shown = tokens.to_string();
        match (accepted(tokens).after, expected) {
            (SettingValue::Literal(Value::Time(is)), Some(expected)) => {
                assert_eq!(is, expected, "{shown}");
            }
            (SettingValue::Expr(tokens), None) => assert_eq!(tokens.to_string(), shown),
            (other, _) => panic!("{shown}: {other:?}"),
        }
    }
}

#[test]
fn the_path_and_the_attributes_above_come_after_the_time() {
    let args = accepted(quote!("2s", crate = ::rt, __outer(retry { a = 1 } fallback {})));
    assert_eq!(args.common.krate.map(|path| path.to_string()), Some(quote!(::rt).to_string()));
    let kinds: Vec<AttributeKind> = args.common.outer.iter().map(|outer| outer.kind).collect();
    assert_eq!(kinds, [AttributeKind::Retry, AttributeKind::Fallback]);
}

#[test]
fn a_time_is_needed() {
    let needs = "`#[timeout]` needs a time: write `#[timeout(\"2s\")]`";
    assert_eq!(refused(quote!()), [needs]);
    assert_eq!(refused(quote!(crate = ::rt)), [needs]);
    assert_eq!(refused(quote!(__outer(retry {}))), [needs]);
}

#[test]
fn a_time_has_a_unit_and_is_not_zero() {
    assert_eq!(
        refused(quote!("0s")),
        ["`timeout` is zero: every call would be cut off at once, so above zero"]
    );
    let unit = "a duration needs a unit, and \"2\" has none: write \"2ms\" or \"2s\"";
    assert_eq!(refused(quote!(2)), [unit]);
    assert_eq!(refused(quote!("2")).len(), 1);
    assert_eq!(refused(quote!("2s", "3s")).len(), 1);
}

#[test]
fn the_error_about_a_time_with_a_key_shows_the_time_without_the_key() {
    for key in ["after", "duration", "limit", "timeout", "tiem"] {
        let key = proc_macro2::Ident::new(key, Span::call_site());
        assert_eq!(
            refused(quote!(#key = "2s")),
            [format!("unknown key `{key}`: the time has no key: write `#[timeout(\"2s\")]`")]
        );
    }
    assert_eq!(refused(quote!("2s", crat = ::rt)), ["unknown key `crat`: did you mean `crate`?"]);
    assert_eq!(
        refused(quote!("2s", max_retries = 3)),
        ["unknown key `max_retries`: it belongs to `#[retry]`"]
    );
}

#[test]
fn random_tokens_cause_no_panic() {
    let words = ["crate", "__outer", "timeout", "self", "async", "r#async", "if"];
    let mut fuzz = FuzzTokens::new(0x71e0, &words);
    let mut wrong = 0;
    for _ in 0..3_000 {
        if let Err(found) = TimeoutArgs::parse(fuzz.stream(3)) {
            wrong += 1;
            assert!(!found.is_empty());
        }
    }
    assert!(wrong > 1_000);
}

#[test]
fn the_error_about_a_time_without_quotes_shows_it_in_quotes() {
    for (tokens, text) in [
        (quote!(5s), "5s"),
        (quote!(1.5s), "1.5s"),
        (quote!(5 s), "5s"),
        (quote!(250ms, crate = ::rt), "250ms"),
        (quote!(1m30s), "1m30s"),
    ] {
        assert_eq!(refused(tokens), [format!("a time stands in quotes: write {text:?}")]);
    }
}
