//! Blocking sleep, and the hook by which tests skip sleeps.

use std::time::Duration;

/// Whether a test asks for this sleep to be skipped.
pub(super) fn is_skipped(delay: Duration) -> bool {
    #[cfg(feature = "test-util")]
    {
        crate::testing::skips(delay)
    }
    #[cfg(not(feature = "test-util"))]
    {
        let _ = delay;
        false
    }
}

/// Sleeps by blocking the thread. On a thread of an async runtime this stops every task there, so
/// the first such sleep of the process is logged as a warning.
pub(crate) fn sleep_blocking(delay: Duration) {
    if delay.is_zero() || is_skipped(delay) {
        return;
    }
    #[cfg(feature = "tokio")]
    if tokio::runtime::Handle::try_current().is_ok() {
        static WARNED: std::sync::Once = std::sync::Once::new();
        WARNED.call_once(crate::telemetry::blocks_a_runtime);
    }
    std::thread::sleep(delay);
}
