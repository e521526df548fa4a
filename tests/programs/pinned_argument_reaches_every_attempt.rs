//! An argument of type `Pin<&mut T>` is lent to each attempt.

use std::pin::Pin;

use resilient::retry;

#[retry(base_delay = "0s")]
fn looked_at(value: Pin<&mut u32>) -> Option<u32> {
    Some(*value)
}

#[retry(base_delay = "0s")]
fn changed(mut value: Pin<&mut u32>) -> Option<u32> {
    *value.as_mut() += 1;
    (*value > 2).then_some(*value)
}

#[test]
fn runs() {
    let mut value = 0;
    assert_eq!(looked_at(Pin::new(&mut value)), Some(0));
    assert_eq!(changed(Pin::new(&mut value)), Some(3));
}
