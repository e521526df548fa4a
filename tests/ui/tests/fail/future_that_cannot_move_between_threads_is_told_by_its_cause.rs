//! If the future is not `Send`, the message names the variable that is held across `.await`.

use std::rc::Rc;

use resilient::retry;

#[retry]
async fn call() -> Option<u32> {
    let kept = Rc::new(1);
    std::future::ready(()).await;
    Some(*kept)
}

fn sendable<F: Future + Send>(_: F) {}

fn main() {
    sendable(call());
}
