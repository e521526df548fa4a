//! A documented limit: the body runs when the future is polled, so the future captures the borrows
//! of the body, even if the future that the body makes borrows nothing, as in a `tower::Service`.

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
