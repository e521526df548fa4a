//! The attributes work on plain functions and on functions that return futures without `async fn`.

use std::pin::Pin;
use std::sync::Arc;

use resilient::{Registry, circuit_breaker, retry};

use resilient_testkit::{Calls, Fault, sendable};

fn third(calls: &Calls) -> Result<u32, Fault> {
    match calls.next() {
        3 => Ok(3),
        n => Err(Fault::Down(n)),
    }
}

#[expect(clippy::manual_async_fn, reason = "the test needs this form")]
#[retry]
#[circuit_breaker(name = "impl future")]
fn opaque(calls: &Calls, text: String) -> impl Future<Output = Result<usize, Fault>> + Send {
    async move {
        tokio::task::yield_now().await;
        let n = third(calls)?;
        drop(text);
        Ok(n as usize)
    }
}

#[retry]
fn opaque_with_statements(calls: &Calls) -> impl Future<Output = Result<u32, Fault>> + Send {
    let before = calls.next();
    if before > 10 {
        return std::future::ready(Err(Fault::Busy));
    }
    std::future::ready(if before < 3 { Err(Fault::Down(before)) } else { Ok(before) })
}

#[circuit_breaker(name = "boxed future", order = explicit)]
#[retry]
fn boxed<'a>(
    calls: &'a Calls,
    text: String,
) -> Pin<Box<dyn Future<Output = Result<String, Fault>> + Send + 'a>> {
    Box::pin(async move {
        third(calls)?;
        Ok(text)
    })
}

#[retry]
fn boxed_elsewhere(calls: &Calls) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + '_>> {
    let future = async move { third(calls) };
    Box::pin(future)
}

#[tokio::test(start_paused = true)]
async fn functions_that_return_a_future_are_retried_when_it_is_polled() {
    assert_eq!(sendable(opaque(&Calls::new(), "x".into())).await, Ok(3));
    assert_eq!(sendable(opaque_with_statements(&Calls::new())).await, Ok(3));
    let text = sendable(boxed(&Calls::new(), "x".into())).await;
    assert_eq!(text.as_deref(), Ok("x"));
    assert_eq!(boxed_elsewhere(&Calls::new()).await, Ok(3));
    let counted = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((counted("impl future").failure, counted("impl future").success), (2, 1));
    assert_eq!((counted("boxed future").failure, counted("boxed future").success), (0, 1));
}

trait Store {
    async fn load(&self, calls: &Calls) -> Result<u32, Fault>;

    #[retry]
    async fn load_by_default(&mut self, calls: &Calls) -> Result<u32, Fault> {
        self.load(calls).await
    }

    fn returns(&self, calls: &Calls) -> impl Future<Output = Result<u32, Fault>> + Send;
}

struct Memory(u32);

impl Store for Memory {
    #[retry(max_retries = 1)]
    #[circuit_breaker]
    async fn load(&self, calls: &Calls) -> Result<u32, Fault> {
        third(calls)
    }

    #[retry]
    async fn returns(&self, calls: &Calls) -> Result<u32, Fault> {
        third(calls).map(|n| n + self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn methods_of_traits_declared_default_and_implemented_work() {
    let mut memory = Memory(4);
    assert_eq!(memory.load(&Calls::new()).await, Err(Fault::Down(2)));
    assert_eq!(memory.load_by_default(&Calls::new()).await, Ok(3));
    assert_eq!(sendable(memory.returns(&Calls::new())).await, Ok(7));
}

struct Shared {
    calls: Calls,
}

impl Shared {
    #[retry]
    async fn by_arc(self: Arc<Self>) -> Result<u32, Fault> {
        tokio::spawn(async move { third(&self.calls) }).await.unwrap()
    }

    #[expect(clippy::needless_arbitrary_self_type, reason = "the test needs this form")]
    #[retry]
    async fn by_typed_reference(self: &Self) -> Result<u32, Fault> {
        third(&self.calls)
    }

    #[circuit_breaker]
    async fn by_pin(mut self: Pin<&mut Self>) -> Result<u32, Fault> {
        self.as_mut().calls = Calls::new();
        Ok(self.calls.next())
    }

    #[retry]
    async fn by_pin_again(self: Pin<&mut Self>) -> Result<u32, Fault> {
        let this = self.get_mut();
        third(&this.calls)
    }
}

#[tokio::test(start_paused = true)]
async fn receivers_of_any_type_work() {
    let shared = || Shared { calls: Calls::new() };
    assert_eq!(sendable(Arc::new(shared()).by_arc()).await, Ok(3));
    assert_eq!(shared().by_typed_reference().await, Ok(3));
    assert_eq!(Pin::new(&mut shared()).by_pin().await, Ok(1));
    assert_eq!(sendable(Pin::new(&mut shared()).by_pin_again()).await, Ok(3));
}

#[expect(clippy::needless_pass_by_value, reason = "each attempt has its own copy")]
#[retry(base_delay = "0s")]
#[circuit_breaker(name = "plain")]
fn plain(calls: &Calls, log: &mut Vec<String>, entry: String) -> Result<u32, Fault> {
    log.push(entry);
    let n = third(calls)?;
    Ok(n)
}

impl Memory {
    #[retry(base_delay = "0s")]
    fn plain_method(&mut self, calls: &Calls) -> Result<u32, Fault> {
        self.0 += 1;
        if calls.next() < 3 {
            return Err(Fault::Busy);
        }
        Ok(self.0)
    }
}

#[test]
fn plain_functions_and_methods_work() {
    let mut log = Vec::new();
    assert_eq!(plain(&Calls::new(), &mut log, "entry".into()), Ok(3));
    assert_eq!(log, ["entry"; 3]);
    assert_eq!(Memory(0).plain_method(&Calls::new()), Ok(3));
}

#[tokio::test(start_paused = true)]
async fn an_argument_under_a_false_cfg_is_ignored() {
    #[retry]
    async fn call(
        calls: &Calls,
        #[cfg(any())] absent: NoSuchType,
        #[cfg(not(any()))] present: String,
    ) -> Result<String, Fault> {
        #[cfg(any())]
        drop(absent);
        third(calls)?;
        Ok(present)
    }
    assert_eq!(call(&Calls::new(), "x".to_owned()).await.as_deref(), Ok("x"));
}

#[tokio::test(start_paused = true)]
async fn an_attribute_in_a_cfg_attr_keeps_its_position_in_the_stack() {
    #[retry(max_retries = 2)]
    #[cfg_attr(not(any()), circuit_breaker(name = "cfg_attr"))]
    async fn with(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[retry(max_retries = 2)]
    #[cfg_attr(any(), circuit_breaker(name = "cfg_attr absent"))]
    async fn without(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    assert_eq!(with(&Calls::new()).await, Err(Fault::Down(3)));
    assert_eq!(Registry::global().get("cfg_attr").unwrap().snapshot().totals.failure, 3);
    assert_eq!(without(&Calls::new()).await, Err(Fault::Down(3)));
    assert!(Registry::global().get("cfg_attr absent").is_none());
}
