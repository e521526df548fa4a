//! The `quote!` of this crate.

/// `quote!` with mixed-site hygiene: the user's code cannot see variables that the expansion
/// declares, and the expansion cannot see the user's.
macro_rules! emit {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
