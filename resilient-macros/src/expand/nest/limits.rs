//! Time limits: `#[timeout]`, and those of `#[retry]`; and where there are none of these, the begin of an attempt. All of them
//! surround a future.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::Nest;
use crate::args::Setting;
use crate::expand::attempt::Attempt;
use crate::expand::layers::Args;
use crate::expand::settings;

/// A future in writing.
struct Limited {
    /// Statements before everything else, which read what the future takes.
    times: TokenStream,
    future: TokenStream,
    /// How many limits are around it: each makes a `Result` of the output.
    limits: usize,
}

/// Awaits what begins at `at`.
pub(super) fn write(nest: &Nest<'_>, at: usize) -> TokenStream {
    let private = nest.private;
    let prepare = nest
        .plan
        .prepares_at(at)
        .then_some(&nest.attempt.prepare)
        .filter(|prepare| !prepare.is_empty());
    // The function's own future is enough.
    let is_bare = nest.plan.is_body(at) && !nest.plan.limits_at(at) && !nest.plan.marks_at(at);
    if let Some(inline) = nest.attempt.inline.as_ref().filter(|_| is_bare) {
        return emit!(#prepare #inline);
    }
    let Limited {
        times,
        future,
        limits,
    } = surround(nest, at, prepare.is_some());
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
    let ty = nest.output_at(at);
    let made = quote_spanned!(nest.expectation()=> #private::timed_out::<#ty>(timed_out));
    let arm = if nest.plan.tells_cut(at) {
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

/// What begins at `at` as a future, with its limits around it. `times` are read before it if arguments are prepared.
fn surround(nest: &Nest<'_>, at: usize, reads_times_first: bool) -> Limited {
    let private = nest.private;
    let mut inner = match nest.layers.get(at) {
        Some(Args::Timeout(args)) => {
            let mut inner = surround(nest, at + 1, reads_times_first);
            let future = inner.future;
            inner.future = match &args.after {
                Setting::Expr(time) if reads_times_first => {
                    let after = Ident::new("after", settings::span(time));
                    inner.times = quote_spanned!(settings::span(time)=> let #after = #time;);
                    emit!(#private::timeout(#after, #future))
                }
                time => {
                    let time = settings::time(time);
                    emit!(#private::timeout(#time, #future))
                }
            };
            inner.limits += 1;
            inner
        }
        _ => Limited {
            times: TokenStream::new(),
            future: future(nest, at),
            limits: 0,
        },
    };
    let future = &inner.future;
    if nest.plan.limits_at(at) {
        inner.future = emit!(#private::limited(&mut retry, #future));
        inner.limits += 1;
    } else if nest.plan.marks_at(at) {
        inner.future = emit!(#private::attempted(&mut retry, #future));
    }
    inner
}

/// The attempt is a future by itself; other layers become one in a block of theirs.
fn future(nest: &Nest<'_>, at: usize) -> TokenStream {
    let Attempt { run, lent, .. } = nest.attempt;
    if nest.plan.is_body(at) {
        return run.clone();
    }
    let output = nest.output_at(at);
    let lend = (!lent.is_empty()).then(|| {
        emit! {
            if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
                #(#lent)*
                return output;
            }
        }
    });
    let layer = nest.layer(at);
    emit!(async { #lend #layer })
}
