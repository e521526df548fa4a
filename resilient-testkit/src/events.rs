//! Collects the events that listeners receive.

use std::sync::{Arc, Mutex};

use resilient::CircuitBreaker;
use resilient::breaker::{CircuitState, Transition};
use resilient::events::{Event, EventKind};

/// The events that a listener received.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    /// Subscribes to a breaker. The list receives all later events of the breaker.
    pub fn from(breaker: &CircuitBreaker) -> Self {
        let heard = Self::default();
        breaker.on_event(heard.listener());
        heard
    }

    /// Returns a listener that adds to this list. It can subscribe to any source of events.
    pub fn listener(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let heard = Arc::clone(&self.0);
        move |event| heard.lock().unwrap().push(event.clone())
    }

    /// Returns all events so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// Returns all transitions so far.
    pub fn transitions(&self) -> Vec<Transition> {
        let events = self.events();
        events
            .iter()
            .filter_map(|event| match event.kind() {
                EventKind::Transition(transition) => Some(transition.clone()),
                _ => None,
            })
            .collect()
    }

    /// Returns the state that each transition left and the state that it entered.
    pub fn steps(&self) -> Vec<(CircuitState, CircuitState)> {
        let transitions = self.transitions();
        transitions.iter().map(|step| (step.from, step.to)).collect()
    }

    /// Clears the list. Returns the state that each transition left and the state that it entered.
    pub fn take_steps(&self) -> Vec<(CircuitState, CircuitState)> {
        let steps = self.steps();
        self.0.lock().unwrap().clear();
        steps
    }

    /// Returns how many events have a kind that `is_counted` accepts.
    pub fn count(&self, is_counted: impl Fn(&EventKind) -> bool) -> usize {
        let events = self.events();
        events.iter().filter(|event| is_counted(event.kind())).count()
    }
}
