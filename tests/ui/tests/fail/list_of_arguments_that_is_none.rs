//! `borrow` and `clone` list names of arguments. A name is in one of the two lists only.

use resilient::retry;

#[retry(borrow())]
fn empty(a: String) -> Option<String> {
    Some(a)
}

#[retry(borrow(&a))]
fn reference(a: String) -> Option<String> {
    Some(a)
}

#[retry(borrow(a.b))]
fn field(a: String) -> Option<String> {
    Some(a)
}

#[retry(clone(a), borrow(a))]
fn both(a: String) -> Option<String> {
    Some(a)
}

fn main() {}
