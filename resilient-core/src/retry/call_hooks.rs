//! The gate and the hook of a [`RetryCall`](super::RetryCall).
//!
//! They are a type parameter of the call. A call without them stays `Sync` and unwind safe, and its
//! loop has no code for them.

use super::attempt::GiveUpEvent;
use super::attempt_gate::AttemptGate;

/// The gate and the hook of a call: none, or those that the caller gave.
pub trait CallHooks<'a, O> {
    /// Returns the hooks in the form to which a gate or a hook can be added.
    fn given(self) -> GivenHooks<'a, O>;

    /// Returns the gate, if there is one.
    fn gate(&mut self) -> Option<&mut (dyn AttemptGate<O> + 'a)>;

    /// Calls the hook at the end of a failed call, if there is one. `event` makes the event.
    fn give_up<'e>(&self, event: impl FnOnce() -> GiveUpEvent<'e, O>)
    where
        O: 'e;
}

/// Neither a gate nor a hook.
#[derive(Debug, Clone, Copy)]
pub struct NoHooks;

/// The gate and the hook that the caller gave.
pub struct GivenHooks<'a, O> {
    pub(super) gate: Option<&'a mut (dyn AttemptGate<O> + 'a)>,
    pub(super) on_give_up: Option<&'a GiveUpHook<'a, O>>,
}

/// A hook that a failed call calls at its end.
pub(super) type GiveUpHook<'a, O> = dyn Fn(&GiveUpEvent<'_, O>) + Sync + 'a;

impl<'a, O> CallHooks<'a, O> for NoHooks {
    fn given(self) -> GivenHooks<'a, O> {
        GivenHooks { gate: None, on_give_up: None }
    }

    fn gate(&mut self) -> Option<&mut (dyn AttemptGate<O> + 'a)> {
        None
    }

    fn give_up<'e>(&self, _: impl FnOnce() -> GiveUpEvent<'e, O>)
    where
        O: 'e,
    {
    }
}

impl<'a, O> CallHooks<'a, O> for GivenHooks<'a, O> {
    fn given(self) -> Self {
        self
    }

    fn gate(&mut self) -> Option<&mut (dyn AttemptGate<O> + 'a)> {
        match &mut self.gate {
            Some(gate) => Some(&mut **gate),
            None => None,
        }
    }

    fn give_up<'e>(&self, event: impl FnOnce() -> GiveUpEvent<'e, O>)
    where
        O: 'e,
    {
        if let Some(hook) = self.on_give_up {
            hook(&event());
        }
    }
}

impl<O> std::fmt::Debug for GivenHooks<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GivenHooks")
            .field("gate", &self.gate.is_some())
            .field("on_give_up", &self.on_give_up.is_some())
            .finish()
    }
}
