//! `clone(x)` of an argument that is not `Clone`.

use resilient::retry;

struct Order(u32);

#[retry(clone(order))]
async fn place(order: Order) -> Option<u32> {
    Some(order.0)
}

fn main() {}
