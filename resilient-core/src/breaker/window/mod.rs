//! The window of a breaker, and the conditions that open the circuit.

mod conditions;
mod count;
mod health;
mod streak;
mod tally;
mod time;

pub(in crate::breaker) use self::health::{Health, Until};
pub(in crate::breaker) use self::tally::Call;
