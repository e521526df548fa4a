//! Every attempt needs its own copy of an argument that the body moves.

use resilient::retry;

struct Order(u32);

fn place(order: Order) -> Option<u32> {
    Some(order.0)
}

#[retry]
async fn in_an_async_function(order: Order) -> Option<u32> {
    place(order)
}

#[retry]
fn in_a_plain_function(note: &str, order: Order) -> Option<u32> {
    place(order).filter(|_| note.is_empty())
}

#[retry]
fn generic<T: Into<u32>>(value: T) -> Option<u32> {
    Some(value.into())
}

fn main() {}
