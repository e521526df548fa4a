//! What was annotated: a function, split into its parts, with types and body left as tokens.

mod attribute;
mod binding;
mod param;
mod shape;
mod signature;

use proc_macro2::{Group, Ident, Span, TokenStream};

use attribute::attributes;
pub(crate) use attribute::{Attribute, Conditional};
pub(crate) use binding::{Binding, bindings};
pub(crate) use param::{Param, Passing, Receiver, Typed};
pub(crate) use shape::{Future, Shape};

/// An annotated function or method with a body.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: TokenStream,
    /// Everything between visibility and `fn`: `default`, `const`, `async`, `unsafe`, `extern "C"`.
    pub(crate) qualifiers: TokenStream,
    pub(crate) asyncness: Option<Span>,
    pub(crate) fn_token: Ident,
    pub(crate) name: Ident,
    /// `<…>` whole, or empty.
    pub(crate) generics: TokenStream,
    pub(crate) params: Vec<Param>,
    /// The parentheses.
    pub(crate) params_span: Span,
    pub(crate) arrow: Option<TokenStream>,
    /// The type behind the arrow.
    pub(crate) output: Option<TokenStream>,
    /// With its `where`, or empty.
    pub(crate) where_clause: TokenStream,
    /// Always there behind `parse`, which refuses a declaration without one.
    pub(crate) body: Option<Group>,
}

#[cfg(test)]
mod tests;
