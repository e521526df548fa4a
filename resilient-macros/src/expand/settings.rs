//! Settings as calls of the runtime's builders.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::args::{
    Backoff, BreakerArgs, BudgetArgument, Jitter, LimitArgument, Literal, RetryArgs, Setting,
    Settings,
};
use crate::tokens::first_span;

/// `BreakerConfig::builder()…`: the settings that the annotated function declares.
pub(super) fn breaker(args: &BreakerArgs, private: &TokenStream) -> TokenStream {
    let calls = builder_calls(&args.settings, private);
    emit!(#private::BreakerConfig::builder()#calls)
}

fn builder_calls(settings: &Settings, private: &TokenStream) -> TokenStream {
    let calls = settings.iter().map(|(name, setting)| {
        let name = Ident::new(name, Span::mixed_site());
        let value = value(setting, private);
        emit!(.#name(#value))
    });
    calls.collect()
}

/// The statement that declares `policy`, a reference.
pub(super) fn policy(args: &RetryArgs, private: &TokenStream) -> TokenStream {
    if let Some(given) = &args.policy {
        let reference = reference(given);
        return emit!(let policy = &#private::given_policy(#reference););
    }
    let mut is_const = args
        .settings
        .iter()
        .all(|(_, setting)| setting.expression().is_none());
    let mut calls = builder_calls(&args.settings, private);
    if let Some(backoff) = &args.backoff {
        let backoff = match backoff {
            Backoff::Named(variant) => Ident::new(variant, Span::mixed_site()).to_token_stream(),
            Backoff::Custom(schedule) => {
                is_const = false;
                emit!(Custom(#schedule))
            }
        };
        calls.extend(emit!(.backoff(#private::Backoff::#backoff)));
    }
    if let Some(jitter) = &args.jitter {
        let jitter = match jitter {
            Jitter::Named(variant) => Ident::new(variant, Span::mixed_site()).to_token_stream(),
            Jitter::Proportion(share) => {
                is_const &= share.expression().is_none();
                let share = value(share, private);
                emit!(Proportional(#share))
            }
        };
        calls.extend(emit!(.jitter(#private::Jitter::#jitter)));
    }
    let settings = emit!(#private::RetryPolicy::builder()#calls);
    if is_const {
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
pub(super) fn value(setting: &Setting, private: &TokenStream) -> TokenStream {
    match setting {
        Setting::Expr(tokens) => tokens.clone(),
        Setting::Literal(Literal::Count(count)) => count.to_token_stream(),
        Setting::Literal(Literal::Number(number)) => number.to_token_stream(),
        Setting::Literal(Literal::Time(time)) => duration(*time),
        Setting::Literal(Literal::Variant(of, variant)) => {
            let [of, variant] = [of, variant].map(|name| Ident::new(name, Span::mixed_site()));
            emit!(#private::#of::#variant)
        }
    }
}

/// A time limit of a loop as an expression, or `None`.
pub(super) fn limit(limit: Option<&LimitArgument>, private: &TokenStream) -> TokenStream {
    limit.map_or_else(
        || emit!(::core::option::Option::None::<::core::time::Duration>),
        |limit| value(&limit.after, private),
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
                    static BUDGET: #private::BudgetSite = #private::BudgetSite::new(#name);
                    #private::BudgetSite::budget(&BUDGET)
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
