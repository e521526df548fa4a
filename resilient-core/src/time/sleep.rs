//! Blocking sleep, and the hook with which tests skip sleeps.

use std::time::Duration;

#[cfg(feature = "test-util")]
static SKIP: std::sync::OnceLock<fn(Duration) -> bool> = std::sync::OnceLock::new();

/// Installs the hook of test scopes. The hook returns whether the present thread skips a sleep.
#[cfg(feature = "test-util")]
pub(crate) fn install_skip(hook: fn(Duration) -> bool) {
    SKIP.get_or_init(|| hook);
}

/// Returns whether a test skips this sleep.
pub(super) fn is_skipped(delay: Duration) -> bool {
    #[cfg(feature = "test-util")]
    if let Some(skips) = SKIP.get() {
        return skips(delay);
    }
    let _ = delay;
    false
}

/// Sleeps by blocking the thread.
pub(crate) fn sleep_blocking(delay: Duration) {
    if begins_blocking(delay) {
        std::thread::sleep(delay);
    }
}

// R13
/// Returns whether the thread has to block for `delay`: `false` if the delay is zero or a test
/// skips it. A blocked thread of an async runtime stops every task of that thread, so the first
/// such sleep of the process is logged as a warning.
pub(crate) fn begins_blocking(delay: Duration) -> bool {
    if delay.is_zero() || is_skipped(delay) {
        return false;
    }
    #[cfg(feature = "tokio")]
    if tokio::runtime::Handle::try_current().is_ok() {
        static WARNED: std::sync::Once = std::sync::Once::new();
        WARNED.call_once(crate::telemetry::blocks_a_runtime);
    }
    true
}
