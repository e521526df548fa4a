//! `#[retry]`: a loop around what is below.
//!
//! Right above a breaker the two are one, so that a rejection needs no word of its own: only a call that is rejected at its
//! first attempt learns of it; a later one ends with the last real output. Through other layers, the breaker leaves word in
//! a variable.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Nest, breaker};
use crate::args::{BreakerArgs, Kept, Nested, RetryArgs};
use crate::expand::layers::Args;
use crate::expand::{classify, settings};

pub(super) fn write(nest: &Nest<'_>, at: usize, args: &RetryArgs) -> TokenStream {
    let loop_ = Loop { nest, at, args };
    match nest.layers.get(at + 1) {
        Some(Args::Breaker(breaker)) => loop_.through_breaker(breaker),
        _ => loop_.around_anything(),
    }
}

/// Drops what came before, if nobody asks for it any more: an attempt's body runs next.
pub(super) fn forget(nest: &Nest<'_>) -> TokenStream {
    let Nest {
        private,
        of_attempt,
        plan,
        layers,
        ..
    } = nest;
    let asks = layers.retry().is_some_and(|retry| retry.attempt.is_some());
    if asks || !plan.keeps {
        return TokenStream::new();
    }
    let of = plan.records.then(|| emit!(::<#of_attempt>));
    emit!(#private::Kept #of::forget(&mut kept);)
}

struct Loop<'a> {
    nest: &'a Nest<'a>,
    at: usize,
    args: &'a RetryArgs,
}

impl Loop<'_> {
    /// Every attempt passes through the breaker below.
    fn through_breaker(&self, breaker: &BreakerArgs) -> TokenStream {
        let Self { nest, at, .. } = self;
        let Some(site) = &nest.site else {
            return TokenStream::new();
        };
        let (declare, acquire) = (&site.declare, &site.acquire);
        let start = self.start();
        let reset = self.reset();
        let rejected = breaker::rejected(nest, at + 1, breaker);
        let rejection = self.rejection();
        let (known, give_back) = self.known();
        let forget = forget(nest);
        let below = nest.from(at + 2);
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

    /// What is below is anything but a breaker; there may be one further down.
    fn around_anything(&self) -> TokenStream {
        let Self { nest, at, .. } = self;
        let has_breaker = nest.plan.breaker_below(*at).is_some();
        let site = nest.site.as_ref().filter(|_| has_breaker);
        let declare = site.map(|site| &site.declare);
        let start = self.start();
        let reset = self.reset();
        let (known, give_back) = self.known();
        // With a breaker below, that knows better when.
        let forget = (!has_breaker).then(|| forget(nest));
        let below = nest.from(at + 1);
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

    /// The policy, the state of this call's loop, and what it knows of its attempts.
    fn start(&self) -> TokenStream {
        let Self { nest, at, args } = self;
        let private = nest.private;
        let policy = settings::policy(args, private);
        let (budget, budgeted) = settings::budget(args.budget.as_ref(), private);
        let limited = args.deadline.is_some() || args.attempt_timeout.is_some();
        let limited = limited.then(|| {
            let deadline = settings::limit(args.deadline.as_ref());
            let attempt_timeout = settings::limit(args.attempt_timeout.as_ref());
            emit!(let options = #private::limits(options, #deadline, #attempt_timeout);)
        });
        let nested = match args.nested {
            None | Some(Nested::Warn) => None,
            Some(Nested::Collapse) => Some(emit!(.nested(#private::NestedMode::Collapse))),
            Some(Nested::Allow) => Some(emit!(.nested(#private::NestedMode::Allow))),
        };
        let timed = (args.attempt.is_some() || nest.plan.records).then(|| emit!(.timed()));
        let plain = limited.is_none() && budgeted.is_none() && nested.is_none() && timed.is_none();
        let waits = nest.waits;
        let start = match (plain, waits) {
            (true, true) => emit!(let mut retry = #private::RetryDriver::start_async(policy);),
            (true, false) => emit!(let mut retry = #private::RetryDriver::start(policy);),
            (false, _) => emit! {
                let options = #private::CallOptions::new() #budgeted #nested #timed;
                #limited
                let mut retry = #private::retry(policy, &options, #waits);
            },
        };
        let kept = nest.plan.keeps.then(|| {
            if nest.plan.records {
                let ty = nest.output;
                let record =
                    quote_spanned!(nest.expectation()=> <#ty as #private::Recorded>::Record);
                emit!(let mut kept = <#record as ::core::default::Default>::default();)
            } else {
                let ty = nest.of_attempt;
                emit!(let mut kept = #private::Last::<#ty>::new();)
            }
        });
        let cut = nest.declare_cut(*at);
        let rejection = nest
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

    /// An attempt begins: nothing has cut it off.
    fn reset(&self) -> Option<TokenStream> {
        let reads = self.nest.plan.reads_cut(self.at);
        reads.then(|| emit!(cut = ::core::option::Option::None;))
    }

    /// What `attempt = ident` declares before the body, and takes back after it.
    fn known(&self) -> (TokenStream, TokenStream) {
        let Nest {
            private,
            plan,
            of_attempt,
            ..
        } = self.nest;
        // A record alone does not tell the output's type, which the body may want to know.
        let of = plan.records.then(|| emit!(::<#of_attempt>));
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

    /// `next`, for an attempt that was made; a success ends the loop. A breaker right above the attempt is told.
    fn judge(&self, breaker: Option<&BreakerArgs>) -> TokenStream {
        let Self { nest, at, args } = self;
        let private = nest.private;
        let class = self.class(breaker);
        let end = self.succeed(breaker.is_some());
        let open_now = self.open_now();
        let cut = nest.plan.reads_cut(*at);
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
            let report = breaker::report_cut(nest, at + 1, breaker);
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

    /// `class`, which is the loop's; a breaker's is reported.
    fn class(&self, breaker: Option<&BreakerArgs>) -> TokenStream {
        let Self { nest, args, .. } = self;
        let (private, span) = (nest.private, nest.span);
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
        let private = self.nest.private;
        let rejected = emit!(#private::AttemptEnd::Rejected(&open));
        emit!(#private::after(&mut retry, #rejected, ::core::option::Option::None))
    }

    /// `output` of a rejected attempt: the last real one, or else what the rejection makes.
    fn real(&self, rejected: &TokenStream) -> TokenStream {
        let private = self.nest.private;
        emit! {
            let output = match #private::Kept::real(&mut kept, &retry) {
                ::core::option::Option::Some(real) => real,
                ::core::option::Option::None => #rejected,
            };
        }
    }

    /// Ends the loop, or says how long to wait.
    fn go_on(&self, is_labelled: bool) -> TokenStream {
        let Self { nest, args, .. } = self;
        let private = nest.private;
        let on_retry = args.on_retry.as_ref().map(
            |hook| emit!(#private::tell(&#private::retry_event(&retry, &output, delay), #hook);),
        );
        let on_give_up = args.on_give_up.as_ref().map(
            |hook| emit!(#private::tell(&#private::give_up_event(&retry, &output, reason), #hook);),
        );
        // Else a failed output is gone before the sleep, and need not be `Send`.
        let keep = nest
            .plan
            .keeps
            .then(|| emit!(#private::Kept::keep(&mut kept, output, &retry);));
        let all = args.errors == Some(Kept::All);
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

    /// Leaves the loop with a good output.
    fn succeed(&self, is_labelled: bool) -> TokenStream {
        let private = self.nest.private;
        let label = is_labelled.then(|| emit!('attempts));
        if self.nest.plan.records {
            emit!(break #label #private::Kept::succeed(&mut kept, output))
        } else {
            emit!(break #label output)
        }
    }

    /// What a call would be told now if the circuit is open.
    fn open_now(&self) -> TokenStream {
        let has_breaker = self.nest.plan.breaker_below(self.at).is_some();
        let site = self.nest.site.as_ref().filter(|_| has_breaker);
        site.map_or_else(
            || emit!(::core::option::Option::None),
            |site| site.open_now.clone(),
        )
    }

    fn sleep(&self) -> TokenStream {
        let private = self.nest.private;
        if self.nest.waits {
            emit!(#private::sleep(delay).await;)
        } else {
            emit!(#private::sleep_blocking(delay);)
        }
    }
}
