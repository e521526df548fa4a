//! The methods of every source of events: breakers, groups of keyed breakers, and registries.

/// Defines `on_event`, `remove_listener` and `subscribe` for a type. `$listeners` is the expression
/// that returns the type's listeners.
macro_rules! event_methods {
    (
        |$self:ident| $listeners:expr;
        $(#[$doc:meta])+ fn on_event;
        $(#[$events:meta])+ fn subscribe;
    ) => {
        $(#[$doc])+
        pub fn on_event(
            &$self,
            listener: impl Fn(&$crate::event::Event) + Send + Sync + 'static,
        ) -> $crate::event::ListenerId {
            $listeners.add(listener)
        }

        /// Removes a listener. Returns `false` if the listener was removed before.
        pub fn remove_listener(&$self, id: $crate::event::ListenerId) -> bool {
            $listeners.remove(id)
        }

        $(#[$events])+
        #[must_use]
        pub fn subscribe(&$self, capacity: usize) -> $crate::event::Subscription {
            $crate::event::Subscription::to($listeners, capacity)
        }
    };
}

pub(crate) use event_methods;
