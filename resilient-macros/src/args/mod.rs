//! The grammar of the attributes: one file each, and the rules that literal arguments must keep.
//! Nothing here writes code.

mod breaker_rules;
mod circuit_breaker;
mod duration;
mod fallback;
mod fallback_kind;
mod handed_down;
mod key_values;
mod keys;
mod kind;
mod names;
mod number;
mod pairs;
mod retry;
mod retry_values;
mod setting;
mod settings;
mod stack;
mod suggest;
mod timeout;
mod unknown_key;
mod value_form;
mod window;
mod window_rules;
mod words;

pub(crate) use circuit_breaker::BreakerArgs;
pub(crate) use fallback::{FallbackArgs, Replacement};
pub(crate) use fallback_kind::FallbackKind;
pub(crate) use handed_down::OuterAttribute;
pub(crate) use kind::AttributeKind;
pub(crate) use retry::RetryArgs;
pub(crate) use retry_values::{
    Backoff, BudgetArgument, ErrorsKept, Jitter, LimitArgument, NestedMode,
};
pub(crate) use setting::{Literal, Setting};
pub(crate) use settings::Settings;
pub(crate) use stack::{LayerArgs, Stack, runtime};
pub(crate) use timeout::TimeoutArgs;
