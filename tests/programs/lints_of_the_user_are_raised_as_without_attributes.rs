//! If the user allows or expects a lint on an argument, a function or a statement, this also
//! applies to the expansion. The attributes raise no lint that the function alone would not raise.
#![deny(warnings, unused, let_underscore)]
#![deny(clippy::all, clippy::pedantic)]
#![allow(
    dead_code,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::unnecessary_wraps
)]

use resilient::{circuit_breaker, fallback, retry, timeout};

/// Repeats the functions with different attributes.
macro_rules! annotated {
    (@ $attributes:tt $(
        $(#[$meta:meta])* fn $name:ident $args:tt -> $output:ty $body:block
    )*) => {
        $(annotated! { @@ $attributes [$(#[$meta])*] $name $args $output $body })*
    };
    (@@ ($($attributes:tt)*) [$($meta:tt)*] $name:ident ($($args:tt)*) $output:ty $body:block) => {
        pub mod $name {
            $($attributes)*
            $($meta)*
            pub fn plain($($args)*) -> $output $body
            $($attributes)*
            $($meta)*
            pub async fn later($($args)*) -> $output $body
        }
    };
    ($($functions:tt)*) => {
        mod retried {
            annotated! { @ (#[resilient::retry]) $($functions)* }
        }
        mod broken {
            annotated! { @ (#[resilient::circuit_breaker]) $($functions)* }
        }
        mod replaced {
            annotated! { @ (#[resilient::fallback(with = |()| None)]) $($functions)* }
        }
        mod stacked {
            annotated! { @ (#[resilient::retry] #[resilient::circuit_breaker]) $($functions)* }
        }
    };
}

annotated! {
    fn mutable_argument(#[allow(unused_mut)] mut text: String) -> Option<String> { Some(text) }
    fn expected_mutable(#[expect(unused_mut)] mut text: String) -> Option<String> { Some(text) }
    fn expected_mutable_reference(#[expect(unused_mut)] mut list: &mut [u8]) -> Option<u8> {
        list[0] += 1;
        list.first().copied()
    }
    fn expected_mutable_part(
        #[expect(unused_mut)] (mut left, right): (String, String)
    ) -> Option<String> {
        drop(right);
        Some(left)
    }
    #[expect(unused_mut)]
    fn expected_of_function(mut text: String) -> Option<String> { Some(text) }
    fn expected_name(#[expect(non_snake_case)] Text: String) -> Option<String> { Some(Text) }
    fn expected_underscore(
        #[expect(clippy::used_underscore_binding)] _text: String
    ) -> Option<String> {
        Some(_text)
    }
    #[expect(unused_variables)]
    fn expected_unused(number: u8) -> Option<u8> { Some(1) }
    fn expected_unused_argument(#[expect(unused_variables)] number: u8) -> Option<u8> { Some(1) }
    #[expect(unused_assignments)]
    fn expected_assignment(mut number: u8) -> Option<u8> { number = 3; Some(number) }
    #[expect(clippy::ptr_arg)]
    fn expected_vector(list: &mut Vec<u8>) -> Option<u8> { list[0] += 1; list.first().copied() }
    #[expect(clippy::needless_return)]
    fn expected_return(number: u8) -> Option<u8> { return Some(number); }
    #[expect(clippy::too_many_arguments, clippy::many_single_char_names)]
    fn expected_many(
        a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8,
    ) -> Option<u8> {
        Some(a + b + c + d + e + f + g + h)
    }
    #[expect(clippy::let_and_return)]
    fn expected_let(number: u8) -> Option<u8> { let result = Some(number); result }
    fn expected_in_a_statement(text: String) -> Option<u8> {
        #[expect(let_underscore_drop)]
        let _ = text.clone();
        #[expect(unused_mut)]
        let mut other = text;
        drop(other);
        #[expect(unused_variables)]
        let number = 3;
        Some(1)
    }
}

/// Only plain functions raise this lint. In an `async fn`, the `async` block takes the arguments.
#[expect(clippy::needless_pass_by_value)]
#[retry]
#[circuit_breaker]
fn lent(text: String) -> Option<usize> {
    Some(text.len())
}

/// Only the plain function raises the lint: see [`lent`].
#[expect(clippy::needless_pass_by_value)]
#[circuit_breaker]
fn lent_once(text: String) -> Option<usize> {
    Some(text.len())
}

/// Uses every key that takes the name of an argument.
#[fallback(value = text.len())]
#[retry(borrow(text))]
#[timeout("1s")]
async fn never_called(#[expect(unused_mut)] mut number: u8, text: String) -> Option<usize> {
    assert!(!text.is_empty());
    Some(number.into())
}

#[tokio::test]
async fn runs() {
    let text = || "a".to_owned();
    assert_eq!(retried::mutable_argument::plain(text()), Some(text()));
    assert_eq!(stacked::expected_mutable_part::later((text(), text())).await, Some(text()));
    assert_eq!(broken::expected_vector::later(&mut vec![1]).await, Some(2));
    assert_eq!(replaced::expected_mutable_reference::plain(&mut [1]), Some(2));
    assert_eq!((lent(text()), lent_once(text())), (Some(1), Some(1)));
}
