//! One attempt: the body of the function in a block of its own, with arguments of its own.
//!
//! The block is `async { … }.await`, or a closure that is called at once: so `?` and `return` end the attempt and not the
//! function. It borrows what the body borrows. What each attempt consumes is prepared before it, and forced into the block
//! by a branch that is never taken, which also pins the type of the output.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use super::block;
use crate::args::RetryArgs;
use crate::function::{Binding, Function, Param, Passing, Receiver, Typed};
use crate::scan::{self, Use};

/// The pieces of an attempt, and the parameters as the function declares them now.
pub(super) struct Attempt {
    pub(super) params: TokenStream,
    /// Statements that prepare the arguments.
    pub(super) prepare: TokenStream,
    /// The expression whose value is the attempt's output.
    pub(super) run: TokenStream,
}

/// Builds the attempt of a function; `retry` if it may run more than once.
pub(super) fn build(
    function: &Function,
    output: &TokenStream,
    retry: Option<&RetryArgs>,
    private: &TokenStream,
) -> Attempt {
    let body = function
        .body
        .as_ref()
        .map_or_else(TokenStream::new, proc_macro2::Group::stream);
    let span = function.body_span();
    let mut parts = Parts {
        private,
        retry,
        prepare: TokenStream::new(),
        consumed: TokenStream::new(),
        body,
    };
    let params = function.params.iter().map(|param| match param {
        Param::Receiver(receiver) => parts.receiver(receiver),
        Param::Typed(typed) => parts.typed(typed),
    });
    let params: Vec<_> = params.collect();
    let Parts {
        prepare,
        consumed,
        body,
        ..
    } = parts;
    let pin = emit! {
        if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
            #consumed
            return output;
        }
    };
    let body = block(body, span);
    let attempt = block(quote!(#pin #body), span);
    let run = if function.asyncness.is_some() {
        emit!(async #attempt.await)
    } else {
        emit!((|| #attempt)())
    };
    Attempt {
        params: quote!(#(#params),*),
        prepare,
        run,
    }
}

struct Parts<'a> {
    private: &'a TokenStream,
    retry: Option<&'a RetryArgs>,
    prepare: TokenStream,
    consumed: TokenStream,
    body: TokenStream,
}

impl Parts<'_> {
    fn receiver(&mut self, receiver: &Receiver) -> TokenStream {
        let attributes = receiver.attrs.iter().map(|attribute| &attribute.tokens);
        let tokens = &receiver.tokens;
        let unchanged = quote!(#(#attributes)* #tokens);
        let passing = receiver.passing();
        if !scan::mentions(&self.body, "self") || passing == Passing::Shared {
            return unchanged;
        }
        let this = &receiver.self_token;
        if self.retry.is_none() {
            // One attempt: it may have the receiver itself.
            let private = self.private;
            self.consumed.extend(emit!(#private::consume(#this);));
            return unchanged;
        }
        if scan::self_in_format_string(&self.body) {
            // It could not be renamed there. The block borrows what the body borrows of it.
            return unchanged;
        }
        let renamed = Ident::new("__self", Span::mixed_site());
        let private = self.private;
        let mutable = receiver.mut_token.as_ref();
        let value = if passing == Passing::Exclusive {
            emit!(&mut *#this)
        } else {
            fresh(private, this, first_span(&receiver.tokens))
        };
        self.prepare.extend(emit!(let #mutable #renamed = #value;));
        self.consumed.extend(emit!(#private::consume(#renamed);));
        self.body = scan::rename_self(std::mem::take(&mut self.body), &renamed);
        // Only the attempt's own is changed.
        if mutable.is_some() {
            without_mut(&unchanged)
        } else {
            unchanged
        }
    }

    fn typed(&mut self, typed: &Typed) -> TokenStream {
        let passing = typed.passing();
        let mut pattern = typed.pat.clone();
        for binding in &typed.bindings {
            if self.binding(typed, binding, passing) && binding.mutable.is_some() {
                pattern = without_mut(&pattern);
            }
        }
        let attributes = typed.attrs.iter().map(|attribute| &attribute.tokens);
        let (colon, ty) = (&typed.colon, &typed.ty);
        quote!(#(#attributes)* #pattern #colon #ty)
    }

    /// Prepares one variable; says whether the attempt has one of its own.
    fn binding(&mut self, typed: &Typed, binding: &Binding, passing: Passing) -> bool {
        let private = self.private;
        let ident = &binding.ident;
        let used = scan::usage(&self.body, ident);
        let Some(retry) = self.retry else {
            if !binding.by_ref
                && !matches!(used, Use::Unused)
                && !matches!(passing, Passing::Shared)
            {
                self.consumed.extend(emit!(#private::consume(#ident);));
            }
            return false;
        };
        let named = |list: &[Ident]| list.iter().any(|each| each == ident);
        if binding.by_ref || named(&retry.borrow) || matches!(used, Use::Unused) {
            return false;
        }
        let mutable = binding.mutable.as_ref();
        let value = match passing {
            _ if named(&retry.clone) => fresh(private, ident, first_span(&typed.ty)),
            Passing::Shared if mutable.is_none() => return false,
            Passing::Shared => quote!(#ident),
            Passing::Exclusive => emit!(&mut *#ident),
            Passing::Owned if mutable.is_none() && matches!(used, Use::Borrowed) => return false,
            Passing::Owned => fresh(private, ident, first_span(&typed.ty)),
        };
        self.prepare.extend(emit!(let #mutable #ident = #value;));
        self.consumed.extend(emit!(#private::consume(#ident);));
        true
    }
}

/// A copy for the attempt; what is wrong with it is said at the argument's type.
fn fresh(private: &TokenStream, ident: &Ident, span: Span) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    quote_spanned!(span=> #private::Fresh::fresh(&#ident))
}

fn first_span(tokens: &TokenStream) -> Span {
    let first = tokens.clone().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// The pattern with no `mut` before a variable: the attempt's own has it.
fn without_mut(pattern: &TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in pattern.clone() {
        match token {
            TokenTree::Ident(ident) if ident == "mut" => {
                // `&mut` in a pattern is no variable's.
                if matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '&') {
                    kept.push(ident.into());
                }
            }
            TokenTree::Group(group) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), without_mut(&group.stream()));
                inner.set_span(group.span());
                kept.push(inner.into());
            }
            other => kept.push(other),
        }
    }
    kept.iter().map(ToTokens::to_token_stream).collect()
}
