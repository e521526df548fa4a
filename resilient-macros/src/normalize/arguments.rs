//! The arguments of an attempt: which it takes, borrows, or is given as a copy.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Pat, PatIdent, PatType, Token};

use super::argument_uses::ArgumentUses;
use crate::item::{PassingMode, PatternBinding, bindings, passing};
use crate::scan::{self, ArgumentUse};
use crate::tokens::first_span;

/// What the arguments add to the code of an attempt.
pub(crate) struct AttemptArguments<'a> {
    pub(super) uses: ArgumentUses<'a>,
    /// Statements before the attempt that make its arguments.
    pub(crate) prepare: TokenStream,
    /// Statements that take what the attempt consumes into its block.
    pub(crate) consumed: Vec<TokenStream>,
    /// Statements that borrow what the attempt only borrows.
    pub(crate) borrowed: Vec<TokenStream>,
    /// Statements that borrow the originals of copies exclusively, in blocks around `prepare`:
    /// with a shared borrow, their types would need `Sync` for the future to be `Send`.
    pub(crate) lent: Vec<TokenStream>,
    pub(crate) body: TokenStream,
}

/// One parameter as its attempts see it.
struct Parameter {
    /// Its `#[cfg]`s, for every statement about it.
    only_if: TokenStream,
    passing: PassingMode,
    is_name: bool,
    type_span: Span,
}

impl<'a> AttemptArguments<'a> {
    pub(super) fn new(uses: ArgumentUses<'a>, body: TokenStream) -> Self {
        Self {
            uses,
            prepare: TokenStream::new(),
            consumed: Vec::new(),
            borrowed: Vec::new(),
            lent: Vec::new(),
            body,
        }
    }

    /// Prepares an argument for an attempt, and changes its pattern where that is needed.
    pub(super) fn param(&mut self, param: &mut PatType) {
        let parameter = Parameter {
            only_if: configured(&param.attrs),
            // `&mut (a, b): &mut T` takes what is behind the reference by value.
            passing: match &*param.pat {
                Pat::Reference(_) => PassingMode::Owned,
                _ => passing(&param.ty),
            },
            is_name: is_name(&param.pat),
            type_span: first_span(&param.ty.to_token_stream()),
        };
        for binding in &bindings(&param.pat) {
            let ident = &binding.ident;
            let only_if = &parameter.only_if;
            let Some(value) = self.value(&parameter, binding) else {
                if self.lends(&parameter, ident) {
                    // With the variable's span, errors call it by its name.
                    make_mut(&mut param.pat, ident.span());
                }
                continue;
            };
            let mutable = binding.mutable;
            self.prepare.extend(emit!(#only_if let #mutable #ident = #value;));
            self.consume(&parameter, ident);
            if mutable.is_some() {
                without_mut(&mut param.pat);
            }
            let is_owned = parameter.passing == PassingMode::Owned;
            if self.uses.is_enclosed && is_owned && is_name(&param.pat) {
                self.lent.push(emit!(#only_if __r::consume(&mut #ident);));
                make_mut(&mut param.pat, ident.span());
            }
            if parameter.passing == PassingMode::Pinned {
                make_mut(&mut param.pat, Span::mixed_site());
            }
        }
    }

    /// Whether the attempts borrow an owned argument. If so, their blocks borrow it exclusively:
    /// then its type need only be `Send` for the future to be `Send`, and not `Sync`.
    fn lends(&mut self, parameter: &Parameter, ident: &Ident) -> bool {
        let lends = self.uses.again(&ident.to_string())
            && parameter.is_name
            && parameter.passing == PassingMode::Owned
            && scan::usage(&self.body, ident) != ArgumentUse::Unused;
        if lends {
            let only_if = &parameter.only_if;
            let borrow = emit!(#only_if __r::consume(&mut #ident););
            self.borrowed.push(borrow.clone());
            self.consumed.push(borrow);
        }
        lends
    }

    /// The value of the attempt's own variable; `None` if the attempt needs none.
    fn value(&mut self, parameter: &Parameter, binding: &PatternBinding) -> Option<TokenStream> {
        let ident = &binding.ident;
        let passing = parameter.passing;
        let used = scan::usage(&self.body, ident);
        if binding.by_ref {
            return None;
        }
        if !self.uses.again(&ident.to_string()) {
            // The attempt also takes an unused guard such as `_lock`, so that it is dropped in its
            // turn. For other names, this use would hide the warning that they are unused.
            let is_guard = passing == PassingMode::Owned && ident.to_string().starts_with('_');
            if used == ArgumentUse::Unused && is_guard {
                // Without the user's span, or clippy would say that the underscore means unused.
                let mut ours = ident.clone();
                ours.set_span(Span::call_site().located_at(ident.span()));
                self.consume(parameter, &ours);
            } else if used != ArgumentUse::Unused && passing != PassingMode::Shared {
                self.consume(parameter, ident);
            }
            return None;
        }
        if used == ArgumentUse::Unused {
            return None;
        }
        let (borrow, clone) = match self.uses.retry {
            Some(retry) => (retry.borrow.as_slice(), retry.clone.as_slice()),
            None => (&[][..], &[][..]),
        };
        if let Some(borrowed) = borrow.iter().find(|each| *each == ident) {
            // If the body moves it after all, the compiler's error points at the list.
            let only_if = &parameter.only_if;
            let span = borrowed.span().resolved_at(Span::mixed_site());
            self.prepare.extend(quote_spanned!(span=> #only_if let _ = &#borrowed;));
            return None;
        }
        let mutable = binding.mutable.is_some();
        match passing {
            _ if clone.contains(ident) => {}
            PassingMode::Shared => return mutable.then(|| quote!(#ident)),
            PassingMode::Exclusive => return Some(emit!(&mut *#ident)),
            PassingMode::Pinned => return Some(emit!(__r::Pin::as_mut(&mut #ident))),
            PassingMode::Owned if !mutable && used == ArgumentUse::Borrowed => return None,
            PassingMode::Owned => {}
        }
        Some(self.fresh(ident, parameter.type_span))
    }

    /// A copy for the attempt. The compiler's errors about it point at `span`.
    pub(super) fn fresh(&self, ident: &Ident, span: Span) -> TokenStream {
        let span = span.resolved_at(Span::mixed_site());
        if self.uses.retry.is_some() {
            quote_spanned!(span=> __r::Fresh::fresh(&#ident))
        } else {
            quote_spanned!(span=> __r::Spare::spare(&#ident))
        }
    }

    fn consume(&mut self, parameter: &Parameter, ident: &Ident) {
        let only_if = &parameter.only_if;
        self.consumed.push(emit!(#only_if __r::consume(#ident);));
    }
}

/// Whether the pattern is only a name.
fn is_name(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Ident(PatIdent { by_ref: None, mutability: None, subpat: None, .. }))
}

fn make_mut(pattern: &mut Pat, span: Span) {
    if let Pat::Ident(variable) = pattern {
        variable.mutability = Some(Token![mut](span));
    }
}

/// Removes `mut` from the variables of a pattern: the attempt's own variables have it.
pub(super) fn without_mut(pattern: &mut Pat) {
    struct RemoveMut;
    impl VisitMut for RemoveMut {
        fn visit_pat_ident_mut(&mut self, variable: &mut PatIdent) {
            if variable.by_ref.is_none() {
                variable.mutability = None;
            }
            visit_mut::visit_pat_ident_mut(self, variable);
        }
    }
    RemoveMut.visit_pat_mut(pattern);
}

/// The `#[cfg]`s of a parameter.
pub(super) fn configured(attributes: &[Attribute]) -> TokenStream {
    let cfgs = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    quote!(#(#cfgs)*)
}
