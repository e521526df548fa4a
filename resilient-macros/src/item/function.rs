//! An annotated function: `syn` parses the signature, and the body stays raw tokens.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Item, PatType, Receiver, ReturnType, Signature, Token, Type};

use super::attribute::tolerate_silence;
use crate::args::AttributeKind;
use crate::error::CompileErrors;
use crate::tokens::{first_span, is_word};

/// A function or method with a body.
pub(crate) struct AnnotatedFunction {
    pub(crate) attrs: Vec<Attribute>,
    vis: syn::Visibility,
    /// The keyword `default` of a specializing implementation.
    default: Option<Ident>,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Parse for AnnotatedFunction {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ahead = input.fork().parse::<Ident>();
        let is_default = ahead.is_ok_and(|word| word == "default");
        let default = is_default.then(|| input.parse()).transpose()?;
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let name = &signature.ident;
            let message = format!(
                "`{name}` has no body to protect: put the attribute on the implementation, or give \
                 it a default body"
            );
            return Err(syn::Error::new(name.span(), message));
        }
        let content;
        let brace = syn::braced!(content in input);
        let mut body = Group::new(Delimiter::Brace, content.parse()?);
        body.set_span(brace.span.join());
        Ok(Self { attrs, vis, default, signature, body })
    }
}

impl AnnotatedFunction {
    /// Reads the function below an attribute of this kind, or returns the errors about it.
    pub(crate) fn read(item: &TokenStream, kind: AttributeKind) -> Result<Self, CompileErrors> {
        let mut errors = CompileErrors::default();
        let function: Self = match syn::parse2(item.clone()) {
            Ok(function) => function,
            Err(error) => {
                let (span, message) =
                    other_item(item, kind).unwrap_or_else(|| (error.span(), error.to_string()));
                errors.push(span, message);
                return Err(errors);
            }
        };
        if let Some(constness) = &function.signature.constness {
            errors.push(
                constness.span,
                "a `const fn` cannot wait or keep state: make it a plain `fn`",
            );
        }
        if let Some(output) = function.output().filter(|output| is_never(output)) {
            errors.push_spanned(
                &output.to_token_stream(),
                "a function that never returns has no outcome to judge: give it a return type",
            );
        }
        errors.or(function)
    }

    pub(crate) fn is_async(&self) -> bool {
        self.signature.asyncness.is_some()
    }

    /// Returns the declared return type.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, output) => Some(output),
        }
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.signature.receiver()
    }

    /// Returns the parameters without the receiver.
    pub(crate) fn params(&self) -> impl Iterator<Item = &PatType> {
        self.signature.inputs.iter().filter_map(|arg| match arg {
            FnArg::Typed(param) => Some(param),
            FnArg::Receiver(_) => None,
        })
    }

    /// Returns the function with these attributes. They replace the attributes that it had.
    pub(crate) fn with_attributes(&self, attributes: &TokenStream) -> TokenStream {
        self.write(attributes, &self.signature, &self.body.to_token_stream())
    }

    /// Returns the function with this signature and this body.
    pub(crate) fn with_body(&self, signature: &Signature, body: &TokenStream) -> TokenStream {
        let mut attrs = self.attrs.clone();
        attrs.iter_mut().for_each(tolerate_silence);
        self.write(&quote!(#(#attrs)*), signature, body)
    }

    // C3
    fn write(&self, attrs: &TokenStream, signature: &Signature, body: &TokenStream) -> TokenStream {
        let (vis, default) = (&self.vis, &self.default);
        quote!(#attrs #vis #default #signature #body)
    }
}

/// Returns the error for an item that is not a function.
fn other_item(item: &TokenStream, kind: AttributeKind) -> Option<(Span, String)> {
    let name = kind.name();
    let error = |span: Span, what: &str| {
        let message = format!("`#[{name}]` works on functions and methods: this is {what}");
        Some((span, message))
    };
    if item.is_empty() {
        return error(Span::call_site(), "nothing");
    }
    let Ok(parsed) = syn::parse2::<Item>(item.clone()) else {
        // If the item has the keyword `fn`, the parser has already reported an error about the
        // function.
        let mut tokens = item.clone().into_iter();
        let is_function = tokens.any(|token| is_word(Some(&token), "fn"));
        return if is_function { None } else { error(first_span(item), "something else") };
    };
    let what = match &parsed {
        Item::Struct(_) => "a struct",
        Item::Enum(_) => "an enum",
        Item::Union(_) => "a union",
        Item::Trait(_) | Item::TraitAlias(_) => "a trait",
        Item::Impl(_) => "an `impl` block",
        Item::Mod(_) => "a module",
        Item::Use(_) => "an import",
        Item::Static(_) => "a static",
        Item::Const(_) => "a constant",
        Item::Type(_) => "a type alias",
        Item::Macro(_) => "a macro",
        Item::ExternCrate(_) => "an `extern crate`",
        Item::ForeignMod(_) => "an `extern` block",
        // `syn` returns a function without a body as verbatim tokens.
        Item::Fn(_) | Item::Verbatim(_) => return None,
        _ => "something else",
    };
    error(parsed.span(), what)
}

fn is_never(output: &Type) -> bool {
    match output {
        Type::Never(_) => true,
        Type::Paren(inner) => is_never(&inner.elem),
        Type::Group(inner) => is_never(&inner.elem),
        _ => false,
    }
}

#[cfg(test)]
#[path = "function_tests.rs"]
mod tests;
