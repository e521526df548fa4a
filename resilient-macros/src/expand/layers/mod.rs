//! Writes the layers around an attempt, with one file for each kind of layer. A layer consists of
//! statements that evaluate to an output. It contains the layers below it, so the innermost layer
//! is written first.

mod breaker;
mod context;
mod fallback;
mod limits;
mod plan;
mod retry;

use proc_macro2::TokenStream;

pub(super) use self::context::LayerContext;
pub(super) use self::plan::StackPlan;
use crate::args::LayerArgs;

/// Writes all layers, with the attempt inside.
pub(super) fn write(context: &LayerContext<'_>) -> TokenStream {
    let body = context.stack.layers().len();
    let mut code = limits::surround(context, body, limits::attempt(context, body));
    for at in (0..body).rev() {
        code = match context.stack.get(at) {
            // The retry directly above also writes this breaker.
            Some(LayerArgs::Breaker(_)) if context.breaker_of_retry(at).is_some() => continue,
            Some(LayerArgs::Timeout(args)) => limits::timeout(context, at, args, code),
            Some(LayerArgs::Retry(args)) => {
                let breaker = context.breaker_of_retry(at + 1);
                let below = if breaker.is_some() { at + 2 } else { at + 1 };
                let below = limits::statements(context, below, code);
                limits::Code::Statements(retry::write(context, at, args, breaker, &below))
            }
            Some(LayerArgs::Breaker(args)) => {
                let below = limits::statements(context, at + 1, code);
                limits::Code::Statements(breaker::write(context, at, args, &below))
            }
            Some(LayerArgs::Fallback(args)) => {
                let below = limits::statements(context, at + 1, code);
                limits::Code::Statements(fallback::write(context, at, args, &below))
            }
            None => code,
        };
        code = limits::surround(context, at, code);
    }
    limits::statements(context, 0, code)
}
