//! The calls that wait for one circuit, and the choice of the calls that a change wakes (R9).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::waiter::Waiter;
use crate::breaker::machine::Machine;
use crate::signal::CircuitState;

/// The waiting calls, under the breaker's lock. Nearly always no call waits, and the list then
/// takes no memory.
#[derive(Debug, Default)]
pub(super) struct Waiters(Option<Box<Listed>>);

#[derive(Debug)]
struct Listed {
    /// The waiting calls in the order of their arrival.
    calls: BTreeMap<u64, Arc<Waiter>>,
    /// The generation and the end of the present state, which every listed call has read. If one of
    /// them changes, the calls must be woken.
    known: Opening,
    offered: Offered,
}

/// How many of the free probe slots of a generation have a woken call, which asks for its slot
/// soon. No other call is woken for such a slot.
#[derive(Debug)]
struct Offered {
    generation: u64,
    slots: usize,
}

/// A generation, and when the time of its state ends.
type Opening = (u64, Option<Instant>);

fn opening(machine: &Machine) -> Opening {
    (machine.generation(), machine.period().and_then(|(_, end)| end))
}

impl Waiters {
    pub(super) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |listed| listed.calls.len())
    }

    /// Adds a call, and returns its place in the list. The call must have read the end of the
    /// present state.
    pub(super) fn add(&mut self, waiter: Arc<Waiter>, machine: &Machine) -> u64 {
        let known = opening(machine);
        let offered = Offered { generation: machine.generation(), slots: 0 };
        let listed = self
            .0
            .get_or_insert_with(|| Box::new(Listed { calls: BTreeMap::new(), known, offered }));
        listed.known = known;
        let place = listed.calls.last_key_value().map_or(0, |(last, _)| last.wrapping_add(1));
        listed.calls.insert(place, waiter);
        place
    }

    /// Removes a call. Returns `false` if the call was woken before.
    pub(super) fn remove(&mut self, place: u64, waiter: &Arc<Waiter>) -> bool {
        let Some(listed) = &mut self.0 else { return false };
        let is_listed = listed.calls.get(&place).is_some_and(|it| Arc::ptr_eq(it, waiter));
        if is_listed {
            listed.calls.remove(&place);
            if listed.calls.is_empty() {
                self.0 = None;
            }
        }
        is_listed
    }

    /// Makes the slot of a woken call that was cancelled free for another waiting call.
    pub(super) fn return_slot(&mut self) {
        if let Some(listed) = &mut self.0 {
            listed.offered.slots = listed.offered.slots.saturating_sub(1);
        }
    }

    // R9
    /// Removes and returns the calls that must be woken. If the circuit is half-open, these are the
    /// earliest calls, one for each free slot that has no woken call yet. If it is open or forced
    /// open, these are all calls if its end has changed, and otherwise no calls. In other states,
    /// these are all calls. The caller wakes them without the lock.
    pub(super) fn take_called(&mut self, machine: &Machine) -> Vec<Arc<Waiter>> {
        let Some(listed) = &mut self.0 else { return Vec::new() };
        let called = match machine.entered() {
            CircuitState::HalfOpen => {
                let now = Offered { generation: machine.generation(), slots: machine.free_slots() };
                let before = std::mem::replace(&mut listed.offered, now);
                let is_same = before.generation == machine.generation();
                let offered = if is_same { before.slots } else { 0 };
                machine.free_slots().saturating_sub(offered).min(listed.calls.len())
            }
            CircuitState::Open | CircuitState::ForcedOpen if listed.known == opening(machine) => 0,
            _ => listed.calls.len(),
        };
        let calls = std::iter::from_fn(|| listed.calls.pop_first());
        let called: Vec<_> = calls.take(called).map(|(_, waiter)| waiter).collect();
        if listed.calls.is_empty() {
            self.0 = None;
        }
        called
    }
}

pub(super) fn wake(called: &[Arc<Waiter>]) {
    for waiter in called {
        waiter.wake();
    }
}
