//! If `clone(x)` is given and the type of `x` is not `Clone`, the error is at this type.

use resilient::retry;

struct Order(u32);

#[retry(clone(order))]
async fn place(order: Order) -> Option<u32> {
    Some(order.0)
}

fn main() {}
