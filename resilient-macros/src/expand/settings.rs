//! Writes settings as calls of the runtime's builders.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use resilient_settings::{Table, Value, breaker, retry};

use super::listed::listed;
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

/// Writes statements that declare `__policy`, the policy of the call with the name of the retry. If
/// `is_listed` is set, the expansion also lists the static of the name for the feature `inventory`.
pub(super) fn policy(args: &RetryArgs, is_listed: bool) -> TokenStream {
    let calls = builder_calls(&retry::TABLE, &args.settings);
    let settings = emit!(__r::RetrySettings::NONE #calls);
    let is_constant = args.settings.iter().all(|setting| setting.expression().is_none());
    let site = emit!(&__RESILIENT_RETRY);
    let (given, declared, policy) = if let Some(given) = &args.policy {
        let reference = reference(given);
        let given = emit!(let __policy = __r::given_policy(#reference););
        (given, None, emit!(__r::OwnedPolicy::at(&__policy, #site)))
    } else if is_constant {
        (TokenStream::new(), Some(settings), emit!(__r::RetrySite::policy(#site)))
    } else {
        let given = emit!(let __policy = __r::policy(#settings););
        (given, None, emit!(__r::RetrySite::given(#site, &__policy)))
    };
    let by_calls = declared.is_none().then(|| emit!(.given_by_calls()));
    let declared = declared.unwrap_or_else(|| emit!(__r::RetrySettings::NONE));
    let name = args.name.as_ref();
    let name = name.map_or_else(|| emit!(of_function(&|| ())), |name| emit!(named(#name)));
    let deadline = args.deadline.as_ref().map(|_| emit!(.with_deadline()));
    let attempt_timeout = args.attempt_timeout.as_ref().map(|_| emit!(.with_attempt_timeout()));
    let listed = listed(is_listed, &emit!(Retry(#site)));
    emit! {
        #given
        let __policy = {
            static __RESILIENT_RETRY: __r::RetrySite =
                #declared.#name #by_calls #deadline #attempt_timeout;
            #listed
            #policy
        };
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
/// loop. Without a budget, writes neither. If `is_listed` is set, the expansion also lists the
/// static of the name for the feature `inventory`.
pub(super) fn budget(
    budget: Option<&BudgetArgument>,
    is_listed: bool,
) -> (TokenStream, Option<TokenStream>) {
    let listed = listed(is_listed, &emit!(Budget(&BUDGET)));
    match budget {
        None => (TokenStream::new(), None),
        Some(BudgetArgument::Name(name)) => (
            emit! {
                let __budget = {
                    static BUDGET: __r::BudgetCallSite = __r::BudgetCallSite::new(#name);
                    #listed
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

#[cfg(test)]
mod tests {
    use quote::quote;

    use crate::args::AttributeKind;
    use crate::expand::tests::expand_all;

    #[test]
    fn each_literal_is_written_as_a_constant() {
        let item = quote!(
            async fn load() -> Option<u32> {
                body
            }
        );
        for (args, written) in [
            (quote!(max_retries = 5), quote!(.max_retries(5u32))),
            (quote!(backoff_factor = 1.5), quote!(.backoff_factor(1.5f64))),
            (quote!(remember_errors = false), quote!(.remember_errors(false))),
            (quote!(max_delay = "2m"), quote!(.max_delay(__r::secs(120)))),
            (quote!(max_delay = "1.5s"), quote!(.max_delay(__r::millis(1500)))),
            (quote!(base_delay = "7us"), quote!(.base_delay(__r::Duration::new(0u64, 7000u32)))),
            (
                quote!(max_delay = "18446744073709551615.999999999s"),
                quote!(.max_delay(__r::Duration::MAX)),
            ),
        ] {
            let expanded = expand_all(AttributeKind::Retry, &args, &item).to_string();
            let written = written.to_string();
            assert!(expanded.contains(&written), "{written} is missing: {expanded}");
        }
    }
}
