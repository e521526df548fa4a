//! Annotated functions may be in modules, functions, impls, closures and constants, may have every
//! visibility, and may be used as values.

use resilient::{circuit_breaker, retry};

mod outer {
    pub(crate) mod inner {
        #[resilient::retry]
        #[resilient::circuit_breaker]
        pub(in crate::functions_stand_anywhere::outer) fn restricted() -> Option<u32> {
            Some(1)
        }

        #[::resilient::circuit_breaker]
        pub(super) async fn above() -> Option<u32> {
            Some(2)
        }
    }

    pub(crate) async fn sum() -> Option<u32> {
        Some(inner::restricted()? + inner::above().await?)
    }
}

#[circuit_breaker]
fn with_an_annotated_function() -> Option<u32> {
    #[circuit_breaker]
    fn inner() -> Option<u32> {
        #[retry]
        fn innermost() -> Option<u32> {
            Some(3)
        }
        innermost()
    }
    inner()
}

#[retry]
fn recursive(n: u32) -> Option<u32> {
    if n == 0 { Some(0) } else { recursive(n - 1).map(|m| m + 1) }
}

#[retry]
#[circuit_breaker]
async fn recursive_later(n: u32) -> Option<u32> {
    if n == 0 { Some(0) } else { Box::pin(recursive_later(n - 1)).await.map(|m| m + 1) }
}

#[retry]
fn of_a_function(call: fn(u32) -> Option<u32>, other: impl Fn(u32) -> u32 + Clone) -> Option<u32> {
    call(other(1))
}

#[retry(borrow(call))]
async fn of_an_async_closure<F>(call: F) -> Option<u32>
where
    F: AsyncFn(u32) -> Option<u32>,
{
    call(2).await
}

#[retry]
async fn of_a_closure_that_changes(mut call: impl FnMut() -> u32 + Clone) -> Option<u32> {
    Some(call())
}

#[retry(base_delay = "0s")]
fn of_a_closure_by_reference(call: &mut dyn FnMut() -> Option<u32>) -> Option<u32> {
    call()
}

#[tokio::test]
async fn runs() {
    assert_eq!(outer::sum().await, Some(3));
    assert_eq!(with_an_annotated_function(), Some(3));
    assert_eq!(recursive(5), Some(5));
    assert_eq!(recursive_later(5).await, Some(5));
    assert_eq!(of_a_function(recursive, |n| n + 1), Some(2));
    assert_eq!(of_an_async_closure(async |n| Some(n)).await, Some(2));
    let mut calls = 0;
    assert_eq!(of_a_closure_that_changes(|| 1).await, Some(1));
    let output = of_a_closure_by_reference(&mut || {
        calls += 1;
        (calls > 2).then_some(calls)
    });
    assert_eq!(output, Some(3));
    let block = {
        #[retry]
        fn in_a_block() -> Option<u32> {
            Some(1)
        }
        in_a_block
    };
    assert_eq!(block(), Some(1));
}
