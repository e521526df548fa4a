//! Each attempt receives the arguments of the call.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{circuit_breaker, retry};

use resilient_testkit::{Calls, Fault, sendable};

/// Counts how often it was cloned.
#[derive(Debug, Default)]
struct Order<'a> {
    clones: Option<&'a AtomicU32>,
}

impl Clone for Order<'_> {
    fn clone(&self) -> Self {
        if let Some(clones) = self.clones {
            clones.fetch_add(1, SeqCst);
        }
        Self { clones: self.clones }
    }
}

fn take(_: Order<'_>) {}

#[tokio::test(start_paused = true)]
async fn an_owned_argument_that_the_body_moves_is_fresh_in_every_attempt() {
    #[retry(max_retries = 2)]
    async fn place(calls: &Calls, order: Order<'_>) -> Result<u32, Fault> {
        take(order);
        match calls.next() {
            3 => Ok(3),
            n => Err(Fault::Down(n)),
        }
    }
    let (calls, clones) = (Calls::new(), AtomicU32::new(0));
    let order = Order { clones: Some(&clones) };
    assert_eq!(sendable(place(&calls, order)).await, Ok(3));
    assert_eq!(clones.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn an_owned_argument_that_the_body_only_borrows_is_not_cloned() {
    struct NotClone(u32);

    fn look(order: &NotClone) -> u32 {
        order.0
    }

    #[retry]
    async fn place(calls: &Calls, order: NotClone) -> Result<u32, Fault> {
        let seen = look(&order);
        if calls.next() < 3 {
            return Err(Fault::Busy);
        }
        Ok(seen)
    }
    let calls = Calls::new();
    assert_eq!(sendable(place(&calls, NotClone(7))).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn borrow_and_clone_override_the_analysis_of_the_body() {
    struct NotClone(u32);
    impl NotClone {
        fn look(&self) -> u32 {
            self.0
        }
    }

    #[retry(borrow(order), clone(copied))]
    async fn place(calls: &Calls, order: NotClone, copied: Order<'_>) -> Result<u32, Fault> {
        let _ = &copied;
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(order.look())
    }
    let (calls, clones) = (Calls::new(), AtomicU32::new(0));
    let copied = Order { clones: Some(&clones) };
    assert_eq!(place(&calls, NotClone(7), copied).await, Ok(7));
    assert_eq!(clones.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_mutable_reference_reaches_every_attempt_and_keeps_their_changes() {
    #[retry(max_retries = 2)]
    async fn append(log: &mut Vec<u32>, text: &str) -> Result<usize, Fault> {
        let n = u32::try_from(log.len()).unwrap();
        log.push(n);
        tokio::task::yield_now().await;
        if log.len() < 3 {
            Err(Fault::Down(n))?;
        }
        Ok(text.len())
    }
    let mut log = Vec::new();
    assert_eq!(sendable(append(&mut log, "four")).await, Ok(4));
    assert_eq!(log, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_gets_the_first_value_of_a_mutable_argument() {
    #[retry(max_retries = 2)]
    async fn count(calls: &Calls, mut left: u32) -> Result<u32, Fault> {
        left -= 1;
        tokio::task::yield_now().await;
        if calls.next() < 3 {
            return Err(Fault::Busy);
        }
        Ok(left)
    }
    assert_eq!(count(&Calls::new(), 10).await, Ok(9));
}

#[tokio::test(start_paused = true)]
async fn patterns_in_arguments_work() {
    #[retry(max_retries = 1)]
    async fn sum(
        calls: &Calls,
        (a, mut b): (u32, u32),
        [c, ..]: [u32; 3],
        Order { clones: _ }: Order<'_>,
    ) -> Result<u32, Fault> {
        b += 1;
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(a + b + c)
    }
    assert_eq!(sum(&Calls::new(), (1, 2), [3, 4, 5], Order::default()).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn generics_lifetimes_and_impl_trait_do_not_change() {
    #[retry(max_retries = 1)]
    async fn join<'a, T, const N: usize>(
        calls: &Calls,
        head: &'a T,
        tail: impl Display + Clone + Send,
        _rest: [u8; N],
    ) -> Result<(&'a T, String), Fault>
    where
        T: Display + Sync + ?Sized,
    {
        let text = format!("{head}{tail}{N}");
        tokio::task::yield_now().await;
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok((head, text))
    }
    let (head, text) = sendable(join(&Calls::new(), "a", 'b', [0; 3])).await.unwrap();
    assert_eq!((head, text.as_str()), ("a", "ab3"));
}

#[tokio::test(start_paused = true)]
async fn an_argument_can_be_send_and_not_sync() {
    #[retry(max_retries = 1)]
    async fn bump(calls: &Calls, cell: Cell<u32>) -> Result<u32, Fault> {
        cell.set(cell.get() + 1);
        tokio::task::yield_now().await;
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(cell.get())
    }
    assert_eq!(sendable(bump(&Calls::new(), Cell::new(1))).await, Ok(2));
}

struct Client {
    sent: u32,
    seen: Cell<u32>,
}

impl Client {
    #[retry]
    async fn read(&self, calls: &Calls) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        match calls.next() {
            n @ ..3 => Err(Fault::Down(n)),
            n => Ok(n + self.sent),
        }
    }

    // `seen` is not `Sync`, but a future that borrows `seen` through `&mut self` is still `Send`.
    #[retry]
    async fn send(&mut self, by: u32) -> Result<u32, Fault> {
        self.sent += by;
        self.seen.set(self.seen.get() + 1);
        tokio::task::yield_now().await;
        self.check()?;
        Ok(self.sent)
    }

    #[retry]
    async fn send_by_another(&mut self) -> Result<u32, Fault> {
        fn add(client: &mut Client) -> u32 {
            client.sent += 1;
            client.sent
        }
        let this = self;
        let sent = add(this);
        if sent < 3 {
            return Err(Fault::Busy);
        }
        Ok(sent)
    }

    #[retry]
    async fn moved(mut self, calls: &Calls) -> Result<Self, Fault> {
        self.sent += 1;
        if calls.next() < 3 {
            return Err(Fault::Busy);
        }
        Ok(self)
    }

    fn check(&self) -> Result<(), Fault> {
        if self.seen.get() < 3 { Err(Fault::Busy) } else { Ok(()) }
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self { sent: self.sent, seen: self.seen.clone() }
    }
}

#[tokio::test(start_paused = true)]
async fn methods_with_shared_exclusive_and_owned_self_work() {
    let mut client = Client { sent: 0, seen: Cell::new(0) };
    assert_eq!(client.read(&Calls::new()).await, Ok(3));
    assert_eq!(sendable(client.send(2)).await, Ok(6));
    client.sent = 0;
    assert_eq!(sendable(client.send_by_another()).await, Ok(3));
    let client = client.moved(&Calls::new()).await.unwrap();
    assert_eq!(client.sent, 4, "each attempt had its own copy");
}

#[tokio::test(start_paused = true)]
async fn a_recursive_function_works() {
    #[retry(max_retries = 1)]
    async fn down(calls: &Calls, n: u32) -> Result<u32, Fault> {
        if n == 0 {
            return Ok(calls.next());
        }
        Box::pin(down(calls, n - 1)).await
    }
    assert_eq!(down(&Calls::new(), 5).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn arguments_may_have_the_names_that_the_expansion_uses() {
    #[retry(max_retries = 1)]
    async fn names(
        retry: &Calls,
        policy: u32,
        output: u32,
        class: u32,
        last: u32,
        delay: u32,
    ) -> Result<u32, Fault> {
        if retry.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(policy + output + class + last + delay)
    }
    assert_eq!(names(&Calls::new(), 1, 2, 3, 4, 5).await, Ok(15));
}

/// When dropped, adds its name to the list.
struct Named<'a>(&'static str, &'a std::sync::Mutex<Vec<&'static str>>);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

#[tokio::test]
async fn arguments_are_dropped_from_the_last_to_the_first_as_without_the_attribute() {
    #[expect(clippy::unused_async, reason = "the other function is compared with it")]
    async fn bare(a: Named<'_>, _guard: Named<'_>, b: Named<'_>) -> Option<usize> {
        Some(a.0.len() + b.0.len())
    }
    #[resilient::circuit_breaker]
    async fn broken(a: Named<'_>, _guard: Named<'_>, b: Named<'_>) -> Option<usize> {
        Some(a.0.len() + b.0.len())
    }
    let (without, with) = (std::sync::Mutex::default(), std::sync::Mutex::default());
    bare(Named("a", &without), Named("guard", &without), Named("b", &without)).await;
    broken(Named("a", &with), Named("guard", &with), Named("b", &with)).await;
    assert_eq!(*without.lock().unwrap(), ["b", "guard", "a"]);
    assert_eq!(*with.lock().unwrap(), *without.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn hooks_and_predicates_see_the_arguments_that_the_body_moves() {
    #[retry(
        max_retries = 1,
        retry_if = |_| !id.is_empty(),
        on_retry = |retry| println!("{id}: {retry:?} {}", log.len()),
        on_give_up = |_| log.push(id.clone()),
    )]
    async fn call(id: String, log: &mut Vec<String>) -> Result<(), Fault> {
        log.push(id);
        Err(Fault::Busy)
    }
    let mut log = Vec::new();
    call("x".to_owned(), &mut log).await.unwrap_err();
    assert_eq!(log, ["x", "x", "x"]);
}

#[tokio::test(start_paused = true)]
async fn a_lent_argument_need_not_be_sync() {
    fn look(cell: &Cell<u32>) -> u32 {
        cell.get()
    }
    #[retry(max_retries = 1, borrow(listed))]
    async fn call(calls: &Calls, seen: Cell<u32>, listed: Cell<u32>) -> Result<u32, Fault> {
        let seen = look(&seen);
        tokio::task::yield_now().await;
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(seen + listed.get())
    }
    assert_eq!(sendable(call(&Calls::new(), Cell::new(1), Cell::new(2))).await, Ok(3));
}

#[tokio::test]
async fn a_copy_can_be_send_and_not_sync() {
    #[derive(Clone, Copy)]
    struct Unshared(u32, PhantomData<Cell<()>>);

    #[retry(max_retries = 1)]
    async fn call(calls: &Calls, copy: Unshared) -> Result<u32, Fault> {
        let moved = copy;
        tokio::task::yield_now().await;
        if calls.next() < 2 {
            return Err(Fault::Busy);
        }
        Ok(moved.0)
    }
    let argument = Unshared(7, PhantomData);
    assert_eq!(sendable(call(&Calls::new(), argument)).await, Ok(7));
}

struct Dropped<'a>(&'a RefCell<Vec<u8>>, u8);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

#[tokio::test]
async fn an_argument_without_a_name_is_dropped_after_arguments_that_move_into_the_body() {
    #[circuit_breaker]
    fn plain(_lock: Dropped<'_>, _: Dropped<'_>, _other: Dropped<'_>) -> Result<(), Fault> {
        Ok(())
    }
    #[circuit_breaker]
    async fn waits(_lock: Dropped<'_>, _: Dropped<'_>, _other: Dropped<'_>) -> Result<(), Fault> {
        if std::future::ready(false).await {
            return Err(Fault::Busy);
        }
        Ok(())
    }
    let order = RefCell::default();
    let dropped = |number| Dropped(&order, number);
    plain(dropped(1), dropped(2), dropped(3)).unwrap();
    assert_eq!(order.take(), [3, 1, 2], "a function without the attribute: 3, 2, 1");
    waits(dropped(1), dropped(2), dropped(3)).await.unwrap();
    assert_eq!(order.take(), [3, 1, 2]);
}
