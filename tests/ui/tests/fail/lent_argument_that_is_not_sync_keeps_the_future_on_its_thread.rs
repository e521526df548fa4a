//! A documented limit: what the body only borrows is borrowed through the whole attempt; `clone(…)` gives each its own.

use std::cell::Cell;

use resilient::retry;

fn look(cell: &Cell<u32>) -> u32 {
    cell.get()
}

#[retry]
async fn lent(cell: Cell<u32>) -> Option<u32> {
    let n = look(&cell);
    tokio::task::yield_now().await;
    Some(n)
}

#[retry(clone(cell))]
async fn cloned(cell: Cell<u32>) -> Option<u32> {
    let n = look(&cell);
    tokio::task::yield_now().await;
    Some(n)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

fn main() {
    drop(sendable(cloned(Cell::new(1))));
    drop(sendable(lent(Cell::new(1))));
}
