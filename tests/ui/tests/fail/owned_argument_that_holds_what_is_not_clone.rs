//! The error underlines the argument's type, and says how to do without a copy.

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

#[retry]
fn boxed(make: Box<dyn Fn() -> u32 + Send>) -> Option<u32> {
    call(make)
}

fn call(make: Box<dyn Fn() -> u32 + Send>) -> Option<u32> {
    Some(make())
}

#[retry]
fn pair((first, second): (Order, Order)) -> Option<Order> {
    Some(if first.0 == 0 { first } else { second })
}

#[retry]
fn generic<T>(value: Option<T>) -> Option<T> {
    value
}

fn main() {}
