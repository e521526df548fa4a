//! The concurrent shell around the state machine: a state word, a lock, and events.

mod admission;
mod commit;
mod guarded;
#[cfg(any(loom, shuttle))]
mod hand_over;
mod mirror;
mod parts;
mod queries;
mod rejections;
mod report;
mod response_head;
mod running_probes;
mod setup;
mod shared_breaker;
mod stamp_clock;
mod state_word;
mod striped_counters;
mod subscribers;
mod thread_stripe;
mod waiter;
mod waiters;
mod waiting;
mod watch;
mod watching;

use self::guarded::GuardedState;
#[cfg(any(loom, shuttle))]
pub use self::hand_over::HandOver;
use self::mirror::Mirror;
use self::parts::BreakerParts;
use self::rejections::OtherRejections;
pub(crate) use self::running_probes::EnteredCall;
pub(crate) use self::setup::{LiveSettings, Setup, StartIn};
pub(crate) use self::shared_breaker::SharedBreaker;
use self::stamp_clock::StampClock;
use self::state_word::{Kind, Published, StateWord};
use self::striped_counters::{Deferred, PendingSuccesses, StripedCounters};
use self::subscribers::Subscribers;
#[cfg(any(loom, shuttle))]
pub use self::thread_stripe::own_stripe;
pub(in crate::breaker) use self::waiter::Waiter;
use self::waiters::Waiters;
use self::watch::{Watch, WatchedCalls};
