//! Writes settings as calls of the runtime's builders.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilient_settings::{Table, Value, breaker, retry};

use crate::args::{
    BreakerArgs, BudgetArgument, GivenSettings, LimitArgument, RetryArgs, SettingValue,
};
use crate::tokens::first_span;

/// Writes `BreakerConfig::builder()…` with the settings of the attribute.
pub(super) fn breaker(args: &BreakerArgs) -> TokenStream {
    let calls = builder_calls(&breaker::TABLE, &args.settings);
    emit!(__r::BreakerConfig::builder()#calls)
}

fn builder_calls(table: &Table, settings: &GivenSettings) -> TokenStream {
    let calls = table.names().filter_map(|name| {
        let value = builder_value(name, settings.get(name)?);
        let name = Ident::new(name, Span::mixed_site());
        Some(emit!(.#name(#value)))
    });
    calls.collect()
}

/// Writes the argument of the builder's method `name`.
fn builder_value(name: &str, setting: &SettingValue) -> TokenStream {
    let of = match name {
        "backoff" => emit!(__r::Backoff),
        "jitter" => emit!(__r::Jitter),
        "when_open" => emit!(__r::WhenOpen),
        "abandoned" => emit!(__r::AbandonedOutcome),
        _ => return value(setting),
    };
    let SettingValue::Literal(Value::Word(word)) = setting else {
        let value = value(setting);
        return if name == "backoff" {
            emit!(#of::Custom(#value))
        } else {
            emit!(#of::Proportional(#value))
        };
    };
    let (first, rest) = word.split_at(1);
    let variant = Ident::new(&(first.to_uppercase() + rest), Span::mixed_site());
    emit!(#of::#variant)
}

/// Writes the statement that declares the variable `__policy`, a reference to the retry policy.
pub(super) fn policy(args: &RetryArgs) -> TokenStream {
    if let Some(given) = &args.policy {
        let reference = reference(given);
        return emit!(let __policy = &__r::given_policy(#reference););
    }
    let calls = builder_calls(&retry::TABLE, &args.settings);
    let settings = emit!(__r::RetrySettings::NONE #calls);
    if args.settings.iter().all(|setting| setting.expression().is_none()) {
        emit! {
            let __policy = {
                static POLICY: __r::RetryPolicy = #settings.build_const();
                &POLICY
            };
        }
    } else {
        emit!(let __policy = &__r::policy(#settings);)
    }
}

/// Writes the value of a setting.
pub(super) fn value(setting: &SettingValue) -> TokenStream {
    match setting {
        SettingValue::Expr(tokens) => tokens.clone(),
        SettingValue::Literal(Value::Count(count)) => count.to_token_stream(),
        SettingValue::Literal(Value::Number(number)) => number.to_token_stream(),
        SettingValue::Literal(Value::Time(time)) => duration(*time),
        SettingValue::Literal(Value::Flag(is_on)) => is_on.to_token_stream(),
        SettingValue::Literal(Value::Word(word)) => word.to_token_stream(),
    }
}

/// Writes an expression for a time limit of a loop. Without a limit, writes the constant `NO_LIMIT`
/// of the runtime.
pub(super) fn limit(limit: Option<&LimitArgument>) -> TokenStream {
    limit.map_or_else(|| emit!(__r::NO_LIMIT), |limit| value(&limit.after))
}

/// Writes the statement that declares `__budget`, and the method call that passes the budget to the
/// loop. Without a budget, writes neither.
pub(super) fn budget(budget: Option<&BudgetArgument>) -> (TokenStream, Option<TokenStream>) {
    match budget {
        None => (TokenStream::new(), None),
        Some(BudgetArgument::Name(name)) => (
            emit! {
                let __budget = {
                    static BUDGET: __r::BudgetCallSite = __r::BudgetCallSite::new(#name);
                    __r::BudgetCallSite::budget(&BUDGET)
                };
            },
            Some(emit!(.budgeted(__budget))),
        ),
        Some(BudgetArgument::Expr(given)) => {
            let given = reference(given);
            (
                emit!(let __budget = __r::given_budget(#given);),
                Some(emit!(.budgeted(__r::Option::as_ref(&__budget)))),
            )
        }
    }
}

/// Writes a reference to the value of the user's expression. The reference has the span of the
/// expression, so that a type error points at the expression.
pub(super) fn reference(expression: &TokenStream) -> TokenStream {
    quote_spanned!(span(expression)=> &(#expression))
}

/// Returns the span of the user's expression. Code of the expansion that has this span still cannot
/// see the user's variables.
pub(super) fn span(expression: &TokenStream) -> Span {
    first_span(expression).resolved_at(Span::mixed_site())
}

fn duration(value: Duration) -> TokenStream {
    let (secs, nanos) = (value.as_secs(), value.subsec_nanos());
    let unsuffixed = Literal::u64_unsuffixed;
    if value == Duration::MAX {
        emit!(__r::Duration::MAX)
    } else if nanos == 0 {
        let secs = unsuffixed(secs);
        emit!(__r::secs(#secs))
    } else if nanos % 1_000_000 == 0 && secs < u64::MAX / 1_000 {
        let millis = unsuffixed(secs * 1_000 + u64::from(nanos / 1_000_000));
        emit!(__r::millis(#millis))
    } else {
        emit!(__r::Duration::new(#secs, #nanos))
    }
}
