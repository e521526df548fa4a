//! The error underlines the argument's type and names its part that is not `Clone`.

use std::sync::mpsc::Receiver;

use resilient::retry;

struct Order(u32);

#[retry]
async fn all(orders: Vec<Order>) -> Option<usize> {
    Some(orders.into_iter().map(|order| order.0 as usize).sum())
}

#[retry]
fn of_another_crate(receiver: Receiver<u32>) -> Option<u32> {
    receiver.recv().ok()
}

fn main() {}
