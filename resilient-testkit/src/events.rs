//! The events that listeners receive.

use std::sync::{Arc, Mutex};

use resilient::CircuitBreaker;
use resilient::breaker::{CircuitState, Transition};
use resilient::events::{Event, EventKind};

/// The events that a listener received.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    /// Receives all events of this breaker from now on.
    pub fn from(breaker: &CircuitBreaker) -> Self {
        let heard = Self::default();
        breaker.on_event(heard.listener());
        heard
    }

    /// A listener to subscribe anywhere.
    pub fn listener(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let heard = Arc::clone(&self.0);
        move |event| heard.lock().unwrap().push(event.clone())
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// All transitions so far.
    pub fn transitions(&self) -> Vec<Transition> {
        let events = self.events();
        events
            .iter()
            .filter_map(|event| match event.kind() {
                EventKind::Transition(transition) => Some(*transition),
                _ => None,
            })
            .collect()
    }

    /// The states that each transition left and entered.
    pub fn steps(&self) -> Vec<(CircuitState, CircuitState)> {
        let transitions = self.transitions();
        transitions.iter().map(|step| (step.from, step.to)).collect()
    }

    /// The states that each transition left and entered. Clears the list.
    pub fn take_steps(&self) -> Vec<(CircuitState, CircuitState)> {
        let steps = self.steps();
        self.0.lock().unwrap().clear();
        steps
    }

    /// How many events are of a kind.
    pub fn count(&self, is_counted: impl Fn(&EventKind) -> bool) -> usize {
        let events = self.events();
        events.iter().filter(|event| is_counted(event.kind())).count()
    }
}
