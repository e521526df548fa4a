//! Settings as calls of the runtime's builders.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilient_settings::{Table, Value, breaker, retry};

use crate::args::{
    BreakerArgs, BudgetArgument, GivenSettings, LimitArgument, RetryArgs, SettingValue,
};
use crate::tokens::first_span;

/// `BreakerConfig::builder()…` with the settings of the attribute.
pub(super) fn breaker(args: &BreakerArgs, private: &TokenStream) -> TokenStream {
    let calls = builder_calls(&breaker::TABLE, &args.settings, private);
    emit!(#private::BreakerConfig::builder()#calls)
}

fn builder_calls(table: &Table, settings: &GivenSettings, private: &TokenStream) -> TokenStream {
    let calls = table.names().filter_map(|name| {
        let value = builder_value(name, settings.get(name)?, private);
        let name = Ident::new(name, Span::mixed_site());
        Some(emit!(.#name(#value)))
    });
    calls.collect()
}

/// The argument of the builder's method `name`.
fn builder_value(name: &str, setting: &SettingValue, private: &TokenStream) -> TokenStream {
    let of = match name {
        "backoff" => emit!(#private::Backoff),
        "jitter" => emit!(#private::Jitter),
        "when_open" => emit!(#private::WhenOpen),
        "abandoned" => emit!(#private::AbandonedOutcome),
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

/// The statement that declares `policy`, a reference.
pub(super) fn policy(args: &RetryArgs, private: &TokenStream) -> TokenStream {
    if let Some(given) = &args.policy {
        let reference = reference(given);
        return emit!(let policy = &#private::given_policy(#reference););
    }
    let calls = builder_calls(&retry::TABLE, &args.settings, private);
    let settings = emit!(#private::RetrySettings::NONE #calls);
    if args
        .settings
        .iter()
        .all(|setting| setting.expression().is_none())
    {
        emit! {
            let policy = {
                static POLICY: #private::RetryPolicy = #settings.build_const();
                &POLICY
            };
        }
    } else {
        emit!(let policy = &#private::policy(#settings);)
    }
}

/// The value of a setting.
pub(super) fn value(setting: &SettingValue) -> TokenStream {
    match setting {
        SettingValue::Expr(tokens) => tokens.clone(),
        SettingValue::Literal(Value::Count(count)) => count.to_token_stream(),
        SettingValue::Literal(Value::Number(number)) => number.to_token_stream(),
        SettingValue::Literal(Value::Time(time)) => duration(*time),
        SettingValue::Literal(Value::Word(word)) => word.to_token_stream(),
    }
}

/// A time limit of a loop as an expression, or `None`.
pub(super) fn limit(limit: Option<&LimitArgument>) -> TokenStream {
    limit.map_or_else(
        || emit!(::core::option::Option::None::<::core::time::Duration>),
        |limit| value(&limit.after),
    )
}

/// The statement that declares `budget`, and the call that hands it to the loop.
pub(super) fn budget(
    budget: Option<&BudgetArgument>,
    private: &TokenStream,
) -> (TokenStream, Option<TokenStream>) {
    match budget {
        None => (TokenStream::new(), None),
        Some(BudgetArgument::Name(name)) => (
            emit! {
                let budget = {
                    static BUDGET: #private::BudgetCallSite = #private::BudgetCallSite::new(#name);
                    #private::BudgetCallSite::budget(&BUDGET)
                };
            },
            Some(emit!(.budgeted(budget))),
        ),
        Some(BudgetArgument::Expr(given)) => {
            let given = reference(given);
            (
                emit!(let budget = #private::given_budget(#given);),
                Some(emit!(.budgeted(::core::option::Option::as_ref(&budget)))),
            )
        }
    }
}

/// A reference to the user's expression with its span, so that a type error points there.
pub(super) fn reference(expression: &TokenStream) -> TokenStream {
    quote_spanned!(span(expression)=> &(#expression))
}

/// The place of the user's expression, for code of the expansion.
pub(super) fn span(expression: &TokenStream) -> Span {
    first_span(expression).resolved_at(Span::mixed_site())
}

fn duration(value: Duration) -> TokenStream {
    let (secs, nanos) = (value.as_secs(), value.subsec_nanos());
    if value == Duration::MAX {
        emit!(::core::time::Duration::MAX)
    } else if nanos == 0 {
        emit!(::core::time::Duration::from_secs(#secs))
    } else if nanos % 1_000_000 == 0 && secs < u64::MAX / 1_000 {
        let millis = secs * 1_000 + u64::from(nanos / 1_000_000);
        emit!(::core::time::Duration::from_millis(#millis))
    } else {
        emit!(::core::time::Duration::new(#secs, #nanos))
    }
}
