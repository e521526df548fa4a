//! The state machine of one breaker, without threads and clocks.

mod call;
mod generation;
mod history;
mod log;
mod operator;
mod phase;
mod probes;
mod queries;
mod state_machine;
#[cfg(test)]
mod tests;

pub(in crate::breaker) use self::call::{Counted, Ending, Rejection, Stamp, Ticket};
pub(in crate::breaker) use self::generation::{GENERATION_STEP, SuccessHandling, next_generation};
use self::log::Log;
use self::phase::{Length, Outage, Phase};
use self::probes::{Decision, Round};
pub(in crate::breaker) use self::state_machine::Machine;
