//! What the body keeps over an `.await` is the reason, not what the expansion keeps.

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
