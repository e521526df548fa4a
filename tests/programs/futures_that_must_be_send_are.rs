//! A future is `Send` if the values that the body holds across an await are `Send`: under a retry,
//! under a breaker, and under both in either order.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn third() -> Option<u32> {
    let n = CALLS.fetch_add(1, SeqCst) + 1;
    (n % 3 == 0).then_some(n)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
#[circuit_breaker(name = "scopes")]
async fn dropped_before(lock: &Mutex<Vec<u32>>, text: &str) -> Option<usize> {
    let length = {
        let local = Rc::new(RefCell::new(text.to_owned()));
        let mut guard = lock.lock().unwrap();
        guard.push(1);
        local.borrow_mut().push('!');
        local.borrow().len()
    };
    tokio::task::yield_now().await;
    third().map(|_| length)
}

#[derive(Clone)]
struct Marker(#[allow(dead_code)] PhantomData<Cell<()>>);

#[retry]
async fn moved_not_sync(
    cell: Cell<u32>,
    marker: Marker,
    boxed: Arc<Mutex<Box<dyn FnMut() -> u32 + Send>>>,
) -> Option<u32> {
    let n = boxed.lock().unwrap()();
    cell.set(cell.get() + n);
    tokio::task::yield_now().await;
    let _marker = marker;
    third().map(|_| cell.get())
}

#[circuit_breaker(name = "exclusive, send", order = explicit)]
#[retry]
async fn exclusive_not_sync(cell: &mut Cell<u32>, list: &mut Vec<Cell<u32>>) -> Option<usize> {
    cell.set(cell.get() + 1);
    tokio::task::yield_now().await;
    list.push(cell.clone());
    third().map(|_| list.len())
}

#[circuit_breaker(name = "once, send")]
async fn once(not_clone: Box<dyn FnOnce() -> u32 + Send>, cell: Cell<u32>) -> Option<u32> {
    tokio::task::yield_now().await;
    cell.set(not_clone());
    tokio::task::yield_now().await;
    Some(cell.get())
}

#[retry]
async fn generic<T, F, Fut>(value: T, call: F) -> Option<T>
where
    T: Send + Clone,
    F: Fn(T) -> Fut + Send + Clone,
    Fut: Future<Output = Option<T>> + Send,
{
    tokio::task::yield_now().await;
    let value = call(value).await?;
    third().map(|_| value)
}

struct Client<T> {
    state: T,
    seen: Cell<u32>,
}

impl<T: Send + Clone> Client<T> {
    #[retry]
    #[circuit_breaker]
    async fn exclusive(&mut self) -> Option<T> {
        self.seen.set(self.seen.get() + 1);
        tokio::task::yield_now().await;
        third().map(|_| self.state.clone())
    }

    #[circuit_breaker(order = explicit)]
    #[retry]
    async fn owned(mut self) -> Option<Self> {
        *self.seen.get_mut() += 1;
        tokio::task::yield_now().await;
        third()?;
        Some(self)
    }
}

impl<T: Clone> Clone for Client<T> {
    fn clone(&self) -> Self {
        Client { state: self.state.clone(), seen: self.seen.clone() }
    }
}

/// The output is not `Sync` and borrows from an argument.
#[retry]
#[circuit_breaker(name = "outputs", on_open = |_| unreachable!())]
async fn outputs<'a>(text: &'a str) -> Result<(Cell<u32>, &'a str), (Cell<u32>, &'a str)> {
    tokio::task::yield_now().await;
    match third() {
        Some(n) => Ok((Cell::new(n), text)),
        None => Err((Cell::new(0), text)),
    }
}

trait Node: Send + Sync {
    fn visit<'a>(&'a self, log: &'a mut Vec<&'a str>)
    -> impl Future<Output = Option<usize>> + Send;
}

impl Node for String {
    #[retry]
    #[circuit_breaker]
    async fn visit<'a>(&'a self, log: &'a mut Vec<&'a str>) -> Option<usize> {
        log.push(self);
        tokio::task::yield_now().await;
        third().map(|_| log.len())
    }
}

async fn nested() -> Option<u32> {
    let text = String::from("x");
    for _ in 0..2 {
        let lock = Mutex::default();
        dropped_before(&lock, &text).await?;
    }
    let (cell, _) = outputs(&text).await.ok()?;
    Some(cell.get())
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    let lock = Mutex::default();
    assert_eq!(sendable(dropped_before(&lock, "x")).await, Some(2));
    assert_eq!(lock.lock().unwrap().len(), 3);
    counted(3);
    let boxed: Box<dyn FnMut() -> u32 + Send> = Box::new(|| 1);
    let output = moved_not_sync(Cell::new(6), Marker(PhantomData), Arc::new(Mutex::new(boxed)));
    assert_eq!(sendable(output).await, Some(7), "each attempt has its own cell");
    counted(3);
    let (mut cell, mut list) = (Cell::new(0), vec![]);
    assert_eq!(sendable(exclusive_not_sync(&mut cell, &mut list)).await, Some(3));
    assert_eq!(cell.get(), 3);
    counted(3);
    assert_eq!(sendable(once(Box::new(|| 7), Cell::new(0))).await, Some(7));
    assert_eq!(sendable(generic(Cell::new(1), async |cell| Some(cell))).await, Some(Cell::new(1)));
    counted(3);
    let mut client = Client { state: 'x', seen: Cell::new(0) };
    assert_eq!(sendable(client.exclusive()).await, Some('x'));
    assert_eq!(sendable(client.owned()).await.unwrap().seen.get(), 4);
    counted(6);
    assert_eq!(sendable(outputs("x")).await, Ok((Cell::new(3), "x")));
    counted(3);
    assert_eq!(sendable("x".to_owned().visit(&mut vec![])).await, Some(3));
    counted(3);
    assert_eq!(tokio::spawn(nested()).await.unwrap(), Some(9));
    counted(9);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((totals("scopes").failure, totals("scopes").success), (6, 3));
    assert_eq!(totals("exclusive, send").success, 1);
    assert_eq!(totals("once, send").success, 1);
    assert_eq!(totals("outputs").failure, 4);
}
