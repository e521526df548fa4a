//! Writes the time limits of `#[timeout]` and `#[retry]`. If a retry has no limits, a mark takes
//! their place: a call of the runtime that tells retry loops inside the attempt about the outer
//! loop. In an asynchronous function, limits and marks surround a future. Inside them, another
//! future surrounds the code that runs under the breaker's permit.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::context::LayerContext;
use crate::args::{AttributeKind, LayerArgs, SettingValue, TimeoutArgs};
use crate::expand::attempt::AttemptCode;
use crate::expand::settings;

/// The code of a layer with everything below it.
pub(super) enum Code {
    /// Statements that end in an output.
    Statements(TokenStream),
    /// A future that is not awaited yet.
    Future(LimitedFuture),
}

pub(super) struct LimitedFuture {
    /// Statements that evaluate time limits before the arguments move into the future.
    times: TokenStream,
    future: TokenStream,
    /// Calls that wrap the variable `__future`, the innermost first.
    calls: Vec<TokenStream>,
    /// The number of `calls` that are limits. Each limit turns the output into a `Result`.
    limits: usize,
}

/// Writes the code of the attempt, which is the innermost layer.
pub(super) fn attempt(context: &LayerContext<'_>, body: usize) -> Code {
    let AttemptCode { prepare, run, .. } = context.attempt;
    if context.waits {
        return Code::Future(LimitedFuture::new(run.clone()));
    }
    let mark = context.plan.marks_at(body);
    let mark = mark.then(|| emit!(let __marked = __r::mark(&mut __retry);));
    let span = context.call_site.as_ref().map(|_| emit!(let __span = __r::call_here(__breaker);));
    Code::Statements(emit!(#mark #span #prepare #run))
}

/// Writes `#[timeout]` around the code below it.
pub(super) fn timeout(
    context: &LayerContext<'_>,
    at: usize,
    args: &TimeoutArgs,
    code: Code,
) -> Code {
    if !context.waits {
        return code;
    }
    let mut below = code.into_future(context, at + 1);
    if !context.plan.is_timeout_in_limits(at) {
        below.times = declare_timeout(args);
    }
    let time = timeout_value(args);
    below.calls.push(emit!(__r::timeout(#time, __future)));
    below.limits += 1;
    Code::Future(below)
}

/// Writes the statement that evaluates the time of `#[timeout]`. Writes nothing if the time is a
/// literal.
fn declare_timeout(args: &TimeoutArgs) -> TokenStream {
    match &args.after {
        SettingValue::Literal(_) => TokenStream::new(),
        SettingValue::Expr(time) => emit!(let __limit = __r::limit(#time);),
    }
}

/// Writes the time of `#[timeout]`: a literal, or the variable that `declare_timeout` declares.
fn timeout_value(args: &TimeoutArgs) -> TokenStream {
    match &args.after {
        SettingValue::Literal(_) => settings::value(&args.after),
        SettingValue::Expr(_) => emit!(__limit),
    }
}

/// Wraps `code`, the code of the layer at `at`, in the future of the permit, the limits of the
/// retry and the mark of an attempt, if this layer is the outermost layer inside them.
pub(super) fn surround(context: &LayerContext<'_>, at: usize, code: Code) -> Code {
    let (within, limits) = (context.plan.within_at(at), context.plan.limits_at(at));
    let marks = context.plan.marks_at(at);
    if !context.waits || !(within || limits || marks) {
        return code;
    }
    let mut inner = code.into_future(context, at);
    if within && marks {
        // One call sets the mark and makes the future of the permit.
        inner.calls.push(emit!(__r::attempted_within(&mut __retry, &__permit, __future)));
        return Code::Future(inner);
    }
    if within {
        inner.calls.push(emit!(__r::within(&__permit, __future)));
    }
    if limits {
        inner.limits += 1;
        let own = attempt_limit(context, &mut inner.times);
        inner.calls.push(emit!(__r::limited(&mut __retry, #own, __future)));
    }
    if marks {
        inner.calls.push(emit!(__r::attempted(&mut __retry, __future)));
    }
    Code::Future(inner)
}

/// Writes the time of a `#[timeout]` below the retry, or `NO_LIMIT` if the retry has no
/// `#[timeout]` below. If the `#[timeout]` is inside the retry's limits, stores the statement that
/// evaluates the time in `times`.
fn attempt_limit(context: &LayerContext<'_>, times: &mut TokenStream) -> TokenStream {
    let place = context.stack.place(AttributeKind::Timeout);
    let place = place.filter(|timeout| context.plan.retry_above(*timeout));
    let layer = place.and_then(|at| Some((at, context.stack.get(at)?)));
    let Some((at, LayerArgs::Timeout(args))) = layer else {
        return emit!(__r::NO_LIMIT);
    };
    if context.plan.is_timeout_in_limits(at) {
        *times = declare_timeout(args);
    }
    timeout_value(args)
}

/// Turns the code of the layer at `at` into statements that end in an output. If the code is a
/// future, the statements await it.
pub(super) fn statements(context: &LayerContext<'_>, at: usize, code: Code) -> TokenStream {
    let LimitedFuture { times, future, calls, limits } = match code {
        Code::Statements(statements) => return statements,
        Code::Future(future) => future,
    };
    let prepare = prepares(context, at).then_some(&context.attempt.prepare);
    let Some((outermost, calls)) = calls.split_last() else {
        // Neither a limit nor a mark surrounds the body.
        let inline = context.attempt.inline.clone();
        let output = inline.unwrap_or_else(|| emit!(#future.await));
        return emit!(#prepare #output);
    };
    let prepare = emit! {
        #times
        #prepare
        let __future = #future;
        #(let __future = #calls;)*
    };
    let result = match limits {
        0 => return emit!(#prepare #outermost.await),
        1 => emit!(#outermost.await),
        _ => emit!(__r::either_limit(#outermost.await)),
    };
    let ty = context.output_at(at);
    let made = quote_spanned!(context.expectation()=> __r::timed_out::<#ty>(__timed_out));
    let arm = if context.plan.tells_cut(at) {
        emit! {{
            __cut = __r::Some(__r::CutShort::cause(&__timed_out));
            #made
        }}
    } else {
        emit!(#made,)
    };
    emit! {
        #prepare
        match #result {
            __r::Ok(__output) => __output,
            __r::Err(__timed_out) => #arm
        }
    }
}

/// Returns whether statements must prepare arguments before the future of the layer at `at`.
fn prepares(context: &LayerContext<'_>, at: usize) -> bool {
    context.plan.prepares_at(at) && !context.attempt.prepare.is_empty()
}

impl Code {
    /// Turns the code of the layer at `at` into a future. If the code consists of statements, wraps
    /// the statements in an `async` block.
    fn into_future(self, context: &LayerContext<'_>, at: usize) -> LimitedFuture {
        let statements = match self {
            Code::Future(future) => return future,
            Code::Statements(statements) => statements,
        };
        let borrows = &context.attempt.lent;
        let output = context.output_at(at);
        let lend = (!borrows.is_empty()).then(|| {
            emit! {
                if let __r::Some(__output) = __r::never::<#output>() {
                    #(#borrows)*
                    return __output;
                }
            }
        });
        LimitedFuture::new(emit!(async { #lend #statements }))
    }
}

impl LimitedFuture {
    fn new(future: TokenStream) -> Self {
        Self { times: TokenStream::new(), future, calls: Vec::new(), limits: 0 }
    }
}
