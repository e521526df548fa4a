//! Writes `#[retry]`: a loop around the layers below.
//!
//! If a breaker is directly below the retry, the loop includes the code of the breaker. If the
//! first attempt of a call is rejected, the call returns the rejection. If a later attempt is
//! rejected, the call returns the output of the last attempt that ran (R9). If other layers are
//! between the retry and the breaker, the breaker reports a rejection to the loop through a
//! variable.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::breaker;
use super::context::LayerContext;
use crate::args::{AttributeKind, BreakerArgs, RetryArgs};
use crate::expand::call_site::CallSite;
use crate::expand::classify::{self, Classifier};
use crate::expand::settings;

/// Writes the loop. If a breaker is directly below the retry, the loop includes the breaker.
pub(super) fn write(
    context: &LayerContext<'_>,
    at: usize,
    args: &RetryArgs,
    breaker: Option<&BreakerArgs>,
    below: &TokenStream,
) -> TokenStream {
    let loop_ = Loop { context, at, args };
    match breaker {
        Some(breaker) => loop_.through_breaker(breaker, below),
        None => loop_.around_anything(below),
    }
}

struct Loop<'a> {
    context: &'a LayerContext<'a>,
    at: usize,
    args: &'a RetryArgs,
}

impl Loop<'_> {
    /// Writes a loop that includes the code of the breaker directly below the retry. Every attempt
    /// asks this breaker for a permit.
    fn through_breaker(&self, breaker: &BreakerArgs, below: &TokenStream) -> TokenStream {
        let Self { context, at, .. } = self;
        let Some(site) = &context.call_site else {
            return TokenStream::new();
        };
        let acquire = &site.acquire;
        let rejected = breaker::rejected(context, at + 1, breaker);
        let rejection = rejection(&emit!(|__open| #rejected));
        let uncut = self.uncut();
        let (known, take_back) = self.known();
        let forget = context.forget();
        let judge = self.judge(Some(breaker));
        let attempt = emit! {
            let (__output, __next) = 'attempt: {
                let __permit = match #acquire {
                    __r::Ok(__permit) => __permit,
                    __r::Err(__open) => {
                        break 'attempt #rejection;
                    }
                };
                #uncut
                #known
                #forget
                let __output = { #below };
                #take_back
                #judge
                (__output, __next)
            };
        };
        self.repeat(Some(site), &attempt)
    }

    /// Writes a loop around any other layer. There may be a breaker below that layer.
    fn around_anything(&self, below: &TokenStream) -> TokenStream {
        let Self { context, .. } = self;
        let site = self.breaker_below();
        let uncut = self.uncut();
        let admitted = site.map(|_| emit!(let mut __rejection = __r::None;));
        let (known, take_back) = self.known();
        // If there is a breaker below, the breaker's code drops the last output when the breaker
        // has admitted the attempt.
        let forget = site.is_none().then(|| context.forget());
        let judge = self.judge(None);
        let judge = if site.is_some() {
            let rejection = rejection(&emit!(|_| __output));
            emit! {
                let (__output, __next) = match __rejection {
                    __r::None => {
                        #judge
                        (__output, __next)
                    }
                    __r::Some(__open) => {
                        #rejection
                    }
                };
            }
        } else {
            judge
        };
        let attempt = emit! {
            #uncut
            #admitted
            #known
            #forget
            let __output = { #below };
            #take_back
            #judge
        };
        self.repeat(site, &attempt)
    }

    /// Writes the loop around the statements of an attempt, which declare `__output` and `__next`.
    fn repeat(&self, site: Option<&CallSite>, attempt: &TokenStream) -> TokenStream {
        let declare = site.map(|site| &site.declare);
        let start = self.start();
        let go_on = self.go_on();
        let sleep = self.sleep();
        emit! {
            #declare
            #start
            'attempts: loop {
                let __delay = {
                    #attempt
                    #go_on
                };
                #sleep
            }
        }
    }

    /// Writes statements that declare the policy, the state of the loop, and the log of outputs.
    fn start(&self) -> TokenStream {
        let Self { context, args, .. } = self;
        let policy = settings::policy(args, context.is_listed);
        let (budget, budgeted) = settings::budget(args.budget.as_ref(), context.is_listed);
        let limited = args.deadline.is_some() || args.attempt_timeout.is_some();
        let limited = limited.then(|| {
            let deadline = settings::limit(args.deadline.as_ref());
            let attempt_timeout = settings::limit(args.attempt_timeout.as_ref());
            emit! {
                let __options = __r::limits(__options, __policy, #deadline, #attempt_timeout);
            }
        });
        let nested = args.nested.map(|mode| {
            let mode = Ident::new(mode, Span::mixed_site());
            emit!(.nested(__r::NestedMode::#mode))
        });
        let timed = (args.attempt.is_some() || context.plan.records).then(|| emit!(.timed()));
        let plain = limited.is_none() && budgeted.is_none() && nested.is_none() && timed.is_none();
        let waits = context.waits;
        let start = match (plain, waits) {
            (true, true) => emit!(let mut __retry = __r::start_async(__policy);),
            (true, false) => emit!(let mut __retry = __r::start(__policy);),
            (false, _) => emit! {
                let __options = __r::CallOptions::new() #budgeted #nested #timed;
                #limited
                let mut __retry = __r::retry(__policy, &__options, #waits);
            },
        };
        let log = context.plan.keeps.then(|| {
            if context.plan.records {
                let ty = context.output;
                let log = quote_spanned!(context.expectation()=> <#ty as __r::LoggedOutput>::Log);
                emit!(let mut __log = <#log as __r::Default>::default();)
            } else {
                let ty = context.attempt_output;
                if args.attempt.is_some() {
                    emit!(let mut __log = __r::ShownOutput::<#ty>::for_call(&__retry);)
                } else {
                    emit!(let mut __log = __r::LastOutput::<#ty>::new();)
                }
            }
        });
        emit! {
            #policy
            #budget
            #start
            #log
        }
    }

    /// Writes the statement before each attempt that sets `__cut` to `None`, because no limit has
    /// ended this attempt yet. Returns `None` if the loop does not use `__cut`.
    fn uncut(&self) -> Option<TokenStream> {
        let reads = self.context.plan.reads_cut(self.at);
        let declare = self.context.declare_cut(self.at);
        declare.or_else(|| reads.then(|| emit!(__cut = __r::None;)))
    }

    /// Writes the code for `attempt = ident`. Statements before the layers below declare the
    /// variable, which borrows from the log of outputs. A statement after the layers below ends
    /// this borrow.
    fn known(&self) -> (TokenStream, TokenStream) {
        let LayerContext { plan, attempt_output, .. } = self.context;
        match &self.args.attempt {
            // If only errors are logged, the compiler cannot infer the type of the output.
            Some(ident) if plan.records => (
                emit! {
                    let __known = __r::AttemptLog::<#attempt_output>::lend(&mut __log, &__retry);
                    let #ident = &__known;
                },
                emit!(__r::AttemptLog::take_back(&mut __log, __known);),
            ),
            Some(ident) => (
                emit!(let #ident = __r::ShownOutput::show(&mut __log, &__retry);),
                TokenStream::new(),
            ),
            None => (TokenStream::new(), TokenStream::new()),
        }
    }

    /// Writes the statements after an attempt. They leave the loop if the attempt succeeded, and
    /// declare `__next` if it failed. If `breaker` is given, they report the attempt to the
    /// breaker.
    fn judge(&self, breaker: Option<&BreakerArgs>) -> TokenStream {
        let Self { context, at, args } = self;
        let class = self.class(breaker);
        let success = if context.plan.records {
            emit!(__r::AttemptLog::succeed(&mut __log, __output))
        } else {
            emit!(__output)
        };
        let text = classify::text();
        let until_success = emit! {
            #text
            #class
            let __r::Some(__class) = __class else {
                __r::succeeded(&mut __retry);
                break 'attempts #success;
            };
        };
        let open =
            self.breaker_below().map_or_else(|| emit!(__r::None), |site| site.open_now.clone());
        let next = emit! {
            let __open = #open;
            let __next = __r::after(&mut __retry, __end, __open);
        };
        let failed = emit!(__text.failed(&__retry, __class, __output));
        if !context.plan.reads_cut(*at) {
            return emit! {
                #until_success
                let (__output, __end) = #failed;
                #next
            };
        }
        let report = breaker.map(|breaker| breaker::report_cut(context, at + 1, breaker));
        let excepted = classify::is_excepted(args);
        emit! {
            let (__output, __end) = match __cut {
                __r::None => {
                    #until_success
                    #failed
                }
                __r::Some(__cause) => {
                    #report
                    let __excepted = #excepted;
                    (__output, __r::cut_short(__cause, __excepted))
                }
            };
            #next
        }
    }

    /// Writes statements that declare `__class`, the class of the output for the loop. If `breaker`
    /// is given, they also report the attempt to the breaker.
    fn class(&self, breaker: Option<&BreakerArgs>) -> TokenStream {
        let span = self.context.span;
        let by_function = self.context.class_by_function(self.at + 1);
        let of_retry = Classifier::of_retry(self.args, by_function.clone());
        let declare = of_retry.declare(span, AttributeKind::Retry);
        let (chosen, class) = (of_retry.choose(), of_retry.refined());
        let refine = (!of_retry.is_plain()).then(|| emit!(#chosen let __class = #class;));
        let Some(breaker) = breaker else {
            return emit!(#declare #refine);
        };
        let of_breaker = Classifier::of_breaker(breaker, by_function);
        let report = of_breaker.report();
        let declare_health = of_breaker.declare(span, AttributeKind::Retry);
        let declare = (!of_retry.declares_like(&of_breaker)).then_some(declare);
        emit! {
            #declare_health
            #report
            #declare
            #refine
        }
    }

    /// Writes an expression whose value is the delay before the next attempt. If there is no next
    /// attempt, the expression leaves the loop.
    fn go_on(&self) -> TokenStream {
        let Self { context, args, .. } = self;
        let on_retry = args.on_retry.as_ref().map(|hook| {
            emit! {
                if let __r::Some(__event) = __r::retry_event(&__retry, &__output, __delay) {
                    __r::tell(&__event, #hook);
                }
            }
        });
        let on_wait = args.on_wait.as_ref().map(|hook| {
            emit! {
                if let __r::Some(__event) = __r::wait_event(&__retry, __delay) {
                    __r::tell(&__event, #hook);
                }
            }
        });
        let on_give_up = args.on_give_up.as_ref().map(
            |hook| emit!(__r::tell(&__r::give_up_event(&__retry, &__output, __reason), #hook);),
        );
        // If the log does not store the output, the output is dropped before the sleep, so that the
        // output need not be `Send`.
        let keep = context
            .plan
            .keeps
            .then(|| emit!(__r::AttemptLog::keep(&mut __log, __output, &__retry);));
        let all = args.returns_all_errors;
        let reason = if on_give_up.is_some() || all { emit!(__reason) } else { emit!(_) };
        let end = if all {
            emit!(__r::AttemptLog::end(&mut __log, __output, &__retry, __reason))
        } else {
            emit!(__output)
        };
        let stop = if on_give_up.is_some() {
            emit!({ #on_give_up break 'attempts #end; })
        } else {
            emit!(break 'attempts #end,)
        };
        emit! {
            match __next {
                __r::Ok(__delay) => {
                    #on_retry
                    #on_wait
                    #keep
                    __delay
                }
                __r::Err(#reason) => #stop
            }
        }
    }

    /// Returns the breaker if it is anywhere below the retry, and `None` otherwise.
    fn breaker_below(&self) -> Option<&CallSite> {
        let has_breaker = self.context.plan.breaker_below(self.at).is_some();
        self.context.call_site.as_ref().filter(|_| has_breaker)
    }

    /// Writes the sleep before the next attempt. If there is a breaker below, the loop may instead
    /// wait for an open circuit, and this wait ends early if the circuit closes (R9).
    fn sleep(&self) -> TokenStream {
        let LayerContext { plan, attempt_output, .. } = self.context;
        let slept = plan
            .records
            .then(|| emit!(__r::AttemptLog::<#attempt_output>::slept(&mut __log, &__retry);));
        let sleep = match (self.breaker_below(), self.context.waits) {
            (None, true) => emit!(__r::sleep(__delay).await;),
            (None, false) => emit!(__r::sleep_blocking(__delay);),
            (Some(_), true) => emit!(__r::pause(&mut __retry, __delay, __breaker).await;),
            (Some(_), false) => emit!(__r::pause_blocking(&mut __retry, __delay, __breaker);),
        };
        emit!(#sleep #slept)
    }
}

/// Writes the output and the next step after the breaker has rejected an attempt with the variable
/// `__open`. The output is the output of the last attempt that ran. If no attempt ran, `make` turns
/// the rejection into an output.
fn rejection(make: &TokenStream) -> TokenStream {
    emit!(__r::after_rejection(&mut __retry, &mut __log, __open, #make))
}
