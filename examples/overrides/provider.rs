//! The dependency: a payment provider that is up or down.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

#[derive(Debug, Default)]
pub(crate) struct Provider {
    is_down: AtomicBool,
}

impl Provider {
    /// Makes the provider available or unavailable. Returns whether the state changed.
    pub(crate) fn set(&self, is_up: bool) -> bool {
        self.is_down.swap(!is_up, Relaxed) == is_up
    }

    // A real provider is called over the network.
    #[allow(clippy::unused_async, reason = "stands in for a call over the network")]
    pub(crate) async fn take(&self, cents: u64) -> Result<u64, Down> {
        if self.is_down.load(Relaxed) { Err(Down) } else { Ok(cents) }
    }
}

/// The provider did not respond.
#[derive(Debug)]
pub(crate) struct Down;

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payment provider is down")
    }
}

impl std::error::Error for Down {}
