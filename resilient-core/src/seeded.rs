//! Slips that the tests of model checkers sow, one at a time: proof that each model can fail.
//!
//! In every other build [`seeded`] is `false` at compile time, and nothing of this is in the program.

/// A slip, where a person might make it.
#[cfg_attr(
    not(any(loom, shuttle)),
    expect(unreachable_pub, reason = "only the tests of model checkers name it")
)]
#[cfg_attr(any(loom, shuttle), derive(Debug, Clone, Copy, PartialEq, Eq))]
pub enum Bug {
    /// The word is written after the lock is given back.
    WordWrittenUnlocked,
    /// The word is written where the state changes, and not where only its memory does.
    WordWrittenOnTransitionsOnly,
    /// New settings do not reach the word.
    WordForgottenByReconfigure,
    /// Settings that come late replace newer ones.
    OlderSettingsHold,
    /// A clean success does not look at its generation.
    CleanInAnyGeneration,
    /// The lock does not look at the generation of what is reported.
    ReportOfAnyGeneration,
    /// A window that is not full, but has no failure in it, is taken for clean.
    CleanWhileFilling,
    /// A full window is taken for clean with a failure in it.
    CleanDespiteFailure,
    /// A window of time without a failure is taken for clean.
    CleanOverTime,
    /// A call that comes late turns a window of time back.
    BucketsTurnBack,
    /// A call that took exactly as long as is slow is taken for fast where no lock is needed.
    FastAtTheLimit,
    /// Whether there is a free slot is found out before the lock is taken that the probe is admitted under.
    ProbeSlotCheckedApart,
    /// A dropped probe keeps its slot.
    ProbeSlotKeptOnDrop,
    /// Who delivers events says that it is done before the last one is told.
    DeliveryGivenBackEarly,
    /// Who delivers events says so only after the lock under which it saw none.
    DeliveryGivenBackApart,
    /// The count that threads share is read and written apart.
    SharedCountNotAtomic,
    /// What was left before a failure is learnt of after it, and meets a condition that nobody tests.
    PendingUntested,
    /// What was left for the state machine is not looked for when the lock is taken.
    PendingForgotten,
    /// What was left in a generation that has ended is taken for the present one's.
    PendingOfAnyGenerationKnown,
    /// A success is left for whatever generation is present, not for its own.
    PendingInAnyGeneration,
    /// A thread that ends gives its count back without publishing it.
    SlotGivenBackRelaxed,
    /// A new key is placed without looking whether another thread was first.
    KeyPlacedUnseen,
    /// The breaker of a key is forgotten in whatever state it is.
    OpenKeyForgotten,
    /// What changes for a whole group while its shared breaker is made does not reach that one.
    SharedBreakerLeftBehind,
    /// A closing is counted without publishing the word that says so.
    ClosingCountedRelaxed,
    /// Tokens of a budget are read and written apart.
    BudgetChangedApart,
    /// What fits into a budget is read before the step that fills it.
    BudgetCapacityReadApart,
    /// Whether tokens fit is found out before the step that adds them.
    BudgetFilledBeyond,
    /// A reservation that is dropped keeps its tokens.
    BudgetReservationKeptOnDrop,
}

/// Whether this slip is to be made.
#[cfg(not(any(loom, shuttle)))]
#[inline]
pub(crate) const fn seeded(_: Bug) -> bool {
    false
}

#[cfg(any(loom, shuttle))]
pub(crate) use self::sown::seeded;
#[cfg(any(loom, shuttle))]
pub use self::sown::with_bug;

#[cfg(any(loom, shuttle))]
mod sown {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        /// Of the standard library: the threads of a model are run by the one thread of its test, and other tests by others.
        static SOWN: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    pub(crate) fn seeded(bug: Bug) -> bool {
        SOWN.get() == Some(bug)
    }

    /// Makes the slip in whatever models `run` runs.
    pub fn with_bug<R>(bug: Bug, run: impl FnOnce() -> R) -> R {
        struct Weeded;
        impl Drop for Weeded {
            fn drop(&mut self) {
                SOWN.set(None);
            }
        }
        let _weeded = Weeded;
        SOWN.set(Some(bug));
        run()
    }
}
