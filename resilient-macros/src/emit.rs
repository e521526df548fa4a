//! Defines `emit!`, the `quote!` of this crate.

/// Works like `quote!`, with mixed-site hygiene: the user's code cannot see variables of the
/// expansion, and the expansion cannot see the user's variables.
macro_rules! emit {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
