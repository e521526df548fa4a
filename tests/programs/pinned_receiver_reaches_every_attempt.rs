//! `self: Pin<&mut Self>` is lent to each attempt, as `&mut self` is.

use std::pin::Pin;

use resilient::{circuit_breaker, retry};

struct Client {
    calls: u32,
}

impl Client {
    #[retry(base_delay = "0s")]
    fn looked_at(self: Pin<&mut Self>) -> Option<u32> {
        Some(self.calls)
    }

    #[retry(base_delay = "0s")]
    #[circuit_breaker]
    fn changed(mut self: Pin<&mut Self>) -> Option<u32> {
        self.as_mut().get_mut().calls += 1;
        (self.calls > 2).then_some(self.calls)
    }

    #[circuit_breaker]
    async fn moved(self: Pin<&mut Self>) -> Option<u32> {
        let this = self.get_mut();
        this.calls += 1;
        Some(this.calls)
    }
}

#[tokio::test]
async fn runs() {
    let mut client = Client { calls: 0 };
    assert_eq!(Pin::new(&mut client).looked_at(), Some(0));
    assert_eq!(Pin::new(&mut client).changed(), Some(3));
    assert_eq!(Pin::new(&mut client).moved().await, Some(4));
}
