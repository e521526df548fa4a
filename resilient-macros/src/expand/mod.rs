//! From checked arguments and a split function to the function that is compiled.
//!
//! Attributes of ours that stand on one function are expanded together, in reading order: each hands its arguments to the
//! next of ours below it, and the lowest writes the whole nest. Attributes of other people stay where they are.

/// `quote!` with names of our own: a local variable that we declare cannot be seen by the user's code, nor theirs by ours.
macro_rules! emit {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}

mod attempt;
mod check;
mod classify;
mod fallible;
mod layers;
mod needs;
mod nest;
mod output;
mod rebuild;
mod retyped;
mod settings;
mod site;
mod taken_apart;

#[cfg(test)]
mod tests;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;

use self::layers::{Args, Layers};
use crate::args::{Kind, Outer};
use crate::error::Errors;
use crate::function::{Attribute, Conditional, Function};

/// Expands one of our attributes.
pub(crate) fn expand(kind: Kind, args: TokenStream, item: &TokenStream) -> TokenStream {
    expand_as(kind, args, item, cfg!(feature = "inventory"))
}

/// The same; the function's breaker `is_listed` if it is to be known before the first call.
fn expand_as(kind: Kind, args: TokenStream, item: &TokenStream, is_listed: bool) -> TokenStream {
    match try_expand(kind, args, item.clone(), is_listed) {
        Ok(function) => function,
        // The item stays as it was, so that nothing else turns red.
        Err(errors) => {
            let errors = errors.to_compile_errors();
            quote!(#errors #item)
        }
    }
}

fn try_expand(
    kind: Kind,
    args: TokenStream,
    item: TokenStream,
    is_listed: bool,
) -> Result<TokenStream, Errors> {
    let mut errors = Errors::default();
    let parsed = Args::parse(kind, args.clone()).map(|args| args.outer().to_vec());
    let outer = parsed.unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Vec::new()
    });
    let function = match Function::parse(item, kind) {
        Ok(function) if errors.is_empty() => function,
        Ok(_) => return Err(errors),
        Err(wrong) => {
            errors.extend(wrong);
            return Err(errors);
        }
    };
    let twice = function
        .attrs
        .iter()
        .find(|attribute| attribute.kind() == Some(kind));
    if let Some(second) = twice {
        let name = kind.name();
        errors.push(
            second.span,
            format!("`#[{name}]` is on this function already: put all its settings into one"),
        );
        return Err(errors);
    }
    let lower = function
        .attrs
        .iter()
        .position(|attribute| attribute.kind().is_some() || attribute.conditional().is_some());
    if let Some(lower) = lower {
        return Ok(hand_down(&function, lower, &outer, kind, &args));
    }
    let layers = Layers::parse(&outer, kind, args)?;
    nest::write(&function, &layers, is_listed)
}

/// The function with our arguments handed to the attribute at `lower`, which stands below.
fn hand_down(
    function: &Function,
    lower: usize,
    outer: &[Outer],
    kind: Kind,
    args: &TokenStream,
) -> TokenStream {
    let above = outer
        .iter()
        .map(|each| item(each.kind, &each.args, each.span));
    let own = without_hidden(args);
    let hidden: TokenStream = above.chain([item(kind, &own, Span::call_site())]).collect();
    let attributes =
        function
            .attrs
            .iter()
            .enumerate()
            .map(|(index, attribute)| match attribute.conditional() {
                _ if index != lower => attribute.tokens.clone(),
                None => with_hidden(attribute, &hidden),
                Some(conditional) => either_way(&conditional, &hidden, kind, args),
            });
    let attributes: TokenStream = attributes.collect();
    let rest = function.without_attributes();
    quote!(#attributes #rest)
}

fn with_hidden(attribute: &Attribute, hidden: &TokenStream) -> TokenStream {
    let own = attribute.args.clone().unwrap_or_default();
    let comma = (!own.is_empty() && !ends_in_comma(&own)).then(|| quote!(,));
    attribute.with_args(quote!(#own #comma __outer(#hidden)))
}

/// Whether the attribute below is there is not known yet: if it is, it takes over; if not, we come again.
fn either_way(
    conditional: &Conditional,
    hidden: &TokenStream,
    kind: Kind,
    args: &TokenStream,
) -> TokenStream {
    let Conditional {
        condition,
        attributes,
        ours,
    } = conditional;
    let attributes = attributes.iter().enumerate().map(|(index, attribute)| {
        if index == *ours {
            with_hidden(attribute, hidden)
        } else {
            attribute.tokens.clone()
        }
    });
    let runtime = layers::runtime(kind, args);
    let name = proc_macro2::Ident::new(kind.name(), Span::call_site());
    let again = quote!(#[cfg_attr(not(#condition), #runtime::#name(#args))]);
    let below = attributes.map(|attribute| {
        let inside = attribute.into_iter().nth(1);
        let Some(TokenTree::Group(inside)) = inside else {
            return TokenStream::new();
        };
        let inside = inside.stream();
        quote!(#[cfg_attr(#condition, #inside)])
    });
    quote!(#again #(#below)*)
}

/// One attribute as the next below is told of it, and where it stood.
fn item(kind: Kind, args: &TokenStream, span: Span) -> TokenStream {
    let name = proc_macro2::Ident::new(kind.name(), span);
    quote!(#name { #args })
}

/// The arguments as the user wrote them: what was handed to us goes on beside them, not within.
fn without_hidden(args: &TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = args.clone().into_iter().collect();
    let hidden = tokens
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(ident) if ident == "__outer"));
    if let Some(at) = hidden {
        // `__outer(…)` is what we wrote ourselves, at the end.
        tokens.truncate(at);
    }
    tokens.into_iter().collect()
}

fn ends_in_comma(args: &TokenStream) -> bool {
    let last = args.clone().into_iter().last();
    matches!(last, Some(TokenTree::Punct(punct)) if punct.as_char() == ',')
}

/// A block with the span of the user's own, so that what the compiler says of it points there.
fn block(tokens: TokenStream, span: Span) -> TokenTree {
    let mut block = Group::new(Delimiter::Brace, tokens);
    block.set_span(span);
    block.into()
}
