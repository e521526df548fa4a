//! Events, listeners that are called with them, and subscriptions that await them.

mod kind;
mod listeners;
mod methods;
mod queue;
mod subscription;

pub use self::kind::{Event, EventKind, EventSource};
pub use self::listeners::ListenerId;
pub(crate) use self::listeners::{Listeners, global_listeners};
pub(crate) use self::methods::event_methods;
pub(crate) use self::queue::EventQueue;
pub use self::subscription::Subscription;
