//! The last transitions, in a compact form, since every breaker stores them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::details::Details;
use crate::signal::{CircuitState, Opening, OperatorNote, Transition, TransitionReason};
use crate::time::nanos_between;

/// The number of transitions that a breaker stores.
pub(in crate::breaker) const HISTORY: usize = 32;

/// The last transitions. Instants are exact to the nanosecond within 292 years of the breaker's
/// epoch; the times that states last are exact up to 584 years.
#[derive(Debug)]
pub(super) struct History {
    /// The state before the oldest step. A step stores only its new state; its old state is the new
    /// state of the step before it.
    first: CircuitState,
    /// The number of newest steps that have not been fetched.
    unfetched: u32,
    steps: VecDeque<Step>,
    notes: Details<OperatorNote>,
    openings: Details<Opening>,
}

#[derive(Debug, Clone, Copy)]
#[repr(Rust, packed(2))]
struct Step {
    /// The time of the transition, in nanoseconds since the epoch. It is negative if the clock went
    /// back beyond the epoch.
    at: i64,
    /// How long `to` lasts, in nanoseconds, or `u64::MAX` if it has no end.
    lasts: u64,
    to: CircuitState,
    reason: TransitionReason,
}

impl Step {
    fn lasts(time: Option<Duration>) -> u64 {
        time.map_or(u64::MAX, |time| {
            u64::try_from(time.as_nanos()).map_or(u64::MAX - 1, |nanos| nanos.min(u64::MAX - 1))
        })
    }
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            first: CircuitState::Closed,
            unfetched: 0,
            steps: VecDeque::new(),
            notes: Details::NONE,
            openings: Details::NONE,
        }
    }

    pub(super) fn push(&mut self, transition: Transition, epoch: Instant) {
        if self.steps.len() == HISTORY {
            if let Some(oldest) = self.steps.pop_front() {
                self.first = oldest.to;
                self.notes.drop_oldest_step();
                self.openings.drop_oldest_step();
            }
        }
        if !transition.note.is_empty() {
            self.notes.push(self.steps.len(), transition.note);
        }
        if let Some(opening) = transition.opening {
            self.openings.push(self.steps.len(), opening);
        }
        // At least one of `after` and `before` is zero, since a negative difference becomes zero.
        let (after, before) =
            (nanos_between(epoch, transition.at), nanos_between(transition.at, epoch));
        let signed = |nanos| i64::try_from(nanos).unwrap_or(i64::MAX);
        self.steps.push_back(Step {
            at: signed(after) - signed(before),
            lasts: Step::lasts(transition.lasts),
            to: transition.to,
            reason: transition.reason,
        });
        self.unfetched = self.unfetched.saturating_add(1);
    }

    /// Changes the length of the present state, which the newest step entered, after its end has
    /// changed. The length counts from that step, or from `since` if `since` is earlier because the
    /// clock was set back.
    pub(super) fn correct_end(&mut self, since: Instant, end: Option<Instant>, epoch: Instant) {
        if let Some(newest) = self.steps.back_mut() {
            let since = since.min(instant(newest.at, epoch));
            newest.lasts = Step::lasts(end.map(|end| end.saturating_duration_since(since)));
        }
    }

    /// Removes the texts about errors, because `remember_errors` was switched off.
    pub(super) fn forget_texts(&mut self) {
        for opening in self.openings.iter_mut() {
            *opening = opening.without_text();
        }
    }

    pub(super) fn has_unfetched(&self) -> bool {
        self.unfetched > 0
    }

    /// Returns the transitions since the last call of this function, oldest first.
    pub(super) fn fetch(&mut self, epoch: Instant) -> impl Iterator<Item = Transition> + '_ {
        let unfetched = usize::try_from(std::mem::take(&mut self.unfetched));
        let seen = self.steps.len().saturating_sub(unfetched.unwrap_or(HISTORY));
        self.iter(epoch).skip(seen)
    }

    /// Returns the transitions, oldest first.
    pub(super) fn iter(&self, epoch: Instant) -> impl Iterator<Item = Transition> + '_ {
        let mut from = self.first;
        self.steps.iter().enumerate().map(move |(index, step)| Transition {
            at: instant(step.at, epoch),
            from: std::mem::replace(&mut from, step.to),
            to: step.to,
            reason: step.reason,
            lasts: match step.lasts {
                u64::MAX => None,
                nanos => Some(Duration::from_nanos(nanos)),
            },
            note: self.notes.of(index).cloned().unwrap_or_default(),
            opening: self.openings.of(index).cloned(),
        })
    }
}

fn instant(at: i64, epoch: Instant) -> Instant {
    let distance = Duration::from_nanos(at.unsigned_abs());
    let instant = if at < 0 { epoch.checked_sub(distance) } else { epoch.checked_add(distance) };
    instant.unwrap_or(epoch)
}
