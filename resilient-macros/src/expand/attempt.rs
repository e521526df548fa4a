//! One attempt: the body of the function in a block of its own, with arguments of its own.
//!
//! The block is `async { … }.await`, or a closure that is called at once: so `?` and `return` end the attempt and not the
//! function. It borrows what the body borrows. What each attempt consumes is prepared before it, and forced into the block
//! by a branch that is never taken, which also pins the type of the output.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use super::block;
use super::needs::Needs;
use crate::function::{
    Attribute, Binding, Function, Future, Param, Passing, Receiver, Shape, Typed,
};
use crate::scan::{self, Use};

/// The pieces of an attempt, and the parameters as the function declares them now.
pub(super) struct Attempt {
    pub(super) params: TokenStream,
    /// Statements that prepare the arguments.
    pub(super) prepare: TokenStream,
    /// The expression whose value is the attempt's output, or a future of it.
    pub(super) run: TokenStream,
    /// The same as a value, without a block of its own, where the body needs none.
    pub(super) inline: Option<TokenStream>,
    /// What blocks around `prepare` must borrow exclusively, so that it need not be `Sync` for their futures to be `Send`.
    pub(super) lent: Vec<TokenStream>,
    /// The attributes that the body began with, which are the function's.
    pub(super) inner_attributes: TokenStream,
}

/// Builds the attempt of a function.
pub(super) fn build(
    function: &Function,
    shape: &Shape,
    output: &TokenStream,
    needs: Needs<'_>,
    private: &TokenStream,
) -> Attempt {
    let span = function.body_span();
    let whole = function
        .body
        .as_ref()
        .map_or_else(TokenStream::new, proc_macro2::Group::stream);
    let (inner_attributes, whole) = split_inner_attributes(whole);
    let body = match shape {
        Shape::Async | Shape::Plain => whole,
        Shape::Future(Future {
            block: Some(block), ..
        }) => block.stream(),
        // Any other body makes the future. A boxed one may be made in several places, each of which is coerced to the type.
        Shape::Future(Future { boxed, .. }) => {
            let returns = scan::mentions(&whole, "return");
            let make = block(whole, span);
            let ty = function.output.as_ref().filter(|_| *boxed);
            let ty = ty.map(super::output::without_lifetimes);
            if returns {
                // A closure of its own keeps its `return` where it belongs.
                let arrow = ty.map(|ty| emit!(-> #ty));
                emit!((|| #arrow #make)().await)
            } else {
                let colon = ty.map(|ty| emit!(: #ty));
                emit!(let future #colon = #make; future.await)
            }
        }
    };
    let mut parts = Parts {
        private,
        needs,
        prepare: TokenStream::new(),
        consumed: Vec::new(),
        borrowed: Vec::new(),
        lent: Vec::new(),
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
        borrowed,
        lent,
        body,
        ..
    } = parts;
    let only_ends = matches!(shape, Shape::Async) && scan::only_ends(&body);
    let inline = only_ends.then(|| inline(&body, &borrowed, output, span, private));
    // A block drops what it owns in the order in which it first names it; a function, its arguments from the last.
    let consumed = consumed.into_iter().rev();
    // Where the compiler asks why this type is expected, it shows the return type.
    let declared = first_span(output).resolved_at(Span::mixed_site());
    let pin = quote_spanned! {declared=>
        if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
            #(#consumed)*
            return output;
        }
    };
    // The body keeps its own braces, whose edition says when temporaries are dropped; the label, which is part of that
    // block, keeps the compiler from advising to remove them. The braces around it are ours.
    let body = block(body, span);
    let body = quote_spanned!(span=> '_body: #body);
    let span = span.resolved_at(Span::mixed_site());
    let attempt = block(quote!(#pin #body), span);
    let run = match shape {
        Shape::Plain => emit!((|| -> #output #attempt)()),
        Shape::Async | Shape::Future(_) => emit!(async #attempt),
    };
    Attempt {
        params: quote!(#(#params),*),
        prepare,
        run,
        inline,
        lent,
        inner_attributes,
    }
}

/// A body that leaves nothing but by its end, as one branch of two, the other of which is never taken and tells the type: so
/// nobody is told of unreachable code after a body that ends in a call which never returns.
fn inline(
    body: &TokenStream,
    borrowed: &[TokenStream],
    output: &TokenStream,
    span: Span,
    private: &TokenStream,
) -> TokenStream {
    let declared = first_span(output).resolved_at(Span::mixed_site());
    let body = block(body.clone(), span);
    let body = quote_spanned!(span=> '_body: #body);
    let body = block(body, span.resolved_at(Span::mixed_site()));
    let other = quote_spanned!(declared=> #private::never_taken::<#output>());
    emit! {
        let output: #output = if false {
            #(#borrowed)*
            #other
        } else #body;
        output
    }
}

/// `#![…]` at the beginning of a body, and the rest of it.
fn split_inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let is = |token: &TokenTree, character| matches!(token, TokenTree::Punct(punct) if punct.as_char() == character);
    let count = tokens
        .chunks_exact(3)
        .take_while(|each| is(&each[0], '#') && is(&each[1], '!'))
        .count();
    let (attributes, rest) = tokens.split_at(3 * count);
    (
        attributes.iter().cloned().collect(),
        rest.iter().cloned().collect(),
    )
}

struct Parts<'a> {
    private: &'a TokenStream,
    needs: Needs<'a>,
    prepare: TokenStream,
    consumed: Vec<TokenStream>,
    /// Those that the block only borrows.
    borrowed: Vec<TokenStream>,
    lent: Vec<TokenStream>,
    body: TokenStream,
}

impl Parts<'_> {
    fn receiver(&mut self, receiver: &Receiver) -> TokenStream {
        let attributes: TokenStream = receiver
            .attrs
            .iter()
            .map(|attribute| attribute.tokens.clone())
            .collect();
        let tokens = &receiver.tokens;
        let unchanged = quote!(#attributes #tokens);
        let passing = receiver.passing();
        if !scan::mentions(&self.body, "self") || passing == Passing::Shared {
            return unchanged;
        }
        let private = self.private;
        let this = &receiver.self_token;
        if !self.needs.again("self") {
            // Nobody else wants it: the attempt may have the receiver itself.
            self.consumed.push(emit!(#private::consume(#this);));
            return unchanged;
        }
        if scan::self_in_format_string(&self.body) {
            // It could not be renamed there. The block borrows what the body borrows of it.
            return unchanged;
        }
        let used = scan::usage(&self.body, this);
        let mutable = receiver.mut_token.as_ref();
        if passing == Passing::Owned && mutable.is_none() && used == Use::Borrowed {
            return unchanged;
        }
        let renamed = Ident::new("__self", Span::mixed_site());
        let value = match passing {
            Passing::Exclusive => emit!(&mut *#this),
            Passing::Pinned => emit!(::core::pin::Pin::as_mut(&mut #this)),
            Passing::Shared | Passing::Owned => self.fresh(this, first_span(tokens)),
        };
        self.prepare.extend(emit!(let #mutable #renamed = #value;));
        self.consumed.push(emit!(#private::consume(#renamed);));
        self.body = scan::rename_self(std::mem::take(&mut self.body), &renamed);
        let is_lent = self.needs.is_enclosed && passing == Passing::Owned;
        if is_lent {
            self.lent.push(emit!(#private::consume(&mut #this);));
        }
        // What the user declared to be `mut` is the attempt's own; what is pinned anew must be.
        let rest = match mutable {
            Some(_) => tokens.clone().into_iter().skip(1).collect(),
            None => tokens.clone(),
        };
        let reborrowed = (is_lent || passing == Passing::Pinned).then(|| emit!(mut));
        quote!(#attributes #reborrowed #rest)
    }

    fn typed(&mut self, typed: &Typed) -> TokenStream {
        // `&mut (a, b): &mut T` takes what is behind the reference by value.
        let passing = if starts_with_reference(&typed.pat) {
            Passing::Owned
        } else {
            typed.passing()
        };
        let mut pattern = typed.pat.clone();
        for binding in &typed.bindings {
            let Some(value) = self.value(typed, binding, passing) else {
                if self.lends(typed, binding, passing) {
                    // With the variable's span, so that errors call it by its name.
                    pattern = quote_spanned!(binding.ident.span()=> mut #pattern);
                }
                continue;
            };
            self.prepare(typed, binding, &value);
            if binding.mutable.is_some() {
                pattern = without_mut(&pattern);
            }
            if self.needs.is_enclosed && passing == Passing::Owned && is_name(&pattern) {
                let (private, ident) = (self.private, &binding.ident);
                let only_if = configured(&typed.attrs);
                self.lent
                    .push(emit!(#only_if #private::consume(&mut #ident);));
                pattern = quote_spanned!(ident.span()=> mut #pattern);
            }
            if passing == Passing::Pinned {
                pattern = emit!(mut #pattern);
            }
        }
        let attributes = typed.attrs.iter().map(|attribute| &attribute.tokens);
        let (colon, ty) = (&typed.colon, &typed.ty);
        quote!(#(#attributes)* #pattern #colon #ty)
    }

    /// Whether the attempts borrow an owned argument. If so, their blocks are made to borrow it exclusively: what is borrowed
    /// so need only be `Send` for the future to be, and not `Sync`.
    fn lends(&mut self, typed: &Typed, binding: &Binding, passing: Passing) -> bool {
        let ident = &binding.ident;
        let lends = self.needs.again(&ident.to_string())
            && is_name(&typed.pat)
            && passing == Passing::Owned
            && scan::usage(&self.body, ident) != Use::Unused;
        if lends {
            let private = self.private;
            let only_if = configured(&typed.attrs);
            let borrow = emit!(#only_if #private::consume(&mut #ident););
            self.borrowed.push(borrow.clone());
            self.consumed.push(borrow);
        }
        lends
    }

    /// What a variable is for the attempt; `None` if the attempt needs none of its own.
    fn value(&mut self, typed: &Typed, binding: &Binding, passing: Passing) -> Option<TokenStream> {
        let ident = &binding.ident;
        let used = scan::usage(&self.body, ident);
        if binding.by_ref {
            return None;
        }
        if !self.needs.again(&ident.to_string()) {
            // An argument that is not used is still dropped in its turn.
            let guards = used == Use::Unused && passing == Passing::Owned && is_silent(ident);
            if guards {
                // As code of ours, so that nobody is told that an underscore means unused.
                let mut ours = ident.clone();
                ours.set_span(Span::call_site().located_at(ident.span()));
                self.consume(typed, &ours);
            } else if used != Use::Unused && passing != Passing::Shared {
                self.consume(typed, ident);
            }
            return None;
        }
        if used == Use::Unused {
            return None;
        }
        let retry = self.needs.retry;
        let (borrow, clone) = retry.map_or((&[][..], &[][..]), |retry| {
            (retry.borrow.as_slice(), retry.clone.as_slice())
        });
        if let Some(borrowed) = borrow.iter().find(|each| *each == ident) {
            // Where the body moves it after all, the compiler's word for that points at the list.
            let only_if = configured(&typed.attrs);
            let span = borrowed.span().resolved_at(Span::mixed_site());
            self.prepare
                .extend(quote_spanned!(span=> #only_if let _ = &#borrowed;));
            return None;
        }
        let mutable = binding.mutable.is_some();
        match passing {
            _ if clone.contains(ident) => {}
            Passing::Shared => return mutable.then(|| quote!(#ident)),
            Passing::Exclusive => return Some(emit!(&mut *#ident)),
            Passing::Pinned => return Some(emit!(::core::pin::Pin::as_mut(&mut #ident))),
            Passing::Owned if !mutable && used == Use::Borrowed => return None,
            Passing::Owned => {}
        }
        Some(self.fresh(ident, first_span(&typed.ty)))
    }

    /// A copy for the attempt; what is wrong with it is said at the argument's type.
    fn fresh(&self, ident: &Ident, span: Span) -> TokenStream {
        let private = self.private;
        let span = span.resolved_at(Span::mixed_site());
        if self.needs.retry.is_some() {
            quote_spanned!(span=> #private::Fresh::fresh(&#ident))
        } else {
            quote_spanned!(span=> #private::Spare::spare(&#ident))
        }
    }

    fn prepare(&mut self, typed: &Typed, binding: &Binding, value: &TokenStream) {
        let Binding { ident, mutable, .. } = binding;
        let only_if = configured(&typed.attrs);
        self.prepare
            .extend(emit!(#only_if let #mutable #ident = #value;));
        self.consume(typed, ident);
    }

    fn consume(&mut self, typed: &Typed, ident: &Ident) {
        let private = self.private;
        let only_if = configured(&typed.attrs);
        self.consumed
            .push(emit!(#only_if #private::consume(#ident);));
    }
}

/// Whether the pattern is one variable.
fn is_name(pattern: &TokenStream) -> bool {
    let mut tokens = pattern.clone().into_iter();
    matches!(
        (tokens.next(), tokens.next()),
        (Some(TokenTree::Ident(_)), None)
    )
}

fn starts_with_reference(pattern: &TokenStream) -> bool {
    let first = pattern.clone().into_iter().next();
    matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '&')
}

/// Whether nobody is warned of the variable if it is not used, so that our use of it hides no warning.
fn is_silent(ident: &Ident) -> bool {
    ident.to_string().starts_with('_')
}

/// The `#[cfg]`s of a parameter, for what is done with it.
pub(super) fn configured(attributes: &[Attribute]) -> TokenStream {
    let is_cfg =
        |attribute: &&Attribute| matches!(attribute.path.as_slice(), [path] if path == "cfg");
    let cfgs = attributes.iter().filter(is_cfg);
    cfgs.map(|attribute| attribute.tokens.clone()).collect()
}

fn first_span(tokens: &TokenStream) -> Span {
    let first = tokens.clone().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// The pattern with no `mut` before a variable: the attempt's own has it.
pub(super) fn without_mut(pattern: &TokenStream) -> TokenStream {
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
