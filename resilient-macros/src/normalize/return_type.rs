//! Determines whether the return type is a future, and how the expansion can repeat the type.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Lifetime, Path, PathArguments, Token, Type, TypeParamBound};

use crate::item::AnnotatedFunction;

/// The ways in which a function waits.
pub(crate) enum FunctionShape {
    /// `async fn`
    Async,
    /// The function blocks its thread. Its return type is not recognized as a future.
    Plain,
    /// The function returns a future, like the functions that `#[async_trait]` writes.
    Future(ReturnedFuture),
}

pub(crate) struct ReturnedFuture {
    /// The type is `Pin<Box<dyn Future>>` or an alias of it, and not `impl Future`.
    pub(crate) boxed: bool,
    /// The output type of the future.
    pub(crate) output: TokenStream,
    /// The block of `async move { … }` or `Box::pin(async move { … })`, if one of these is the
    /// whole body.
    pub(crate) block: Option<Group>,
}

pub(crate) fn shape(function: &AnnotatedFunction) -> FunctionShape {
    if function.is_async() {
        return FunctionShape::Async;
    }
    match function.output().and_then(future) {
        None => FunctionShape::Plain,
        Some((boxed, output)) => FunctionShape::Future(ReturnedFuture {
            boxed,
            output: output.to_token_stream(),
            block: async_block(&function.body.stream()),
        }),
    }
}

/// Returns whether a future is boxed, and the type of the future's output. Returns `None` for a
/// type that is not a future.
fn future(ty: &Type) -> Option<(bool, &Type)> {
    match ty {
        Type::Paren(inner) => future(&inner.elem),
        Type::Group(inner) => future(&inner.elem),
        Type::ImplTrait(opaque) => Some((false, output_of(&opaque.bounds)?)),
        Type::Path(path) => {
            let (name, args) = last_segment(&path.path)?;
            let mut types = args.iter().filter_map(|arg| match arg {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            if name == "BoxFuture" || name == "LocalBoxFuture" {
                return (args.len() == 2).then_some((true, types.next()?));
            }
            let boxed = types.next().filter(|_| name == "Pin")?;
            let Type::Path(boxed) = boxed else {
                return None;
            };
            match last_segment(&boxed.path).filter(|(name, _)| *name == "Box")?.1.first()? {
                GenericArgument::Type(Type::TraitObject(object)) => {
                    Some((true, output_of(&object.bounds)?))
                }
                GenericArgument::Type(Type::ImplTrait(opaque)) => {
                    Some((true, output_of(&opaque.bounds)?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns `T` of the bound `Future<Output = T>`, or `None` if there is no such bound.
fn output_of(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<&Type> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let (_, args) = last_segment(&bound.path).filter(|(name, _)| *name == "Future")?;
        args.iter().find_map(|arg| match arg {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
    })
}

type GenericArguments = Punctuated<GenericArgument, Token![,]>;

/// Returns the name and the generic arguments of the last segment of a path.
fn last_segment(path: &Path) -> Option<(&Ident, &GenericArguments)> {
    let last = path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(generics) => Some((&last.ident, &generics.args)),
        _ => None,
    }
}

/// Returns the block if the whole body is `async { … }` or `async move { … }`, or a `Box::pin` call
/// with such a block.
fn async_block(body: &TokenStream) -> Option<Group> {
    let block = |input: ParseStream<'_>| {
        input.parse::<Token![async]>()?;
        input.parse::<Option<Token![move]>>()?;
        input.parse::<Group>()
    };
    let pinned = |input: ParseStream<'_>| {
        let path = input.call(Path::parse_mod_style)?;
        let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
        if !(names.next().is_some_and(|name| name == "pin")
            && names.next().is_some_and(|name| name == "Box"))
        {
            return Err(input.error("not `Box::pin`"));
        }
        let inside;
        syn::parenthesized!(inside in input);
        block(&inside)
    };
    let found = pinned.parse2(body.clone()).or_else(|_| block.parse2(body.clone()));
    found.ok().filter(|block| block.delimiter() == Delimiter::Brace)
}

/// Returns the span of the return type, or of the function's name if there is no return type.
pub(crate) fn span(function: &AnnotatedFunction) -> Span {
    let output = function.output().map(ToTokens::to_token_stream);
    let first = output.and_then(|output| output.into_iter().next());
    first.map_or_else(|| function.signature.ident.span(), |token| token.span())
}

/// Replaces each `impl Trait` in the type with `_`, because code cannot name an `impl Trait` again
/// and the compiler must infer it.
pub(crate) fn without_impl(output: &TokenStream) -> TokenStream {
    struct InferOpaque;
    impl VisitMut for InferOpaque {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            let is_opaque = match &*ty {
                Type::ImplTrait(_) => true,
                // In `(impl A + B)`, the parentheses are replaced too, because only the `+` needs
                // them.
                Type::Paren(inner) => matches!(*inner.elem, Type::ImplTrait(_)),
                _ => false,
            };
            if is_opaque {
                *ty = Type::Verbatim(emit!(_));
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    changed(output, &mut InferOpaque)
}

/// Replaces named lifetimes in the type with `'_`. With a named lifetime, the borrow of one attempt
/// would last until the last attempt ends.
pub(crate) fn without_lifetimes(ty: &TokenStream) -> TokenStream {
    struct InferLifetimes;
    impl VisitMut for InferLifetimes {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                lifetime.ident = Ident::new("_", lifetime.ident.span());
            }
        }
    }
    changed(ty, &mut InferLifetimes)
}

fn changed(ty: &TokenStream, change: &mut impl VisitMut) -> TokenStream {
    // Syntax that `syn` cannot parse stays unchanged.
    let Ok(mut parsed) = syn::parse2::<Type>(ty.clone()) else {
        return ty.clone();
    };
    change.visit_type_mut(&mut parsed);
    parsed.into_token_stream()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::args::AttributeKind;

    fn shape_of(item: &TokenStream) -> FunctionShape {
        shape(
            &AnnotatedFunction::read(item, AttributeKind::Retry)
                .unwrap_or_else(|_| panic!("no function")),
        )
    }

    /// Returns whether the future is boxed, the output of the future, and the content of the
    /// `async` block.
    fn returned(item: &TokenStream) -> Option<(bool, String, Option<String>)> {
        match shape_of(item) {
            FunctionShape::Future(future) => Some((
                future.boxed,
                future.output.to_string(),
                future.block.map(|block| block.stream().to_string()),
            )),
            FunctionShape::Async | FunctionShape::Plain => None,
        }
    }

    #[test]
    fn async_and_plain_functions_are_distinguished() {
        assert!(matches!(
            shape_of(&quote!(
                async fn f() -> Result<(), E> {}
            )),
            FunctionShape::Async
        ));
        for plain in [
            quote!(
                fn f() {}
            ),
            quote!(
                fn f() -> Result<u8, E> {}
            ),
            quote!(
                fn f() -> Option<Pin<Box<u8>>> {}
            ),
            quote!(
                fn f() -> impl Iterator<Item = u8> {}
            ),
            quote!(
                fn f() -> Pin<Box<u8>> {}
            ),
            quote!(
                fn f() -> Box<dyn Fn() -> BoxFuture<'static, u8>> {}
            ),
            quote!(
                fn f() -> impl Fn() -> BoxFuture<'static, u8> {}
            ),
            quote!(
                fn f() -> impl Fn() -> Pin<Box<dyn Future<Output = u8>>> {}
            ),
        ] {
            assert!(matches!(shape_of(&plain), FunctionShape::Plain), "{plain}");
        }
    }

    #[test]
    fn functions_that_return_futures_are_seen_with_their_output() {
        for (item, expected) in [
            (
                quote!(
                    fn f() -> impl Future<Output = Result<u8, E>> + Send + '_ {
                        async move { x }
                    }
                ),
                (false, "Result < u8 , E >", Some("x")),
            ),
            (
                quote!(
                    fn f() -> impl Send + core::future::Future<Output = Option<u8>> {
                        go(1)
                    }
                ),
                (false, "Option < u8 >", None),
            ),
            (
                quote!(
                    fn f()
                    -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = R> + Send + 'a>>
                    where
                        Self: 'a,
                    {
                        Box::pin(async move {
                            x?;
                            y
                        })
                    }
                ),
                (true, "R", Some("x ? ; y")),
            ),
            (
                quote!(
                    fn f() -> BoxFuture<'static, Result<u8, E>> {
                        ::std::boxed::Box::pin(async { x })
                    }
                ),
                (true, "Result < u8 , E >", Some("x")),
            ),
            (
                quote!(
                    fn f() -> futures::future::LocalBoxFuture<'_, Option<u8>> {
                        let a = 1;
                        Box::pin(async { a })
                    }
                ),
                (true, "Option < u8 >", None),
            ),
            (
                quote!(
                    fn f() -> Pin<Box<dyn Future<Output = R>>> {
                        Box::pin(go())
                    }
                ),
                (true, "R", None),
            ),
            (
                quote!(
                    fn f() -> Pin<Box<dyn Future<Output = R>>> {
                        Rc::pin(async { x })
                    }
                ),
                (true, "R", None),
            ),
        ] {
            let (boxed, output, block) = expected;
            let expected = Some((boxed, output.to_owned(), block.map(str::to_owned)));
            assert_eq!(returned(&item), expected, "{item}");
        }
    }

    #[test]
    fn the_compiler_infers_an_opaque_type_at_any_position() {
        for (ty, expected) in [
            (quote!(Result<impl A<B, C> + 'a, E>), quote!(Result<_, E>)),
            (quote!(Option<[impl Fn(u8) -> u8; 2]>), quote!(Option<[_; 2]>)),
            (quote!((u8, impl A)), quote!((u8, _))),
            (quote!(&'a (impl A + B)), quote!(&'a _)),
            (quote!(Vec<u8>), quote!(Vec<u8>)),
        ] {
            assert_eq!(without_impl(&ty).to_string(), expected.to_string());
        }
    }

    #[test]
    fn the_compiler_infers_all_lifetimes_except_static() {
        let ty = quote!(Pin<Box<dyn Future<Output = &'a (B<'b>, C)> + Send + 'static>>);
        let expected = quote!(Pin<Box<dyn Future<Output = &'_ (B<'_>, C)> + Send + 'static>>);
        let expected: Type = syn::parse2(expected).unwrap();
        let expected = expected.into_token_stream();
        assert_eq!(without_lifetimes(&ty).to_string(), expected.to_string());
    }
}
