//! The deadline and the attempt number of the running code, in another task or thread.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::ambient::{Ambient, current};
use crate::signal::debug_fields;

// D4
/// Passes the deadline and the attempt number of this code on to a future, for example to a task
/// that this code spawns. Call it where the deadline holds, not in the task.
///
/// The deadline applies in the future as it does here: to retries and time limits in it, and to
/// [`remaining`](super::remaining). The deadline does not cancel the future: nobody waits for a
/// spawned task, so its author decides. Use [`scope`](super::scope) in the task to cancel it.
///
/// ```
/// use resilient_core::deadline;
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let time = Duration::from_secs(5);
/// let left = deadline::scope(time, async {
///     let task = tokio::spawn(deadline::carry(async { deadline::remaining() }));
///     task.await
/// });
/// assert_eq!(left.await??, Some(time));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn carry<F: Future>(future: F) -> CarriedFuture<F> {
    CarriedFuture { ambient: current(), future }
}

// D4
/// Passes the deadline and the attempt number of this code on to a closure, for example to a thread
/// or to `spawn_blocking`. Call it where the deadline holds, not on the other thread.
///
/// ```
/// use resilient_core::deadline;
/// use std::time::Duration;
///
/// let left = deadline::scope_blocking(Duration::from_secs(5), || {
///     let body = deadline::carry_blocking(deadline::remaining);
///     std::thread::spawn(body).join().unwrap()
/// });
/// assert!(left.is_some());
/// ```
pub fn carry_blocking<R, F: FnOnce() -> R>(body: F) -> impl FnOnce() -> R + use<R, F> {
    let ambient = current();
    move || {
        let _entered = ambient.enter();
        body()
    }
}

pin_project! {
    /// A future with the deadline and the attempt number of other code: see [`carry`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct CarriedFuture<F> {
        ambient: Ambient,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for CarriedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.ambient.enter();
        this.future.poll(cx)
    }
}

debug_fields!(CarriedFuture<F> { ambient });
