//! Putting a split function together again.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::quote;

use crate::function::Function;

impl Function {
    /// The function as it was, without its attributes.
    pub(super) fn without_attributes(&self) -> TokenStream {
        let params = self.params.iter().map(|param| match param {
            crate::function::Param::Receiver(receiver) => {
                let attributes = receiver.attrs.iter().map(|attribute| &attribute.tokens);
                let tokens = &receiver.tokens;
                quote!(#(#attributes)* #tokens)
            }
            crate::function::Param::Typed(typed) => {
                let attributes = typed.attrs.iter().map(|attribute| &attribute.tokens);
                let (pat, colon, ty) = (&typed.pat, &typed.colon, &typed.ty);
                quote!(#(#attributes)* #pat #colon #ty)
            }
        });
        let body = self.body.as_ref();
        self.signature_and(&quote!(#(#params),*), &quote!(#body))
    }

    /// The function with other patterns in its parameters and another body.
    pub(super) fn rebuilt(&self, params: &TokenStream, body: &TokenStream) -> TokenStream {
        let attributes = self.attrs.iter().map(|attribute| &attribute.tokens);
        let function = self.signature_and(params, body);
        quote!(#(#attributes)* #function)
    }

    pub(super) fn body_span(&self) -> Span {
        self.body.as_ref().map_or_else(Span::call_site, Group::span)
    }

    fn signature_and(&self, params: &TokenStream, body: &TokenStream) -> TokenStream {
        let mut parentheses = Group::new(Delimiter::Parenthesis, params.clone());
        parentheses.set_span(self.params_span);
        let Self {
            vis,
            qualifiers,
            fn_token,
            name,
            generics,
            arrow,
            output,
            where_clause,
            ..
        } = self;
        quote! {
            #vis #qualifiers #fn_token #name #generics #parentheses #arrow #output #where_clause #body
        }
    }
}
