//! `clone(x)` is an error at the type of the argument `x` if the type is not `Clone`.

use resilient::retry;

struct Order(u32);

#[retry(clone(order))]
async fn place(order: Order) -> Option<u32> {
    Some(order.0)
}

fn main() {}
