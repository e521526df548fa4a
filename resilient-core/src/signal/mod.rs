//! The types that every module shares: outcomes, states, transitions, snapshots, errors and names.
//!
//! Of the other modules of the crate, only `platform` may be used here.

#[macro_use]
mod labels;

mod by_state;
mod call_counts;
mod circuit_open;
mod circuit_state;
mod condition;
mod config_error;
mod debug_fields;
mod error_text;
mod failure_record;
mod getters;
mod manual_change;
mod name;
mod name_pattern;
mod opening;
mod operator_note;
mod outcome;
mod override_table;
mod pattern_map;
mod rejection_counts;
mod rounded_time;
#[cfg(feature = "serde")]
mod serialize;
mod setting_origin;
mod settings_in_force;
mod snapshot;
mod snapshot_text;
mod source_chain;
mod stop_reason;
mod timed_out;
mod transition;
mod transition_reason;
mod unused_override;

pub use self::by_state::{TimeInState, TransitionCounts};
pub use self::call_counts::CallCounts;
pub(crate) use self::circuit_open::Wait;
pub use self::circuit_open::{CircuitOpen, FromCircuitOpen, RejectedOutput};
pub use self::circuit_state::{CircuitState, OperatorMode};
pub use self::condition::Condition;
pub use self::config_error::ConfigError;
pub(crate) use self::debug_fields::debug_fields;
pub use self::error_text::ErrorText;
pub(crate) use self::failure_record::FailureLog;
pub use self::failure_record::FailureRecord;
pub(crate) use self::getters::getters;
pub use self::manual_change::ManualChange;
pub(crate) use self::manual_change::{Hold, ManualOperation};
pub(crate) use self::name::Name;
pub(crate) use self::name_pattern::NamePattern;
pub use self::opening::Opening;
pub use self::operator_note::OperatorNote;
pub(crate) use self::outcome::every_failure;
pub use self::outcome::{Classification, Classify, Fallible, Outcome};
pub use self::override_table::{OverrideTable, OverrideTarget};
pub(crate) use self::pattern_map::PatternMap;
pub use self::rejection_counts::RejectionCounts;
pub(crate) use self::rounded_time::RoundedTime;
#[cfg(feature = "serde")]
pub(crate) use self::serialize::seconds;
pub use self::setting_origin::SettingOrigin;
pub(crate) use self::setting_origin::SettingOrigins;
pub use self::settings_in_force::{
    ChangedSetting, SettingInForce, SettingsChange, SettingsInForce,
};
pub(crate) use self::settings_in_force::{NamedValue, SettingValues, given_bits};
pub use self::snapshot::{BreakerSnapshot, WindowCounts};
pub use self::source_chain::error_chain;
pub use self::stop_reason::StopReason;
pub(crate) use self::timed_out::FullTime;
pub use self::timed_out::{FromTimedOut, TimeLimit, TimedOut, TimedOutOutput};
pub use self::transition::{Transition, TransitionError};
pub use self::transition_reason::TransitionReason;
pub use self::unused_override::UnusedOverride;
pub use resilient_settings::Value as SettingValue;
