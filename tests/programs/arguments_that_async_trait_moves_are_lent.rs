//! `#[async_trait]` begins the body with `let request = request;`. If the rest of the body only
//! borrows the argument, the attempts still need no copies of it.

use std::cell::Cell;

use async_trait::async_trait;
use resilient::{fallback, retry, timeout};

/// Neither `Clone` nor `Sync`, like a request of tonic.
struct Request<T> {
    body: T,
    reads: Cell<u32>,
}

impl<T> Request<T> {
    fn new(body: T) -> Self {
        Self { body, reads: Cell::new(0) }
    }

    fn get(&self) -> &T {
        self.reads.set(self.reads.get() + 1);
        &self.body
    }
}

/// When dropped, adds its name to the list.
struct Guard<'a>(&'a std::sync::Mutex<Vec<&'static str>>, &'static str);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(self.1);
    }
}

#[async_trait]
trait Service {
    async fn borrowed(&self, request: Request<u32>) -> Result<u32, u32>;
    async fn listed(&self, request: Request<u32>) -> Result<u32, u32>;
    async fn limited(&self, request: Request<u32>, text: String) -> Option<u32>;
    async fn replaced(&self, request: Request<u32>) -> Option<u32>;
    async fn changed(&self, mut count: u32, list: Vec<u32>) -> Option<u32>;
    async fn guarded(&self, first: Guard<'_>, second: Guard<'_>) -> Option<u32>;
}

struct Server;

fn take(request: &Request<u32>) -> Result<u32, u32> {
    let body = *request.get();
    if request.reads.get() > 2 { Ok(body) } else { Err(request.reads.get()) }
}

#[async_trait]
impl Service for Server {
    #[retry(base_delay = "0s")]
    async fn borrowed(&self, request: Request<u32>) -> Result<u32, u32> {
        take(&request)
    }

    #[retry(base_delay = "0s", borrow(request))]
    async fn listed(&self, request: Request<u32>) -> Result<u32, u32> {
        let body = *request.get();
        tokio::task::yield_now().await;
        if request.reads.get() > 2 { Ok(body) } else { Err(body) }
    }

    #[retry(base_delay = "0s", attempt_timeout = "1s", borrow(request))]
    async fn limited(&self, request: Request<u32>, text: String) -> Option<u32> {
        drop(text);
        take(&request).ok()
    }

    #[fallback(value = *request.get())]
    #[timeout("1s")]
    async fn replaced(&self, request: Request<u32>) -> Option<u32> {
        take(&request).ok()
    }

    /// Each attempt has copies of the arguments that the body changes or moves.
    #[retry(base_delay = "0s", max_retries = 1)]
    async fn changed(&self, mut count: u32, list: Vec<u32>) -> Option<u32> {
        count += 1;
        let list: Vec<u32> = list.into_iter().filter(|each| *each == count).collect();
        (list.len() > 5).then_some(count)
    }

    /// The body uses only the second guard. Both guards are dropped at the end of the call.
    #[retry(base_delay = "0s", max_retries = 1)]
    #[allow(unused_variables)]
    async fn guarded(&self, first: Guard<'_>, second: Guard<'_>) -> Option<u32> {
        let log = (&second).0;
        tokio::task::yield_now().await;
        log.lock().unwrap().push("attempt");
        None
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(Server.borrowed(Request::new(7)).await, Ok(7));
    assert_eq!(Server.listed(Request::new(7)).await, Ok(7));
    assert_eq!(Server.limited(Request::new(7), String::new()).await, Some(7));
    assert_eq!(Server.replaced(Request::new(7)).await, Some(7));
    assert_eq!(Server.changed(1, vec![2]).await, None);
    let log = std::sync::Mutex::default();
    assert_eq!(Server.guarded(Guard(&log, "first"), Guard(&log, "second")).await, None);
    let mut log = log.into_inner().unwrap();
    log[2..].sort_unstable();
    assert_eq!(log, ["attempt", "attempt", "first", "second"]);
}
