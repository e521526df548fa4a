//! A documented limit: a shared borrow of an exclusive argument ends with the attempt as well.

use resilient::retry;

struct Buffer {
    bytes: Vec<u8>,
}

impl Buffer {
    #[retry]
    fn first(&mut self) -> Option<&u8> {
        self.bytes.first()
    }
}

#[retry]
fn of_an_argument(bytes: &mut [u8]) -> Option<&u8> {
    bytes.first()
}

fn main() {}
