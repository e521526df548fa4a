//! A documented limit: attempts rename `self`, but cannot rename it inside a format string. Macros
//! of `std` and a few others get the new name as an argument; this unknown macro does not.

use resilient::{circuit_breaker, retry};

macro_rules! tell {
    ($text:literal) => {
        println!($text)
    };
}

#[derive(Debug, Clone)]
struct Order(u32);

impl Order {
    #[retry]
    async fn moved(self) -> Option<Self> {
        tell!("{self:?}");
        Some(self)
    }

    #[retry]
    fn changed(mut self) -> Option<String> {
        self.0 += 1;
        tell!("{self:?}");
        None
    }

    #[retry]
    async fn only_borrowed(self) -> Option<u32> {
        tell!("{self:?}");
        look(&self)
    }

    #[retry]
    async fn known(self) -> Option<Self> {
        println!("{self:?} {:?}", self);
        Some(self)
    }

    #[circuit_breaker]
    fn once(mut self) -> Option<String> {
        self.0 -= 1;
        tell!("{self:?}");
        None
    }
}

fn look(order: &Order) -> Option<u32> {
    Some(order.0)
}

fn main() {}
