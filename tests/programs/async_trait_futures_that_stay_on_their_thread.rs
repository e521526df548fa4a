//! The attributes work under `#[async_trait(?Send)]` on a trait and an impl, with values that are
//! not `Send`.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use resilient::{Registry, circuit_breaker, retry};

#[async_trait(?Send)]
trait Local {
    fn log(&self) -> Rc<RefCell<Vec<String>>>;

    #[retry]
    async fn by_default(&self, entry: Rc<str>) -> Option<usize> {
        let log = self.log();
        tokio::task::yield_now().await;
        log.borrow_mut().push(entry.to_string());
        let length = log.borrow().len();
        (length % 3 == 0).then_some(length)
    }

    async fn implemented(&mut self, entry: Rc<str>) -> Option<usize>;
}

struct Client(Rc<RefCell<Vec<String>>>);

#[async_trait(?Send)]
impl Local for Client {
    fn log(&self) -> Rc<RefCell<Vec<String>>> {
        Rc::clone(&self.0)
    }

    #[retry]
    #[circuit_breaker(name = "local")]
    async fn implemented(&mut self, entry: Rc<str>) -> Option<usize> {
        let log = Rc::clone(&self.0);
        log.borrow_mut().push(entry.to_string());
        tokio::task::yield_now().await;
        let length = log.borrow().len();
        (length % 3 == 0).then_some(length)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let log = Rc::default();
    let mut client = Client(Rc::clone(&log));
    assert_eq!(client.by_default("a".into()).await, Some(3));
    let object: &mut dyn Local = &mut client;
    assert_eq!(object.implemented("b".into()).await, Some(6));
    assert_eq!(*log.borrow(), ["a", "a", "a", "b", "b", "b"]);
    let totals = Registry::global().get("local").unwrap().snapshot().totals;
    assert_eq!((totals.failure, totals.success), (2, 1));
}
