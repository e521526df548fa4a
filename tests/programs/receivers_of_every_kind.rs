//! Each attempt receives `self`, in async and plain methods.

use std::rc::Rc;
use std::sync::Arc;

use resilient::{circuit_breaker, retry};

#[derive(Clone)]
struct Client {
    calls: u32,
}

impl Client {
    #[retry(base_delay = "0s")]
    #[circuit_breaker]
    fn shared(&self) -> Option<&u32> {
        Some(&self.calls)
    }

    #[retry(base_delay = "0s")]
    #[circuit_breaker]
    async fn shared_for<'a>(&'a self, other: &'a u32) -> Option<&'a u32> {
        Some(other.max(&self.calls))
    }

    #[retry(base_delay = "0s")]
    fn exclusive(&mut self, by: u32) -> Option<u32> {
        self.calls += by;
        (self.calls > 5).then_some(self.calls)
    }

    #[retry(base_delay = "0s")]
    async fn exclusive_by_type(self: &mut Self) -> Option<u32> {
        let Self { calls } = self;
        *calls += 1;
        (*calls > 8).then_some(*calls)
    }

    #[circuit_breaker]
    fn lent(&mut self) -> Option<&mut u32> {
        Some(&mut self.calls)
    }

    #[retry(base_delay = "0s")]
    fn owned(self) -> Option<Client> {
        Some(self)
    }

    #[retry(base_delay = "0s")]
    async fn counted(self: Arc<Self>) -> Option<Arc<Self>> {
        tokio::spawn(async move { Some(self) }).await.ok()?
    }

    #[retry(base_delay = "0s")]
    #[circuit_breaker]
    fn counted_here(self: Rc<Self>) -> Option<usize> {
        Some(Rc::strong_count(&self))
    }

    #[retry(base_delay = "0s")]
    fn by_reference(self: &Arc<Self>) -> Option<Arc<Self>> {
        Some(Arc::clone(self))
    }

    #[retry(base_delay = "0s")]
    fn in_a_closure(&mut self) -> Option<u32> {
        let mut add = || {
            self.calls += 1;
            self.calls
        };
        let _ = add();
        Some(add())
    }

    #[retry(base_delay = "0s")]
    fn in_text(&self) -> Option<String> {
        let Self { calls } = self;
        Some(format!("{calls} {}", self.calls))
    }
}

#[tokio::test]
async fn runs() {
    let mut client = Client { calls: 0 };
    assert_eq!(client.shared(), Some(&0));
    assert_eq!(client.shared_for(&3).await, Some(&3));
    assert_eq!(client.exclusive(2), Some(6));
    assert_eq!(client.exclusive_by_type().await, Some(9));
    *client.lent().unwrap() += 1;
    assert_eq!(client.clone().owned().unwrap().calls, 10);
    let shared = Arc::new(client.clone());
    assert_eq!(shared.clone().counted().await.unwrap().calls, 10);
    assert!(shared.by_reference().is_some());
    assert!(Rc::new(client.clone()).counted_here().is_some());
    assert_eq!(client.in_a_closure(), Some(12));
    assert_eq!(client.in_text().as_deref(), Some("12 12"));
}
