//! Blocks in the place of the user's.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// A block with that span, so that the compiler's messages about it point there.
pub(super) fn block(tokens: TokenStream, span: Span) -> TokenTree {
    let mut block = Group::new(Delimiter::Brace, tokens);
    block.set_span(span);
    block.into()
}
