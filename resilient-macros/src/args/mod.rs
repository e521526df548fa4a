//! The arguments of the attributes: their grammar, and the rules that literals must keep.

mod breaker_rules;
mod circuit_breaker;
mod duration;
mod fallback;
mod given;
mod number;
mod outer;
mod pairs;
mod path;
mod retry;
mod retry_rules;
mod setting;
#[cfg(test)]
mod soup;
mod suggest;
mod timeout;
mod window;
mod window_rules;
mod word;

pub(crate) use circuit_breaker::{Abandoned, BreakerArgs};
pub(crate) use fallback::{FallbackArgs, Replacement};
pub(crate) use outer::{Kind, Outer};
pub(crate) use retry::{Backoff, Budget, Jitter, Kept, Nested, RetryArgs, TimeLimit, WhenOpen};
pub(crate) use setting::Setting;
#[cfg(test)]
pub(crate) use soup::Soup;
pub(crate) use timeout::TimeoutArgs;
pub(crate) use window::Window;
