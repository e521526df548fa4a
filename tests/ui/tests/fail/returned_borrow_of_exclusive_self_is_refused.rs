//! A documented limit: what an attempt borrows of `&mut self` ends with it.

use resilient::retry;

struct Buffer {
    bytes: Vec<u8>,
}

impl Buffer {
    #[retry]
    fn first(&mut self) -> Option<&mut u8> {
        self.bytes.first_mut()
    }
}

fn main() {}
