//! Expands one attribute: reads the attribute and its function, then hands the arguments to a lower
//! attribute or writes the expansion.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::args::{AttributeKind, LayerArgs, LayerStack, runtime};
use crate::error::CompileErrors;
use crate::expand;
use crate::item::{AnnotatedFunction, attribute_span, conditional, kind_of};
use crate::normalize;
use crate::scan;

/// Expands an attribute of this crate.
pub(crate) fn expand(kind: AttributeKind, args: &TokenStream, item: &TokenStream) -> TokenStream {
    or_compile_error(item, || expand_as(kind, args, item, cfg!(feature = "inventory")))
}

/// Turns a panic of the macro, which is a bug, into a compile error beside the unchanged item.
/// Because the item stays, code that uses it causes no further errors.
pub(crate) fn or_compile_error(
    item: &TokenStream,
    expand: impl FnOnce() -> TokenStream,
) -> TokenStream {
    // `AssertUnwindSafe` is correct here: after a panic, only `item` is used, and the closure
    // cannot change `item`.
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let mut errors = CompileErrors::default();
        errors.push(
            Span::call_site(),
            format!(
                "this is a bug in `resilient`, please report it with this item: {}",
                text.unwrap_or("the macro panicked")
            ),
        );
        let errors = errors.to_compile_errors();
        quote!(#errors #item)
    })
}

/// Expands an attribute. If `is_listed` is set, the expansion also registers the function's breaker
/// for the feature `inventory`, which lists the breaker even before the first call.
pub(crate) fn expand_as(
    kind: AttributeKind,
    args: &TokenStream,
    item: &TokenStream,
    is_listed: bool,
) -> TokenStream {
    try_expand(kind, args, item, is_listed).unwrap_or_else(|errors| {
        let errors = errors.to_compile_errors();
        let item = usable(kind, args, item);
        quote!(#errors #item)
    })
}

/// Returns the item below an attribute with errors unchanged, so that code that uses the item still
/// compiles. The key `errors = all` is still expanded, because without this key the body would not
/// have the function's return type.
fn usable(kind: AttributeKind, args: &TokenStream, item: &TokenStream) -> TokenStream {
    if scan::mentions(args, "errors") && scan::mentions(item, "RetryError") {
        let runtime = runtime(kind, args);
        let all = quote!(errors = all, crate = #runtime);
        if let Ok(expanded) = try_expand(AttributeKind::Retry, &all, item, false) {
            return expanded;
        }
    }
    item.clone()
}

fn try_expand(
    kind: AttributeKind,
    args: &TokenStream,
    item: &TokenStream,
    is_listed: bool,
) -> Result<TokenStream, CompileErrors> {
    let mut errors = CompileErrors::default();
    let parsed = LayerArgs::parse(kind, args.clone()).map_err(|wrong| errors.extend(wrong));
    let outer = parsed.map(|args| args.common().outer.clone()).unwrap_or_default();
    let function = AnnotatedFunction::read(item, kind).map_err(|wrong| errors.extend(wrong));
    let Some(function) = function.ok().filter(|_| errors.is_empty()) else {
        return Err(errors);
    };
    let attributes = &function.attrs;
    let second = attributes.iter().find(|attribute| kind_of(&attribute.meta) == Some(kind));
    if let Some(second) = second {
        let name = kind.name();
        errors.push(
            attribute_span(&second.meta),
            format!("`#[{name}]` is on this function already: put all its settings into one"),
        );
        return Err(errors);
    }
    let lower = attributes.iter().position(|attribute| {
        kind_of(&attribute.meta).is_some() || conditional(attribute).is_some()
    });
    if let Some(lower) = lower {
        return Ok(expand::hand_down(&function, lower, &outer, kind, args));
    }
    let stack = LayerStack::parse(&outer, kind, args.clone())?;
    normalize::check(&function, &stack)?;
    Ok(expand::write(&function, &stack, is_listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Panic = (fn() -> TokenStream, &'static str);

    #[test]
    fn a_panic_of_the_macro_is_a_compile_error_beside_the_unchanged_item() {
        let item = quote!(
            async fn f() -> R {
                body
            }
        );
        let panics: [Panic; 3] = [
            (|| panic!("a reason"), "a reason"),
            (|| panic!("{}", 3), "3"),
            (|| std::panic::panic_any(3), "the macro panicked"),
        ];
        for (panic, text) in panics {
            let written = or_compile_error(&item, panic).to_string();
            assert!(written.contains("compile_error"), "{written}");
            assert!(written.contains(&format!("with this item: {text}")), "{written}");
            assert!(written.ends_with(&item.to_string()), "{written}");
        }
    }
}
