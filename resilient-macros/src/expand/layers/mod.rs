//! The layers around an attempt, one file each. A layer is statements that end in an output; it
//! contains the layers below it, so they are written from the innermost outwards.

mod breaker;
mod fallback;
mod limits;
mod nest;
mod plan;
mod retry;

use proc_macro2::TokenStream;

pub(super) use self::nest::LayerContext;
pub(super) use self::plan::StackPlan;
use crate::args::LayerArgs;

/// Writes all layers with the attempt inside.
pub(super) fn write(nest: &LayerContext<'_>) -> TokenStream {
    let body = nest.stack.layers().len();
    let mut code = limits::surround(nest, body, limits::attempt(nest, body));
    for at in (0..body).rev() {
        code = match nest.stack.get(at) {
            // The retry right above writes the breaker, too.
            Some(LayerArgs::Breaker(_)) if nest.breaker_of_retry(at).is_some() => continue,
            Some(LayerArgs::Timeout(args)) => limits::timeout(nest, at, args, code),
            Some(LayerArgs::Retry(args)) => {
                let breaker = nest.breaker_of_retry(at + 1);
                let below = if breaker.is_some() { at + 2 } else { at + 1 };
                let below = limits::statements(nest, below, code);
                limits::Code::Statements(retry::write(nest, at, args, breaker, &below))
            }
            Some(LayerArgs::Breaker(args)) => {
                let below = limits::statements(nest, at + 1, code);
                limits::Code::Statements(breaker::write(nest, at, args, &below))
            }
            Some(LayerArgs::Fallback(args)) => {
                let below = limits::statements(nest, at + 1, code);
                limits::Code::Statements(fallback::write(nest, at, args, &below))
            }
            None => code,
        };
        code = limits::surround(nest, at, code);
    }
    limits::statements(nest, 0, code)
}
