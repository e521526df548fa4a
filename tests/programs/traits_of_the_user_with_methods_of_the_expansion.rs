//! The expansion calls its own methods, even if the user's types have methods with the same names.

use resilient::{CircuitOpen, circuit_breaker, retry};

trait Everything {
    fn class(&self) -> u32 {
        unreachable!()
    }
    fn class_if_known(&self) -> u32 {
        unreachable!()
    }
    fn fresh(&self) -> u32 {
        unreachable!()
    }
    fn deref(&self) -> u32 {
        unreachable!()
    }
    fn clone(&self) -> u32 {
        unreachable!()
    }
    fn consume(self) -> u32
    where
        Self: Sized,
    {
        unreachable!()
    }
    fn failure(&self) -> u32 {
        unreachable!()
    }
    fn classify(&self) -> u32 {
        unreachable!()
    }
    fn rejected(&self) -> u32 {
        unreachable!()
    }
    fn from(&self) -> u32 {
        unreachable!()
    }
}

#[derive(Debug, PartialEq)]
struct Fault(u32);

#[derive(Clone)]
struct Order;

impl Everything for Fault {}
impl Everything for Order {}
impl Everything for &Order {}
impl<T> Everything for Option<T> {}
impl<T> Everything for Result<T, Fault> {}

impl Order {
    fn fresh(&self) -> u32 {
        unreachable!()
    }
    fn clone(&self) -> u32 {
        unreachable!()
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(9)
    }
}

#[retry(max_retries = 2, base_delay = "1ms", attempt = attempt)]
#[circuit_breaker(failure_threshold = 9)]
async fn stacked(order: Order) -> Result<u32, Fault> {
    let _ = order;
    Err(Fault(attempt.number()))
}

#[retry(max_retries = 1, base_delay = "0s", retry_when = |output| output.is_none(), clone(order))]
fn plain(order: Order) -> Option<u32> {
    Some(order).map(|_| 1)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(stacked(Order).await, Err(Fault(3)));
    assert_eq!(plain(Order), Some(1));
    if std::env::args().count() > 100 {
        (Order.fresh(), Order.clone());
    }
}
