//! Checks whether control can leave a body before its end.

use proc_macro2::TokenStream;

use super::mentions::any_token;
use crate::tokens::is_punct;

/// Keywords of code that leaves a block early or never reaches its end.
const WORDS: &[&str] = &["become", "break", "continue", "loop", "return", "try", "yield"];

/// Returns whether a body has no other exit than its end: it has no `?`, no keyword of [`WORDS`],
/// and no macro or attribute that could hide an exit. Panics and calls that never return do not
/// count as exits.
pub(crate) fn only_ends(body: &TokenStream) -> bool {
    !any_token(body, &mut |token| {
        let leaves = WORDS.iter().any(|word| crate::tokens::is_word(Some(token), word));
        leaves || ['?', '!', '#'].iter().any(|sign| is_punct(Some(token), *sign))
    })
}

/// Returns whether an asynchronous body may wait before it ends: it awaits, or it has a macro or an
/// attribute that could hide an `await`.
pub(crate) fn may_wait(body: &TokenStream) -> bool {
    any_token(body, &mut |token| {
        let awaits = crate::tokens::is_word(Some(token), "await");
        awaits || ['!', '#'].iter().any(|sign| is_punct(Some(token), *sign))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn a_body_that_awaits_or_may_hide_an_await_may_wait() {
        for body in [
            quote!(f().await),
            quote!(if a {
                g(|| async { h().await })
            }),
            quote!(select!(a, b)),
            quote!(#[cfg(x)] f();),
        ] {
            assert!(may_wait(&body), "{body}");
        }
        let hidden = crate::fuzz_tokens::invisible(quote!(f().await));
        assert!(may_wait(&quote!(let a = #hidden;)));
        for body in [quote!(), quote!(f(&x)?), quote!(return g(awaited);)] {
            assert!(!may_wait(&body), "{body}");
        }
    }

    #[test]
    fn a_body_of_calls_and_conditions_only_ends() {
        for body in [
            quote!(),
            quote!(wait(argument).await),
            quote!(let a = f(&x).await; if a > 3 { Ok(a) } else { Err(E) }),
            quote!(match x {
                A => 1,
                B(y) => y.z(|w| w + 1),
            }),
            quote!(for a in list { f(a).await; } r#return),
        ] {
            assert!(only_ends(&body), "{body}");
        }
    }

    #[test]
    fn exits_and_code_that_may_hide_an_exit_are_found_at_any_depth() {
        for body in [
            quote!(f(g()?)),
            quote!(if a {
                return b;
            }),
            quote!(|x| { [return x] }),
            quote!(while a {
                break;
            }),
            quote!('a: for b in c {
                continue 'a;
            }),
            quote!(loop {}),
            quote!(log::info!("x")),
            quote!(if a != b {
                c
            }),
            quote!(#[cfg(x)] f();),
            quote!(yield 1),
        ] {
            assert!(!only_ends(&body), "{body}");
        }
        let hidden = crate::fuzz_tokens::invisible(quote!(f()?));
        assert!(!only_ends(&quote!(let a = #hidden;)));
    }
}
