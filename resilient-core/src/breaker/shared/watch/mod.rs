//! B19: counts the calls that have been in flight for at least `slow_call`, without a lock on the
//! path of a fast call.
//!
//! # How calls are counted
//!
//! Time is divided into slices of a power of two of nanoseconds: between a sixteenth and an eighth
//! of `slow_call`, but at least 16 µs. Each stripe has a ring of 32 counters. A counter holds the
//! number of its slice, and the calls that began in this slice: a start adds one, and an end
//! subtracts one, each in the stripe of the thread that makes it. So the sum of a slice over all
//! stripes is the number of its calls that are in flight. A call is overdue when the whole slice in
//! which it began is at least `slow_call` old. It is thus never noticed too early, and less than a
//! slice too late.
//!
//! A counter is used again for the slice 32 slices later, when its old slice has long been overdue.
//! If its count is then zero, the thread that owns it takes it over without a lock. Otherwise the
//! count is first added to [`Watch::carried`](watch_state::Watch), under the breaker's lock. An end
//! that finds another slice in its counter subtracts there. So no count is lost, and only the owner
//! of a stripe writes its counters.
//!
//! # How counts are cleared
//!
//! A counter also holds low bits of the generation, and the number of the watch. A counter of
//! another generation or watch does not count and can be taken over. So a transition clears all
//! counters without writing them. A new watch begins when `slow_call` changes. The ticket of a call
//! has the number of its watch, so that the end of an older call changes no newer counter.
//!
//! # Memory ordering
//!
//! Counters are written with `Release` and read with `Acquire`, so that a sum that has seen the end
//! of a call has seen its start. A counter alone decides what becomes of it, so no other order
//! matters.

mod counter;
mod watch_state;
mod watched_calls;

pub(super) use self::watch_state::Watch;
pub(super) use self::watched_calls::WatchedCalls;
