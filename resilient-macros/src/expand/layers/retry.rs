//! `#[retry]`: a loop around the layers below.
//!
//! With a breaker right below it, both are written as one loop. Only a call that is rejected at its
//! first attempt returns the rejection; a later one returns the last real output (R9). A breaker
//! further down tells the loop about a rejection in a variable.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::breaker;
use super::context::LayerContext;
use crate::args::{BreakerArgs, RetryArgs};
use crate::expand::{classify, settings};

/// Writes the loop, with the breaker right below it if there is one.
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
    /// Every attempt passes through the breaker below.
    fn through_breaker(&self, breaker: &BreakerArgs, below: &TokenStream) -> TokenStream {
        let Self { context, at, .. } = self;
        let Some(site) = &context.call_site else {
            return TokenStream::new();
        };
        let (declare, acquire) = (&site.declare, &site.acquire);
        let start = self.start();
        let reset = self.reset();
        let rejected = breaker::rejected(context, at + 1, breaker);
        let rejection = self.rejection();
        let (known, give_back) = self.known();
        let forget = context.forget();
        let judge = self.judge(Some(breaker));
        let real = self.real(&rejected);
        let go_on = self.go_on(true);
        let sleep = self.sleep();
        emit! {
            #declare
            #start
            'attempts: loop {
                let delay = {
                    let (output, next) = 'attempt: {
                        let permit = match #acquire {
                            ::core::result::Result::Ok(permit) => permit,
                            ::core::result::Result::Err(open) => {
                                let next = #rejection;
                                #real
                                break 'attempt (output, next);
                            }
                        };
                        #reset
                        #known
                        #forget
                        let output = { #below };
                        #give_back
                        #judge
                        (output, next)
                    };
                    #go_on
                };
                #sleep
            }
        }
    }

    /// The layer right below is not a breaker; one may stand further down.
    fn around_anything(&self, below: &TokenStream) -> TokenStream {
        let Self { context, at, .. } = self;
        let has_breaker = context.plan.breaker_below(*at).is_some();
        let site = context.call_site.as_ref().filter(|_| has_breaker);
        let declare = site.map(|site| &site.declare);
        let start = self.start();
        let reset = self.reset();
        let (known, give_back) = self.known();
        // A breaker below forgets it later, when the call is admitted.
        let forget = (!has_breaker).then(|| context.forget());
        let judge = self.judge(None);
        let judge = if has_breaker {
            let real = self.real(&emit!(output));
            let rejection = self.rejection();
            emit! {
                let (output, next) = match ::core::option::Option::take(&mut rejection) {
                    ::core::option::Option::None => {
                        #judge
                        (output, next)
                    }
                    ::core::option::Option::Some(open) => {
                        let next = #rejection;
                        #real
                        (output, next)
                    }
                };
            }
        } else {
            judge
        };
        let go_on = self.go_on(false);
        let sleep = self.sleep();
        emit! {
            #declare
            #start
            loop {
                let delay = {
                    #reset
                    #known
                    #forget
                    let output = { #below };
                    #give_back
                    #judge
                    #go_on
                };
                #sleep
            }
        }
    }

    /// Declares the policy, the state of the loop, and the outputs that it keeps.
    fn start(&self) -> TokenStream {
        let Self { context, at, args } = self;
        let private = context.private;
        let policy = settings::policy(args, private);
        let (budget, budgeted) = settings::budget(args.budget.as_ref(), private);
        let limited = args.deadline.is_some() || args.attempt_timeout.is_some();
        let limited = limited.then(|| {
            let deadline = settings::limit(args.deadline.as_ref());
            let attempt_timeout = settings::limit(args.attempt_timeout.as_ref());
            emit!(let options = #private::limits(options, #deadline, #attempt_timeout);)
        });
        let nested = args.nested.map(|mode| {
            let mode = Ident::new(mode, Span::mixed_site());
            emit!(.nested(#private::NestedMode::#mode))
        });
        let timed = (args.attempt.is_some() || context.plan.records).then(|| emit!(.timed()));
        let plain = limited.is_none() && budgeted.is_none() && nested.is_none() && timed.is_none();
        let waits = context.waits;
        let start = match (plain, waits) {
            (true, true) => emit!(let mut retry = #private::RetryDriver::start_async(policy);),
            (true, false) => emit!(let mut retry = #private::RetryDriver::start(policy);),
            (false, _) => emit! {
                let options = #private::CallOptions::new() #budgeted #nested #timed;
                #limited
                let mut retry = #private::retry(policy, &options, #waits);
            },
        };
        let kept = context.plan.keeps.then(|| {
            if context.plan.records {
                let ty = context.output;
                let record =
                    quote_spanned!(context.expectation()=> <#ty as #private::Recorded>::Record);
                emit!(let mut kept = <#record as ::core::default::Default>::default();)
            } else {
                let ty = context.attempt_output;
                emit!(let mut kept = #private::Last::<#ty>::new();)
            }
        });
        let cut = context.declare_cut(*at);
        let rejection = context
            .plan
            .tells_rejection()
            .then(|| emit!(let mut rejection = ::core::option::Option::None;));
        emit! {
            #policy
            #budget
            #start
            #kept
            #cut
            #rejection
        }
    }

    /// At the start of an attempt, no limit has cut it off.
    fn reset(&self) -> Option<TokenStream> {
        let reads = self.context.plan.reads_cut(self.at);
        reads.then(|| emit!(cut = ::core::option::Option::None;))
    }

    /// The code before and after the body for `attempt = ident`.
    fn known(&self) -> (TokenStream, TokenStream) {
        let LayerContext {
            private,
            plan,
            attempt_output,
            ..
        } = self.context;
        // A record alone does not determine the type of the output.
        let of = plan.records.then(|| emit!(::<#attempt_output>));
        match &self.args.attempt {
            Some(ident) => (
                emit! {
                    let known = #private::Kept #of::lend(&mut kept, &retry);
                    let #ident = &known;
                },
                emit!(#private::Kept::give_back(&mut kept, known);),
            ),
            None => (TokenStream::new(), TokenStream::new()),
        }
    }

    /// Declares `next` after an attempt, reports to the breaker if there is one, and leaves the
    /// loop after a success.
    fn judge(&self, breaker: Option<&BreakerArgs>) -> TokenStream {
        let Self { context, at, args } = self;
        let private = context.private;
        let class = self.class(breaker);
        let end = self.succeed(breaker.is_some());
        let open_now = self.open_now();
        let cut = context.plan.reads_cut(*at);
        let failed = emit!(#private::AttemptEnd::Failed(class));
        let failure = emit!(#private::after(&mut retry, #failed, #open_now));
        let until_success = emit! {
            #class
            let ::core::option::Option::Some(class) = class else {
                #private::succeeded(&mut retry);
                #end;
            };
        };
        if !cut {
            return emit! {
                #until_success
                let next = #failure;
            };
        }
        let report = breaker.map(|breaker| {
            let report = breaker::report_cut(context, at + 1, breaker);
            emit!(#report;)
        });
        let excepted = classify::is_excepted(args, private);
        let cut_end = emit!(#private::AttemptEnd::Cut { limit, excepted: #excepted });
        emit! {
            let next = match cut {
                ::core::option::Option::None => {
                    #until_success
                    #failure
                }
                ::core::option::Option::Some(limit) => {
                    #report
                    #private::after(&mut retry, #cut_end, #open_now)
                }
            };
        }
    }

    /// Declares `class` for the loop, and reports to the breaker.
    fn class(&self, breaker: Option<&BreakerArgs>) -> TokenStream {
        let Self { context, args, .. } = self;
        let (private, span) = (context.private, context.span);
        let Some(breaker) = breaker else {
            let class = classify::for_retry(args, private, span);
            return emit!(let class = #class;);
        };
        if classify::breaker_is_plain(breaker) && classify::retry_is_plain(args) {
            let class = classify::plain(private, span);
            return emit! {
                let class = #class;
                #private::report(permit, class);
            };
        }
        let health = classify::for_breaker(breaker, private, span);
        let class = classify::for_retry(args, private, span);
        emit! {
            #private::report(permit, #health);
            let class = #class;
        }
    }

    /// The next step after a rejected attempt, from a variable `open`.
    fn rejection(&self) -> TokenStream {
        let private = self.context.private;
        let rejected = emit!(#private::AttemptEnd::Rejected(&open));
        emit!(#private::after(&mut retry, #rejected, ::core::option::Option::None))
    }

    /// Declares `output` of a rejected attempt: the last real one, or the rejection.
    fn real(&self, rejected: &TokenStream) -> TokenStream {
        let private = self.context.private;
        emit! {
            let output = match #private::Kept::real(&mut kept, &retry) {
                ::core::option::Option::Some(real) => real,
                ::core::option::Option::None => #rejected,
            };
        }
    }

    /// Ends the loop, or evaluates to the delay.
    fn go_on(&self, is_labelled: bool) -> TokenStream {
        let Self { context, args, .. } = self;
        let private = context.private;
        let on_retry = args.on_retry.as_ref().map(
            |hook| emit!(#private::tell(&#private::retry_event(&retry, &output, delay), #hook);),
        );
        let on_give_up = args.on_give_up.as_ref().map(
            |hook| emit!(#private::tell(&#private::give_up_event(&retry, &output, reason), #hook);),
        );
        // Otherwise the output is dropped before the sleep, and need not be `Send`.
        let keep = context
            .plan
            .keeps
            .then(|| emit!(#private::Kept::keep(&mut kept, output, &retry);));
        let all = args.returns_all_errors;
        let reason = if on_give_up.is_some() || all {
            emit!(reason)
        } else {
            emit!(_)
        };
        let end = if all {
            emit!(#private::Kept::end(&mut kept, output, &retry, reason))
        } else {
            emit!(output)
        };
        let label = is_labelled.then(|| emit!('attempts));
        emit! {
            match next {
                ::core::result::Result::Ok(delay) => {
                    #on_retry
                    #keep
                    delay
                }
                ::core::result::Result::Err(#reason) => {
                    #on_give_up
                    break #label #end;
                }
            }
        }
    }

    /// Leaves the loop with a successful output.
    fn succeed(&self, is_labelled: bool) -> TokenStream {
        let private = self.context.private;
        let label = is_labelled.then(|| emit!('attempts));
        if self.context.plan.records {
            emit!(break #label #private::Kept::succeed(&mut kept, output))
        } else {
            emit!(break #label output)
        }
    }

    /// The rejection of a call made now, if the circuit is open.
    fn open_now(&self) -> TokenStream {
        let has_breaker = self.context.plan.breaker_below(self.at).is_some();
        let site = self.context.call_site.as_ref().filter(|_| has_breaker);
        site.map_or_else(
            || emit!(::core::option::Option::None),
            |site| site.open_now.clone(),
        )
    }

    fn sleep(&self) -> TokenStream {
        let private = self.context.private;
        if self.context.waits {
            emit!(#private::sleep(delay).await;)
        } else {
            emit!(#private::sleep_blocking(delay);)
        }
    }
}
