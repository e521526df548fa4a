//! Drops the idle connections of a client when its circuit opens.

use std::sync::{Arc, Weak};

use resilient::CircuitBreaker;
use resilient::breaker::{CircuitState, KeyedBreakers};
use resilient::events::{Event, EventKind, ListenerId};

use super::shutdown::CallGate;

/// A listener of the client's breakers, until it is dropped. When a circuit opens, it drops the
/// idle connections: after a network partition they are dead, and each probe would take one of
/// them.
pub(crate) struct DropIdleOnOpening {
    breakers: ListenedBreakers,
    listener: ListenerId,
}

pub(super) enum ListenedBreakers {
    Keyed(KeyedBreakers<String>),
    Single(CircuitBreaker),
}

impl DropIdleOnOpening {
    pub(super) fn new(breakers: ListenedBreakers, gate: &Arc<CallGate>) -> Self {
        let gate = Arc::downgrade(gate);
        let listen = move |event: &Event| drop_idle(&gate, event);
        let listener = match &breakers {
            ListenedBreakers::Keyed(breakers) => breakers.on_event(listen),
            ListenedBreakers::Single(breaker) => breaker.on_event(listen),
        };
        Self { breakers, listener }
    }
}

fn drop_idle(gate: &Weak<CallGate>, event: &Event) {
    let EventKind::Transition(transition) = event.kind() else { return };
    if !matches!(transition.to, CircuitState::Open | CircuitState::ForcedOpen) {
        return;
    }
    if let Some(transport) = gate.upgrade().and_then(|gate| gate.transport()) {
        transport.drop_idle_connections();
    }
}

impl Drop for DropIdleOnOpening {
    fn drop(&mut self) {
        match &self.breakers {
            ListenedBreakers::Keyed(breakers) => breakers.remove_listener(self.listener),
            ListenedBreakers::Single(breaker) => breaker.remove_listener(self.listener),
        };
    }
}
