//! The future of an annotated function is `Send` and `'static` if the arguments and the body are.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use resilient::{circuit_breaker, retry};

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry(max_retries = 1, base_delay = "0s")]
#[circuit_breaker]
async fn not_sync(cell: Cell<u32>, state: RefCell<Vec<u32>>) -> Option<u32> {
    tokio::task::yield_now().await;
    state.borrow_mut().push(cell.get());
    Some(cell.get())
}

#[circuit_breaker(order = explicit)]
#[retry]
async fn generic<T: Send + Clone>(value: T) -> Option<T> {
    tokio::task::yield_now().await;
    Some(value)
}

#[retry(max_retries = 1, base_delay = "1ms")]
async fn on_one_thread(value: Rc<u32>) -> Option<Rc<u32>> {
    tokio::task::yield_now().await;
    Some(value)
}

#[retry]
async fn lives_forever(text: String, shared: Arc<u32>) -> Option<usize> {
    tokio::task::yield_now().await;
    Some(text.len() + *shared as usize)
}

#[tokio::test]
async fn runs() {
    assert_eq!(sendable(not_sync(Cell::new(1), RefCell::default())).await, Some(1));
    assert_eq!(sendable(generic(2)).await, Some(2));
    assert_eq!(on_one_thread(Rc::new(3)).await.as_deref(), Some(&3));
    let spawned = tokio::spawn(lives_forever("four".into(), Arc::new(1)));
    assert_eq!(spawned.await.unwrap(), Some(5));
}
