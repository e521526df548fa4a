//! B19: counts the calls that have been in flight for at least `slow_call`, without a lock on the
//! path of a fast call.
//!
//! # How calls are counted
//!
//! Time is divided into slices of a power of two of nanoseconds: between a sixteenth and an eighth
//! of `slow_call`, but at least 16 µs. Each stripe has a ring of 32 counters. A counter stores the
//! number of its slice, and counts the calls that began in this slice: the start of a call adds
//! one, and the end subtracts one. A thread changes only counters of its stripe, so a call that
//! ends on another thread is subtracted in another stripe. The sum of a slice over all stripes is
//! therefore the number of its calls that are in flight. A call counts as overdue when the whole
//! slice in which it began is at least `slow_call` old. So the breaker notices an overdue call
//! never too early, and less than a slice too late.
//!
//! After 32 slices, a counter is used again for a new slice. Its old slice has then long been
//! overdue. If its count is zero, the thread that owns the counter takes it over without a lock.
//! Otherwise the thread takes the breaker's lock, and first adds the count to
//! [`Watch::carried`](watch_state::Watch). If a call ends when its counter already belongs to
//! another slice, the end is subtracted from `carried`. So no count is lost, and only the owner of
//! a stripe writes its counters.
//!
//! # How counts are cleared
//!
//! A watch counts the calls under one value of `slow_call`; when the setting changes, a new watch
//! begins. A counter also stores low bits of the generation and the number of the watch. A counter
//! of another generation or watch is ignored, and can be taken over. So a transition clears all
//! counters without writing them. The ticket of a call has the number of its watch, so that the end
//! of an older call does not change a newer counter.
//!
//! # Memory ordering
//!
//! Counters are written with `Release` and read with `Acquire`, so that a sum that includes the end
//! of a call also includes its start. Each change of a counter depends only on the value of this
//! counter, so no other order matters.

mod counter;
mod watch_state;
mod watched_calls;

pub(super) use self::watch_state::Watch;
pub(super) use self::watched_calls::WatchedCalls;
