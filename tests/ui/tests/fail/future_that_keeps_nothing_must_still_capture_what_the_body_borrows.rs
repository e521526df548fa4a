//! A documented limit: the whole body runs when the future is polled, so what it borrows is captured, also where the future
//! that it makes borrows nothing, as the `call` of a `tower::Service` does.

use std::pin::Pin;
use std::sync::Arc;

use resilient::{circuit_breaker, retry};

struct Service {
    client: Arc<u32>,
}

impl Service {
    #[circuit_breaker]
    fn call(&mut self) -> Pin<Box<dyn Future<Output = Option<u32>> + Send>> {
        let client = Arc::clone(&self.client);
        Box::pin(async move { Some(*client) })
    }

    #[retry]
    fn spawned(&self) -> impl Future<Output = Option<u32>> + Send + use<> {
        let client = Arc::clone(&self.client);
        async move { Some(*client) }
    }
}

fn main() {}
