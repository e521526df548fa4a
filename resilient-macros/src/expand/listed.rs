//! Writes the list of statics for the feature `inventory`.

use proc_macro2::TokenStream;

/// Lists a static for the feature `inventory`, if `is_listed` is set.
pub(super) fn listed(is_listed: bool, site: &TokenStream) -> Option<TokenStream> {
    is_listed.then(|| emit!(__r::inventory::submit! { __r::Annotated::#site }))
}
