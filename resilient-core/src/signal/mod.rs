//! The types that every module shares: outcomes, states, transitions, errors and names.
//!
//! Nothing here uses another module of the crate.

mod circuit_open;
mod circuit_state;
mod config_error;
mod name;
mod operator_mode;
mod outcome;
mod stop_reason;
mod timed_out;
mod transition;

pub(crate) use self::circuit_open::Wait;
pub use self::circuit_open::{CircuitOpen, FromCircuitOpen, RejectedOutput};
pub use self::circuit_state::CircuitState;
pub use self::config_error::ConfigError;
pub(crate) use self::name::Name;
pub use self::operator_mode::OperatorMode;
pub(crate) use self::outcome::every_failure;
pub use self::outcome::{Classification, Classify, Fallible, Outcome};
pub use self::stop_reason::StopReason;
pub use self::timed_out::{FromTimedOut, TimeLimit, TimedOut, TimedOutOutput};
pub use self::transition::{Transition, TransitionError, TransitionReason};
