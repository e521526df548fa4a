//! Each attempt has a copy of an owned `self`, but a format string would name the original.

use resilient::{circuit_breaker, retry};

#[derive(Debug, Clone)]
struct Order(u32);

impl Order {
    #[retry]
    async fn changed(mut self) -> Option<String> {
        self.0 -= 1;
        Some(format!("{self:?}"))
    }

    #[retry]
    fn moved(self) -> Option<Self> {
        println!("{self:?}");
        Some(self)
    }

    #[retry]
    fn borrowed(self) -> Option<u32> {
        println!("{self:?}");
        look(&self)
    }

    #[circuit_breaker]
    fn once(mut self) -> Option<String> {
        self.0 -= 1;
        Some(format!("{self:?}"))
    }
}

fn look(order: &Order) -> Option<u32> {
    Some(order.0)
}

fn main() {}
