//! Time limits, those of `#[timeout]` and of `#[retry]`, and the mark of an attempt that has none.
//! All of them surround a future.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::context::LayerContext;
use crate::args::{SettingValue, TimeoutArgs};
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
    /// How many limits surround the future. Each makes a `Result` of the output.
    limits: usize,
}

/// The attempt itself.
pub(super) fn attempt(context: &LayerContext<'_>, body: usize) -> Code {
    let AttemptCode { prepare, run, .. } = context.attempt;
    if context.waits {
        return Code::Future(LimitedFuture::new(run.clone()));
    }
    let private = context.private;
    let mark = context.plan.marks_at(body);
    let mark = mark.then(|| emit!(let _marked = #private::mark(&mut retry);));
    Code::Statements(emit!(#mark #prepare #run))
}

/// `#[timeout]` around the code below it.
pub(super) fn timeout(
    context: &LayerContext<'_>,
    at: usize,
    args: &TimeoutArgs,
    code: Code,
) -> Code {
    if !context.waits {
        return code;
    }
    let private = context.private;
    let mut below = code.into_future(context, at + 1);
    let future = below.future;
    below.future = match &args.after {
        SettingValue::Expr(time) if prepares(context, at) => {
            let after = Ident::new("after", settings::span(time));
            below.times = quote_spanned!(settings::span(time)=> let #after = #time;);
            emit!(#private::timeout(#after, #future))
        }
        time => {
            let time = settings::value(time);
            emit!(#private::timeout(#time, #future))
        }
    };
    below.limits += 1;
    Code::Future(below)
}

/// The retry's limits or the mark of an attempt, where one of them begins at `at`.
pub(super) fn surround(context: &LayerContext<'_>, at: usize, code: Code) -> Code {
    let has_limits = context.plan.limits_at(at);
    if !context.waits || !(has_limits || context.plan.marks_at(at)) {
        return code;
    }
    let private = context.private;
    let mut inner = code.into_future(context, at);
    let future = inner.future;
    inner.future = if has_limits {
        inner.limits += 1;
        emit!(#private::limited(&mut retry, #future))
    } else {
        emit!(#private::attempted(&mut retry, #future))
    };
    Code::Future(inner)
}

/// The code that begins at `at` as statements that end in an output: a future is awaited.
pub(super) fn statements(context: &LayerContext<'_>, at: usize, code: Code) -> TokenStream {
    let LimitedFuture {
        times,
        future,
        limits,
    } = match code {
        Code::Statements(statements) => return statements,
        Code::Future(future) => future,
    };
    let private = context.private;
    let prepare = prepares(context, at).then_some(&context.attempt.prepare);
    let is_bare =
        context.plan.is_body(at) && !context.plan.limits_at(at) && !context.plan.marks_at(at);
    if let Some(inline) = context.attempt.inline.as_ref().filter(|_| is_bare) {
        return emit!(#prepare #inline);
    }
    let ok = emit!(::core::result::Result::Ok);
    let err = emit!(::core::result::Result::Err);
    let (output, timed_out) = match limits {
        0 => return emit!(#prepare #future.await),
        1 => (emit!(#ok(output)), emit!(#err(timed_out))),
        _ => (
            emit!(#ok(#ok(output))),
            emit!(#ok(#err(timed_out)) | #err(timed_out)),
        ),
    };
    let ty = context.output_at(at);
    let made = quote_spanned!(context.expectation()=> #private::timed_out::<#ty>(timed_out));
    let arm = if context.plan.tells_cut(at) {
        emit! {{
            cut = ::core::option::Option::Some(#private::TimedOut::limit(&timed_out));
            #made
        }}
    } else {
        emit!(#made,)
    };
    emit! {
        #times
        #prepare
        match #future.await {
            #output => output,
            #timed_out => #arm
        }
    }
}

/// Whether arguments are prepared before the future that begins at `at`.
fn prepares(context: &LayerContext<'_>, at: usize) -> bool {
    context.plan.prepares_at(at) && !context.attempt.prepare.is_empty()
}

impl Code {
    /// The code that begins at `at` as a future: statements go into an `async` block.
    fn into_future(self, context: &LayerContext<'_>, at: usize) -> LimitedFuture {
        let statements = match self {
            Code::Future(future) => return future,
            Code::Statements(statements) => statements,
        };
        let borrows = &context.attempt.lent;
        let output = context.output_at(at);
        let lend = (!borrows.is_empty()).then(|| {
            emit! {
                if let ::core::option::Option::Some(output) =
                    ::core::option::Option::None::<#output>
                {
                    #(#borrows)*
                    return output;
                }
            }
        });
        LimitedFuture::new(emit!(async { #lend #statements }))
    }
}

impl LimitedFuture {
    fn new(future: TokenStream) -> Self {
        Self {
            times: TokenStream::new(),
            future,
            limits: 0,
        }
    }
}
