//! A documented limit: an attempt's borrows of `&mut self` end with the attempt.

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
