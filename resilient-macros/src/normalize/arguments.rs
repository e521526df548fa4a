//! Decides which arguments an attempt takes, which it borrows, and which it receives as a copy.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Pat, PatIdent, PatType, Token};

use super::argument_uses::ArgumentUses;
use super::return_type::{without_impl, without_lifetimes};
use crate::item::{PassingMode, PatternBinding, allow_expected, bindings, passing};
use crate::scan::{self, ArgumentUse};
use crate::tokens::first_span;

/// The code of an attempt that concerns the arguments of the function.
pub(crate) struct AttemptArguments<'a> {
    pub(super) uses: ArgumentUses<'a>,
    /// Statements before the attempt that prepare its arguments.
    pub(crate) prepare: TokenStream,
    /// Statements directly before the attempt's block that borrow an argument again. The breaker
    /// classifies the output with the argument, so the statements must stand inside its layer.
    pub(crate) reborrow: TokenStream,
    /// Statements at the beginning of the attempt's `async` block that copy arguments. If a copy
    /// were made before the block, the future would contain it twice: as a variable, and captured.
    pub(crate) copy: TokenStream,
    /// Statements that make the attempt's block capture by move the values that the body consumes.
    pub(crate) consumed: Vec<TokenStream>,
    /// Statements that borrow the values that the body only borrows.
    pub(crate) borrowed: Vec<TokenStream>,
    /// Statements that borrow the arguments that `copy` copies. The blocks around `copy` contain
    /// these statements. The borrow is exclusive, so that the future is `Send` even if the type of
    /// such an argument is not `Sync`.
    pub(crate) lent: Vec<TokenStream>,
    /// Whether the attempt borrows a variable of the function. If not, the attempt's block can own
    /// all variables that it names.
    pub(crate) borrows: bool,
    pub(crate) body: TokenStream,
}

/// One parameter of the function.
struct Parameter {
    /// The `#[cfg]` attributes of the parameter, which are repeated on every statement about it.
    only_if: TokenStream,
    passing: PassingMode,
    is_name: bool,
    ty: TokenStream,
}

impl<'a> AttemptArguments<'a> {
    pub(super) fn new(uses: ArgumentUses<'a>, body: TokenStream) -> Self {
        Self {
            uses,
            prepare: TokenStream::new(),
            reborrow: TokenStream::new(),
            copy: TokenStream::new(),
            consumed: Vec::new(),
            borrowed: Vec::new(),
            lent: Vec::new(),
            borrows: false,
            body,
        }
    }

    /// Prepares the argument at index `at` for an attempt. Changes the argument's pattern if
    /// necessary.
    pub(super) fn param(&mut self, at: usize, param: &mut PatType) {
        let pattern = param.pat.to_token_stream();
        if self.uses.retry.is_some() && scan::calls_macro(&pattern) {
            // The pattern is a macro call, which hides the names of its variables, so each attempt
            // gets the whole argument.
            let whole = Ident::new(&format!("__argument{at}"), Span::mixed_site());
            let body = &self.body;
            self.body = emit!(let #pattern = #whole; #body);
            *param.pat = syn::parse_quote!(#whole);
        }
        let parameter = Parameter {
            only_if: configured(&param.attrs),
            // A pattern such as `&mut (a, b)` binds the values behind the reference, so the
            // variables are owned although the argument is a reference.
            passing: match &*param.pat {
                Pat::Reference(_) => PassingMode::Owned,
                _ => passing(&param.ty),
            },
            is_name: is_name(&param.pat),
            ty: param.ty.to_token_stream(),
        };
        let bindings = bindings(&param.pat);
        let mut lints = named(&param.attrs, &["allow", "expect", "warn", "deny"]);
        if bindings.len() > 1 {
            lints.iter_mut().for_each(allow_expected);
        }
        for binding in &bindings {
            let ident = &binding.ident;
            let only_if = &parameter.only_if;
            let Some(value) = self.value(&parameter, binding) else {
                if self.lends(&parameter, ident) {
                    // The `mut` has the span of the variable, so that errors show the variable's
                    // name.
                    make_mut(&mut param.pat, ident.span());
                }
                continue;
            };
            let mutable = binding.mutable;
            param.attrs.iter_mut().for_each(allow_expected);
            if mutable.is_some() {
                without_mut(&mut param.pat);
            }
            let is_owned = parameter.passing == PassingMode::Owned;
            let own = emit!(#only_if #(#lints)* let #mutable #ident = #value;);
            if self.uses.waits && is_owned && is_name(&param.pat) {
                self.copy.extend(own);
                self.lent.push(emit!(#only_if __r::consume(&mut #ident);));
                make_mut(&mut param.pat, ident.span());
            } else {
                self.prepare(&ident.to_string(), parameter.passing, own);
                self.consume(&parameter, ident);
            }
            if matches!(
                parameter.passing,
                PassingMode::Pinned | PassingMode::OptionalExclusive | PassingMode::OptionalPinned
            ) {
                make_mut(&mut param.pat, Span::mixed_site());
            }
        }
    }

    /// Adds the statement that declares the attempt's own variable for an argument.
    pub(super) fn prepare(&mut self, name: &str, passing: PassingMode, own: TokenStream) {
        let reborrows = passing.is_exclusive() && self.uses.judges(name);
        let place = if reborrows { &mut self.reborrow } else { &mut self.prepare };
        place.extend(own);
    }

    /// Returns whether the attempts borrow an owned argument. If so, adds statements that borrow
    /// the argument exclusively, so that the future is `Send` even if the type of the argument is
    /// not `Sync`.
    fn lends(&mut self, parameter: &Parameter, ident: &Ident) -> bool {
        let name = ident.to_string();
        let lends = (self.uses.again(&name) || self.uses.judges(&name))
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

    /// Returns the value of the variable that an attempt declares for the argument, or `None` if
    /// the attempt uses the argument itself.
    fn value(&mut self, parameter: &Parameter, binding: &PatternBinding) -> Option<TokenStream> {
        let ident = &binding.ident;
        let name = ident.to_string();
        let passing = parameter.passing;
        let used = scan::usage(&self.body, ident);
        let (is_repeated, is_judged) = (self.uses.again(&name), self.uses.judges(&name));
        if binding.by_ref {
            self.borrows |= is_repeated || is_judged;
            return None;
        }
        // The breaker reads the argument after the attempt. The attempt can copy a shared reference
        // and borrow an exclusive one again, unless the body may replace the reference.
        let is_reference = passing != PassingMode::Owned && binding.mutable.is_none();
        if is_judged && !is_repeated && !is_reference {
            self.borrows |= used != ArgumentUse::Unused;
            return None;
        }
        if !is_repeated && !is_judged {
            // The attempt also takes an unused guard such as `_lock`, so that the guard is dropped
            // in the usual order. For a name without an underscore, this would hide the compiler's
            // warning about an unused variable.
            let is_guard = passing == PassingMode::Owned && name.starts_with('_');
            if used == ArgumentUse::Unused && is_guard {
                // If a name begins with an underscore, clippy warns of its use, except left of an
                // `=`.
                let only_if = &parameter.only_if;
                self.consumed.push(emit!(#only_if *__r::unused(#ident) = [];));
            } else if used != ArgumentUse::Unused
                && passing != PassingMode::Shared
                // In a plain function, the closure takes what the body moves. The attempt must not
                // take other arguments, so that clippy still warns of an owned argument that could
                // be a reference.
                && (self.uses.waits || passing != PassingMode::Owned)
            {
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
            // If the body moves the argument, the compiler's error points at the name in
            // `borrow(…)`.
            let only_if = &parameter.only_if;
            let mut listed = ident.clone();
            listed.set_span(ident.span().located_at(borrowed.span()));
            let span = borrowed.span().resolved_at(Span::mixed_site());
            self.prepare.extend(quote_spanned!(span=> #only_if let _ = &#listed;));
            self.borrows = true;
            return None;
        }
        let mutable = binding.mutable.is_some();
        match passing {
            _ if clone.contains(ident) => {}
            PassingMode::Shared => return mutable.then(|| quote!(#ident)),
            PassingMode::Exclusive => return Some(reborrow(ident)),
            PassingMode::Pinned => return Some(emit!(__r::Pin::as_mut(&mut #ident))),
            PassingMode::OptionalExclusive => {
                return Some(again(ident, &parameter.ty, &emit!(&mut **__one)));
            }
            PassingMode::OptionalPinned => {
                return Some(again(ident, &parameter.ty, &emit!(__r::Pin::as_mut(__one))));
            }
            PassingMode::Owned if !mutable && used == ArgumentUse::Borrowed => {
                self.borrows = true;
                return None;
            }
            PassingMode::Owned => {}
        }
        if passing == PassingMode::Owned && !self.uses.waits {
            // Every attempt needs a copy, so the function could not take a reference instead. This
            // use keeps clippy from suggesting a reference.
            let only_if = &parameter.only_if;
            self.prepare.extend(emit!(#only_if if false { __r::never_reached(#ident); }));
        }
        Some(self.fresh(ident, first_span(&parameter.ty), holds_others(parameter)))
    }

    /// Writes a copy of the argument for the attempt. The compiler's error about a type without
    /// `Clone` points at `span`. If the type `holds` other types, the error is about the whole
    /// type.
    pub(super) fn fresh(&self, ident: &Ident, span: Span, holds: bool) -> TokenStream {
        let span = span.resolved_at(Span::mixed_site());
        let copy = match (self.uses.retry.is_some(), holds) {
            (true, false) => emit!(Fresh),
            (true, true) => emit!(FreshWhole),
            (false, false) => emit!(Spare),
            (false, true) => emit!(SpareWhole),
        };
        quote_spanned!(span=> __r::#copy::fresh(&#ident))
    }

    fn consume(&mut self, parameter: &Parameter, ident: &Ident) {
        let only_if = &parameter.only_if;
        self.consumed.push(emit!(#only_if __r::consume(#ident);));
    }
}

/// Reborrows an exclusive argument for one attempt. If the output keeps the borrow, the compiler's
/// error points at the argument.
pub(super) fn reborrow(ident: &Ident) -> TokenStream {
    let span = Span::mixed_site().located_at(ident.span());
    quote_spanned!(span=> &mut *#ident)
}

/// Returns whether the argument's type contains other types, such as `Vec<Order>`. Returns `false`
/// for a type that contains a type parameter (by convention, one letter): the compiler then
/// suggests the bound `Clone`.
fn holds_others(parameter: &Parameter) -> bool {
    let is_letter = |word: &Ident| matches!(word.to_string().as_bytes(), [b'A'..=b'Z']);
    let last = parameter.ty.clone().into_iter().last();
    let holds = parameter.is_name && !matches!(last, Some(TokenTree::Ident(_)));
    holds && scan::named_variable(&parameter.ty, is_letter).is_none()
}

/// Reborrows the reference inside an argument of type `Option`. `borrow` reborrows the variable
/// `__one`. The type is repeated, so that the compiler may shorten the lifetime of a `dyn Trait`.
fn again(ident: &Ident, ty: &TokenStream, borrow: &TokenStream) -> TokenStream {
    let ty = without_lifetimes(&without_impl(ty));
    emit!({
        let __own: #ty = match &mut #ident {
            __r::Some(__one) => __r::Some(#borrow),
            __r::None => __r::None,
        };
        __own
    })
}

/// Returns whether the pattern is only a name.
fn is_name(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Ident(PatIdent { by_ref: None, mutability: None, subpat: None, .. }))
}

fn make_mut(pattern: &mut Pat, span: Span) {
    if let Pat::Ident(variable) = pattern {
        variable.mutability = Some(Token![mut](span));
    }
}

/// Removes `mut` from the variables of a pattern. The attempt's own variables have the `mut`
/// instead.
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

/// Returns the `#[cfg]` attributes of a parameter.
pub(super) fn configured(attributes: &[Attribute]) -> TokenStream {
    let cfgs = named(attributes, &["cfg"]);
    quote!(#(#cfgs)*)
}

/// Returns the attributes that have one of the names.
fn named(attributes: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    let is_named = |each: &&Attribute| names.iter().any(|name| each.path().is_ident(name));
    attributes.iter().filter(is_named).cloned().collect()
}
