//! Every attempt needs its own copy of an owned `self`.

use resilient::retry;

struct Order(u32);

impl Order {
    #[retry]
    fn place(self) -> Option<u32> {
        self.finish()
    }

    fn finish(self) -> Option<u32> {
        Some(self.0)
    }
}

fn main() {}
