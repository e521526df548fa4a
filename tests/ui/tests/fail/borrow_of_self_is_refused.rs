//! `borrow` cannot list `self`.

use resilient::retry;

struct Client;

impl Client {
    #[retry(borrow(self))]
    fn call(self) -> Option<u32> {
        None
    }
}

fn main() {}
