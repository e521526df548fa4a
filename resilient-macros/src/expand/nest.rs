//! The function as it is compiled: loop and breaker around the attempt, in reading order.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::attempt::{self, Attempt};
use super::layers::{Layers, Order};
use super::site::{self, Site};
use super::{block, check, classify, output, settings};
use crate::args::{BreakerArgs, RetryArgs};
use crate::error::Errors;
use crate::function::{Function, Shape};

/// Writes the whole function.
pub(super) fn write(
    function: &Function,
    layers: &Layers,
    is_listed: bool,
) -> Result<TokenStream, Errors> {
    check::check(function, layers)?;
    let shape = function.shape();
    let declared = match &shape {
        Shape::Future(future) => future.output.clone(),
        Shape::Async | Shape::Plain => function.output.clone().unwrap_or_else(|| quote!(())),
    };
    let output = output::without_impl(&declared);
    let writer = Writer {
        function,
        waits: !matches!(shape, Shape::Plain),
        private: &layers.private,
        is_listed,
        span: output::span(function),
        output: &output,
    };
    let attempt = attempt::build(function, &shape, &output, layers.retry(), &layers.private);
    let nest = match &layers.order {
        Order::Breaker(breaker) => writer.breaker(breaker, &attempt),
        Order::Retry(retry) => writer.retry(retry, &attempt),
        Order::RetryOverBreaker(retry, breaker) => {
            writer.retry_over_breaker(retry, breaker, &attempt)
        }
        Order::BreakerOverRetry(breaker, retry) => {
            let inner = writer.retry(retry, &attempt);
            let whole = Attempt {
                params: attempt.params.clone(),
                prepare: TokenStream::new(),
                run: emit!({ #inner }),
                inner_attributes: TokenStream::new(),
            };
            writer.breaker(breaker, &whole)
        }
    };
    let span = function.body_span();
    let inner = &attempt.inner_attributes;
    let body = match shape {
        Shape::Async | Shape::Plain => quote!(#inner #nest),
        Shape::Future(future) => {
            let nest = block(nest, span);
            let private = &layers.private;
            match (future.boxed, future.block) {
                (true, _) => emit!(#inner ::std::boxed::Box::pin(async move #nest)),
                // As the user has it, so that other attributes see what they know.
                (false, Some(_)) => emit!(#inner async move #nest),
                // A call, since clippy would have a lone block written as an `async fn`.
                (false, None) => emit!(#inner #private::future(async move #nest)),
            }
        }
    };
    let body = block(body, span);
    Ok(function.rebuilt(&attempt.params, &body.into()))
}

struct Writer<'a> {
    function: &'a Function,
    /// Asynchronously, rather than by blocking its thread.
    waits: bool,
    private: &'a TokenStream,
    is_listed: bool,
    output: &'a TokenStream,
    /// Of the return type.
    span: Span,
}

impl Writer<'_> {
    /// One call of the breaker around one attempt.
    fn breaker(&self, args: &BreakerArgs, attempt: &Attempt) -> TokenStream {
        let Self { private, .. } = self;
        let Site {
            declare, acquire, ..
        } = site::write(self.function, args, self.private, self.is_listed);
        let class = classify::for_breaker(args, private, self.span);
        let rejected = self.rejected(args);
        let Attempt { prepare, run, .. } = attempt;
        emit! {
            #declare
            let permit = match #acquire {
                ::core::result::Result::Ok(permit) => permit,
                ::core::result::Result::Err(open) => return #rejected,
            };
            let output = { #prepare #run };
            #private::report(permit, #class);
            output
        }
    }

    /// The loop, with no breaker in it.
    fn retry(&self, args: &RetryArgs, attempt: &Attempt) -> TokenStream {
        let Self { private, .. } = self;
        let start = self.start(args);
        let class = classify::for_retry(args, private, self.span);
        let last = args.attempt.as_ref().map(|_| {
            let output = self.output;
            emit!(let mut last = ::core::option::Option::None::<#output>;)
        });
        // Else a failed output is gone before the sleep, and need not be `Send`.
        let keep = args
            .attempt
            .as_ref()
            .map(|_| emit!(last = ::core::option::Option::Some(output);));
        let known = self.attempt_variable(args);
        let Hooks {
            on_retry,
            reason,
            on_give_up,
        } = self.hooks(args);
        let sleep = self.sleep();
        let Attempt { prepare, run, .. } = attempt;
        emit! {
            #start
            #last
            loop {
                let delay = {
                    #known
                    let output = { #prepare #run };
                    let class = #class;
                    let ::core::option::Option::Some(class) = class else {
                        break output;
                    };
                    match #private::after_failure(&mut retry, class, ::core::option::Option::None) {
                        ::core::result::Result::Ok(delay) => {
                            #on_retry
                            #keep
                            delay
                        }
                        ::core::result::Result::Err(#reason) => {
                            #on_give_up
                            break output;
                        }
                    }
                };
                #sleep
            }
        }
    }

    /// The loop, every attempt of which passes through the breaker. Only a call that is rejected at its first attempt
    /// learns of it; a later one ends with the last real output.
    fn retry_over_breaker(
        &self,
        args: &RetryArgs,
        breaker: &BreakerArgs,
        attempt: &Attempt,
    ) -> TokenStream {
        let Self {
            private, output, ..
        } = self;
        let Site {
            declare,
            acquire,
            open_now,
        } = site::write(self.function, breaker, self.private, self.is_listed);
        let start = self.start(args);
        let report = if classify::breaker_is_plain(breaker) && classify::retry_is_plain(args) {
            let class = classify::plain(private, self.span);
            emit! {
                let class = #class;
                #private::report(permit, class);
            }
        } else {
            let health = classify::for_breaker(breaker, private, self.span);
            let class = classify::for_retry(args, private, self.span);
            emit! {
                #private::report(permit, #health);
                let class = #class;
            }
        };
        let rejected = self.rejected(breaker);
        // What came before is gone when the body runs, unless it asks for it.
        let known = if args.attempt.is_some() {
            self.attempt_variable(args)
        } else {
            emit!(#private::forget(&mut last);)
        };
        let Hooks {
            on_retry,
            reason,
            on_give_up,
        } = self.hooks(args);
        let sleep = self.sleep();
        let Attempt { prepare, run, .. } = attempt;
        emit! {
            #declare
            #start
            let mut last = ::core::option::Option::None::<#output>;
            'attempts: loop {
                let delay = {
                    let (output, next) = 'attempt: {
                        let permit = match #acquire {
                            ::core::result::Result::Ok(permit) => permit,
                            ::core::result::Result::Err(open) => {
                                let next = #private::Retry::after_rejection(&mut retry, &open);
                                let output = match #private::take_real(&retry, &mut last) {
                                    ::core::option::Option::Some(output) => output,
                                    ::core::option::Option::None => #rejected,
                                };
                                break 'attempt (output, next);
                            }
                        };
                        #known
                        let output = { #prepare #run };
                        #report
                        let ::core::option::Option::Some(class) = class else {
                            break 'attempts output;
                        };
                        let next = #private::after_failure(&mut retry, class, #open_now);
                        (output, next)
                    };
                    match next {
                        ::core::result::Result::Ok(delay) => {
                            #on_retry
                            last = ::core::option::Option::Some(output);
                            delay
                        }
                        ::core::result::Result::Err(#reason) => {
                            #on_give_up
                            break 'attempts output;
                        }
                    }
                };
                #sleep
            }
        }
    }

    /// The policy, and the state of this call's loop.
    fn start(&self, args: &RetryArgs) -> TokenStream {
        let private = self.private;
        let policy = settings::policy(args, private);
        let start = if self.waits {
            emit!(start_async)
        } else {
            emit!(start)
        };
        let timed = args.attempt.as_ref().map(|_| emit!(.timed()));
        emit! {
            #policy
            let mut retry = #private::Retry::#start(policy)#timed;
        }
    }

    fn sleep(&self) -> TokenStream {
        let private = self.private;
        if self.waits {
            emit!(#private::sleep(delay).await;)
        } else {
            emit!(#private::sleep_blocking(delay);)
        }
    }

    /// What `attempt = ident` declares.
    fn attempt_variable(&self, args: &RetryArgs) -> TokenStream {
        let private = self.private;
        match &args.attempt {
            Some(ident) => emit! {
                let known = #private::attempt(&retry, #private::take(&mut last));
                let #ident = &known;
            },
            None => TokenStream::new(),
        }
    }

    fn hooks(&self, args: &RetryArgs) -> Hooks {
        let private = self.private;
        let on_retry = args.on_retry.as_ref().map(
            |hook| emit!(#private::tell(&#private::retry_event(&retry, &output, delay), #hook);),
        );
        let on_give_up = args.on_give_up.as_ref().map(
            |hook| emit!(#private::tell(&#private::give_up_event(&retry, &output, reason), #hook);),
        );
        Hooks {
            on_retry,
            reason: if on_give_up.is_some() {
                emit!(reason)
            } else {
                emit!(_)
            },
            on_give_up,
        }
    }

    /// The output of a rejected call, from a variable `open`.
    fn rejected(&self, args: &BreakerArgs) -> TokenStream {
        let Self {
            private, output, ..
        } = self;
        if let Some(make) = &args.on_open {
            return emit!(#private::on_open::<#output>(open, #make));
        }
        let span = self.span.resolved_at(Span::mixed_site());
        quote_spanned!(span=> #private::rejected::<#output>(open))
    }
}

struct Hooks {
    on_retry: Option<TokenStream>,
    /// The pattern for the reason to stop, which only a hook wants to know.
    reason: TokenStream,
    on_give_up: Option<TokenStream>,
}
