//! The settings as calls of the runtime's builders.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::args::{
    Abandoned, Backoff, BreakerArgs, Budget, Jitter, RetryArgs, Setting, TimeLimit, WhenOpen,
    Window,
};

/// A builder being written, and whether all of it can be evaluated while compiling.
struct Builder {
    calls: TokenStream,
    is_const: bool,
}

impl Builder {
    fn set<T: Copy>(
        &mut self,
        name: &str,
        setting: Option<&Setting<T>>,
        literal: fn(T) -> TokenStream,
    ) {
        let Some(setting) = setting else { return };
        let value = self.value(setting, literal);
        self.call(name, &value);
    }

    fn value<T: Copy>(
        &mut self,
        setting: &Setting<T>,
        literal: fn(T) -> TokenStream,
    ) -> TokenStream {
        match setting {
            Setting::Literal(value) => literal(*value),
            Setting::Expr(tokens) => {
                self.is_const = false;
                tokens.clone()
            }
        }
    }

    fn call(&mut self, name: &str, value: &TokenStream) {
        let name = Ident::new(name, Span::mixed_site());
        self.calls.extend(emit!(.#name(#value)));
    }
}

/// `BreakerConfig::builder()…`: what the annotated function declares.
pub(super) fn breaker(args: &BreakerArgs, private: &TokenStream) -> TokenStream {
    let mut builder = Builder {
        calls: TokenStream::new(),
        is_const: true,
    };
    builder.set("failure_threshold", args.failure_threshold.as_ref(), count);
    builder.set("window", args.window.as_ref(), window);
    builder.set("window_buckets", args.window_buckets.as_ref(), count);
    builder.set("min_calls", args.min_calls.as_ref(), count);
    builder.set("failure_rate", args.failure_rate.as_ref(), number);
    builder.set("failure_count", args.failure_count.as_ref(), count);
    builder.set("slow_call", args.slow_call.as_ref(), duration);
    builder.set("slow_call_rate", args.slow_call_rate.as_ref(), number);
    builder.set("recovery_time", args.recovery_time.as_ref(), duration);
    builder.set("recovery_factor", args.recovery_factor.as_ref(), number);
    builder.set(
        "max_recovery_time",
        args.max_recovery_time.as_ref(),
        duration,
    );
    builder.set("recovery_jitter", args.recovery_jitter.as_ref(), number);
    builder.set(
        "half_open_max_calls",
        args.half_open_max_calls.as_ref(),
        count,
    );
    builder.set(
        "half_open_successes",
        args.half_open_successes.as_ref(),
        count,
    );
    builder.set(
        "half_open_failures",
        args.half_open_failures.as_ref(),
        count,
    );
    builder.set("probe_timeout", args.probe_timeout.as_ref(), duration);
    match args.abandoned {
        Some(Abandoned::Ignore) => {
            builder.call("abandoned", &emit!(#private::AbandonedOutcome::Ignore));
        }
        Some(Abandoned::Failure) => {
            builder.call("abandoned", &emit!(#private::AbandonedOutcome::Failure));
        }
        None => {}
    }
    builder.set("max_keys", args.max_keys.as_ref(), count);
    let calls = builder.calls;
    emit!(#private::BreakerConfig::builder()#calls)
}

/// What is evaluated once for all calls, outside the function.
pub(super) fn evaluated_once(args: &BreakerArgs) -> Vec<&TokenStream> {
    fn expression<T>(setting: Option<&Setting<T>>) -> Option<&TokenStream> {
        match setting {
            Some(Setting::Expr(expression)) => Some(expression),
            _ => None,
        }
    }
    [
        args.name.as_ref(),
        expression(args.failure_threshold.as_ref()),
        expression(args.window.as_ref()),
        expression(args.window_buckets.as_ref()),
        expression(args.min_calls.as_ref()),
        expression(args.failure_rate.as_ref()),
        expression(args.failure_count.as_ref()),
        expression(args.slow_call.as_ref()),
        expression(args.slow_call_rate.as_ref()),
        expression(args.recovery_time.as_ref()),
        expression(args.recovery_factor.as_ref()),
        expression(args.max_recovery_time.as_ref()),
        expression(args.recovery_jitter.as_ref()),
        expression(args.half_open_max_calls.as_ref()),
        expression(args.half_open_successes.as_ref()),
        expression(args.half_open_failures.as_ref()),
        expression(args.probe_timeout.as_ref()),
        expression(args.max_keys.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The statement that brings `policy`, a reference, into scope.
pub(super) fn policy(args: &RetryArgs, private: &TokenStream) -> TokenStream {
    if let Some(given) = &args.policy {
        let reference = reference(given);
        return emit!(let policy = &#private::given_policy(#reference););
    }
    let mut builder = Builder {
        calls: TokenStream::new(),
        is_const: true,
    };
    builder.set("max_retries", args.max_retries.as_ref(), count);
    builder.set("max_attempts", args.max_attempts.as_ref(), count);
    if let Some(backoff) = &args.backoff {
        let schedule = match backoff {
            Backoff::Exponential => emit!(Exponential),
            Backoff::Constant => emit!(Constant),
            Backoff::Linear => emit!(Linear),
            Backoff::Fibonacci => emit!(Fibonacci),
            Backoff::Custom(schedule) => {
                builder.is_const = false;
                emit!(Custom(#schedule))
            }
        };
        builder.call("backoff", &emit!(#private::Backoff::#schedule));
    }
    builder.set("base_delay", args.base_delay.as_ref(), duration);
    builder.set("max_delay", args.max_delay.as_ref(), duration);
    builder.set("backoff_factor", args.backoff_factor.as_ref(), number);
    if let Some(jitter) = &args.jitter {
        let jitter = match jitter {
            Jitter::Full => emit!(Full),
            Jitter::Equal => emit!(Equal),
            Jitter::Decorrelated => emit!(Decorrelated),
            Jitter::Smooth => emit!(Smooth),
            Jitter::None => emit!(None),
            Jitter::Proportion(share) => {
                let share = builder.value(share, number);
                emit!(Proportional(#share))
            }
        };
        builder.call("jitter", &emit!(#private::Jitter::#jitter));
    }
    builder.set("max_retry_after", args.max_retry_after.as_ref(), duration);
    builder.set("max_elapsed", args.max_elapsed.as_ref(), duration);
    match args.when_open {
        Some(WhenOpen::Stop) => builder.call("when_open", &emit!(#private::WhenOpen::Stop)),
        Some(WhenOpen::Wait) => builder.call("when_open", &emit!(#private::WhenOpen::Wait)),
        None => {}
    }
    let Builder { calls, is_const } = builder;
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

/// A time as the user wrote it.
pub(super) fn time(time: &Setting<Duration>) -> TokenStream {
    match time {
        Setting::Literal(time) => duration(*time),
        Setting::Expr(tokens) => tokens.clone(),
    }
}

/// A limit of a loop, which may have none.
pub(super) fn limit(limit: Option<&TimeLimit>) -> TokenStream {
    limit.map_or_else(
        || emit!(::core::option::Option::None::<::core::time::Duration>),
        |limit| time(&limit.after),
    )
}

/// What brings the budget into scope, and hands it to the loop.
pub(super) fn budget(
    budget: Option<&Budget>,
    private: &TokenStream,
) -> (TokenStream, Option<TokenStream>) {
    match budget {
        None => (TokenStream::new(), None),
        Some(Budget::Name(name)) => (
            emit! {
                let budget = {
                    static BUDGET: #private::BudgetCallSite = #private::BudgetCallSite::new(#name);
                    #private::BudgetCallSite::budget(&BUDGET)
                };
            },
            Some(emit!(.budgeted(budget))),
        ),
        Some(Budget::Expr(given)) => {
            let given = reference(given);
            (
                emit!(let budget = #private::given_budget(#given);),
                Some(emit!(.budgeted(::core::option::Option::as_ref(&budget)))),
            )
        }
    }
}

/// A reference to what the user wrote, with its span, so that a type error points there.
pub(super) fn reference(expression: &TokenStream) -> TokenStream {
    quote_spanned!(span(expression)=> &(#expression))
}

/// Where what the user wrote stands, for code of ours.
pub(super) fn span(expression: &TokenStream) -> Span {
    let first = expression.clone().into_iter().next();
    let span = first.map_or_else(Span::call_site, |token| token.span());
    span.resolved_at(Span::mixed_site())
}

fn count(value: u32) -> TokenStream {
    value.to_token_stream()
}

fn window(value: Window) -> TokenStream {
    match value {
        Window::Calls(calls) => count(calls),
        Window::Time(time) => duration(time),
    }
}

fn number(value: f64) -> TokenStream {
    value.to_token_stream()
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
