//! Circuit breakers: stop calling a dependency that is down, and notice when it is back.
//!
//! A [`CircuitBreaker`] is a cheap handle; clones share one breaker. The rules are a state machine that knows no thread and
//! no clock (`machine`); around it stand a lock for everything rare and one atomic word for what happens on every healthy
//! call (`core`, `word`).
//!
//! # States
//!
//! ```text
//!          a condition is met          the recovery time is over, and a call comes
//! Closed ─────────────────────▶ Open ────────────────────────────────────────────▶ HalfOpen
//!   ▲                             ▲                                                 │    │
//!   │                             └───────── a probe too many fails, or is slow ────┘    │
//!   └──────────────────────────────────── enough probes succeed ─────────────────────────┘
//!
//! by hand, or by an operator's override:
//!
//!   any state ── force_open ───▶ ForcedOpen ───┐
//!   any state ── disable ──────▶ Disabled ─────┼── close ──▶ Closed
//!   any state ── observe_only ─▶ ObserveOnly ──┘
//! ```
//!
//! Every step that there is, with its [`TransitionReason`] in brackets; those without one are by hand ([`TransitionReason::Manual`]):
//!
//! | from | to `Closed` | to `Open` | to `HalfOpen` |
//! |---|---|---|---|
//! | `Closed` | `close`: begins anew, no event | a condition (`FailureThreshold`, `FailureCount`, `FailureRate`, `SlowCallRate`); `trip`, `trip_for` | refused |
//! | `Open` | `close` | `trip_for` moves its end, no event | the next call at or after the end (`RecoveryTime`); `half_open` |
//! | `HalfOpen` | enough probes (`ProbesSucceeded`); `close` | a probe too many (`ProbeFailed`, `ProbeSlow`); `trip`, `trip_for` | – |
//! | `ForcedOpen` | `close` | refused | `half_open` |
//! | `Disabled` | `close` | refused | refused |
//! | `ObserveOnly` | `close` | refused; where a condition is met, it is told ([`WouldOpen`](crate::EventKind::WouldOpen)) | refused |
//!
//! `force_open`, `disable` and `observe_only` lead from every state to theirs, and change nothing there. An override's mode
//! does the same when it is set; taken back, it closes, unless the state was changed by hand since. `trip` on an open
//! breaker does nothing, unless it is due for a probe: then it opens anew.
//!
//! Every change of state begins a new generation, with an empty streak and window. A call belongs to the generation that
//! admitted it; what ends in a later one is counted as late, and moves nothing.
//!
//! # What a call costs
//!
//! | | lock | clock | allocations |
//! |---|---|---|---|
//! | admission by a closed, disabled or observing breaker | none | once, if `slow_call` is set | none |
//! | a success, with no window or one of calls | none, but see below | once more, if `slow_call` is set | none |
//! | a success, with a window of time | one for each bucket and thread | once | none |
//! | a failure that opens nothing | one | none; once with `slow_call`, a window of time or a clock of your own | none |
//! | a rejection by an open circuit | none | once | none |
//!
//! A success is added to a count that its thread owns, which a window learns of when the lock is next taken: successes only
//! lower rates, so that nothing has to be decided at once. It takes the lock where it does decide something: the first after a
//! failure with no window, and with one, those until a rate is trusted while a failure is on record. Every 64th that is left
//! takes it, too, and may find that the window holds nothing else any more. Beyond eight threads that make calls, the others
//! share one count, and take the lock for what a window must learn, until one of the eight ends and its place is theirs.
//!
//! Under a breaker's lock no foreign code ever runs.
//!
//! # Memory ordering
//!
//! What happens under the breaker's lock is in one order: failures, successes that decide something, probes, everything by
//! hand, snapshots. Each of them happens before the next, with all that its thread did before. The rest follows from one
//! word that is written under the lock (release) and read without it (acquire):
//!
//! - **An admission** by a closed, disabled or observing breaker is ordered after the step into that state. Who repairs a
//!   connection and then closes the circuit need not fear that an admitted call sees the broken one. An admitted probe is
//!   ordered after the failure that opened the circuit, and calls after the closing after the probes that closed it.
//! - **A report** that goes through the lock is ordered before all that goes through it later: the failure that opens a circuit
//!   happens before every rejection that it causes. A success that decides nothing is only counted, and publishes nothing: a
//!   breaker is no channel between two healthy calls. Who has heard of it by other means, though, finds it counted: a
//!   failure after it is in a window that holds it. One that ends while its generation does counts in the totals only.
//! - **A listener** is called after what it is told of, and after the listeners of the breaker's earlier events have returned.
//!   It runs on one thread at a time, not always the one whose call caused the event: so that call may return before.
//! - **A snapshot** sees all that went through the lock before, as a whole. Of the successes that were only counted it sees
//!   those that happened before it; one that ends at the same time on another thread may be missing, until the next.
//!
//! # Cancel safety
//!
//! Whatever is dropped, and when, leaves nothing behind:
//!
//! - A future of [`CircuitBreaker::call`], or of an annotated function, can be dropped at every await point. The operation is
//!   dropped, and the call counts as abandoned; see [`AbandonedOutcome`] for what that says. Nothing is admitted before it is first
//!   polled.
//! - A [`Permit`] that is dropped gives its probe slot back. So do `?`, an early return, a panic and the end of a runtime, which
//!   all drop it. One that is leaked (`mem::forget`) keeps the slot until [`probe_timeout`](BreakerConfigBuilder::probe_timeout).
//! - A [`Subscription`] keeps the events that a dropped [`next`](Subscription::next) would have returned.
//!
//! Nothing else here awaits anything.

mod config;
mod handle;
mod machine;
mod permit;
pub(crate) mod shared;
mod window;

pub use self::config::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, Window};
pub use self::handle::CircuitBreaker;
pub use self::permit::Permit;
#[cfg(any(loom, shuttle))]
pub use self::shared::{HandOver, own_stripe};
pub use crate::signal::{
    BreakerSnapshot, CallCounts, CircuitOpen, CircuitState, FromCircuitOpen, OperatorMode,
    RejectedOutput, TimeInState, Transition, TransitionCounts, TransitionError, TransitionReason,
    WindowCounts,
};
