//! `borrow` and `clone` list names of arguments. A name may be in only one of the two lists.

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
