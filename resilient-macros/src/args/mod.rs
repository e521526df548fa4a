//! Parses the arguments of the attributes, one file for each attribute, and checks the rules for
//! literal arguments. Nothing here writes code.

mod bare_value;
mod circuit_breaker;
mod fallback;
mod fallback_kind;
mod handed_down;
mod key_values;
mod keys;
mod kind;
mod literal_forms;
mod misplaced;
mod names;
mod pairs;
mod pattern;
mod retry;
mod retry_values;
mod setting;
mod settings;
mod stack;
mod timeout;
mod unknown_key;
mod value_form;
mod value_tokens;
mod words;

pub(crate) use circuit_breaker::BreakerArgs;
pub(crate) use fallback::{FallbackArgs, FallbackReplacement};
pub(crate) use fallback_kind::FallbackKind;
pub(crate) use handed_down::OuterAttribute;
pub(crate) use kind::AttributeKind;
pub(crate) use names::runtime_path;
pub(crate) use pattern::{MatchedWith, bound_by_reference, matched_with};
pub(crate) use retry::RetryArgs;
pub(crate) use retry_values::{BudgetArgument, LimitArgument};
pub(crate) use setting::SettingValue;
pub(crate) use settings::GivenSettings;
pub(crate) use stack::{LayerArgs, LayerStack, runtime};
pub(crate) use timeout::TimeoutArgs;
