//! The state machine of one breaker: it uses no threads and reads no clock.

mod call;
mod cause;
mod details;
mod history;
mod log;
mod operator;
mod overdue;
mod period;
mod phase;
mod probes;
mod queries;
mod state_machine;
#[cfg(test)]
mod tests;
mod ticket_marks;

pub(in crate::breaker) use self::call::{
    CallEnd, Counted, Ending, GENERATION_STEP, Rejection, Stamp, SuccessHandling, Ticket,
    next_generation,
};
use self::cause::Cause;
use self::log::Log;
use self::period::Period;
use self::phase::{Length, Phase};
use self::probes::{Decision, Round};
pub(in crate::breaker) use self::state_machine::Machine;
